//! A rule for `docs/limits.md`: the table has the values that the sources have, and all of the core's.

use super::{Finding, tree::Tree};

const PAGE: &str = "docs/limits.md";
const CORE: &str = "crates/rtmcp-core/src/limits.rs";

/// Each row names a constant as a link to its file, ``[`NAME`](../path/to/file.rs)``, after its value;
/// each constant of the core's limits has a row.
pub(super) fn table(tree: &Tree) -> Vec<Finding> {
    let source = |path: &str| tree.files.iter().find(|file| file.path == path);
    let Some(page) = source(PAGE) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let mut listed = Vec::new();
    for (line, text) in page.text.lines().enumerate() {
        let Some(row) = Row::read(text) else { continue };
        let value = source(row.path).and_then(|file| constant(&file.text, row.name));
        let message = match value {
            None => format!(
                "{} has no constant `{}` of plain numbers",
                row.path, row.name
            ),
            Some(value) if shown(row.value) != Some(value) => {
                format!(
                    "`{}` is {value} in {}, and not {}",
                    row.name, row.path, row.value
                )
            }
            Some(_) => {
                listed.push(row.name);
                continue;
            }
        };
        findings.push(Finding::at(PAGE, line + 1, message));
    }
    let core = source(CORE)
        .map(|file| file.text.as_str())
        .unwrap_or_default();
    let names = core
        .lines()
        .filter_map(|line| line.strip_prefix("pub const "));
    let names = names.filter_map(|rest| rest.split_once(':'));
    for (name, _) in names.filter(|(name, _)| !listed.contains(name)) {
        findings.push(Finding::new(
            PAGE,
            format!("add a row for `{name}` of {CORE}"),
        ));
    }
    findings
}

/// A row of the table.
struct Row<'a> {
    value: &'a str,
    name: &'a str,
    path: &'a str,
}

impl<'a> Row<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let mut cells = line.strip_prefix("| ")?.split(" | ").skip(1);
        let (value, link) = (cells.next()?, cells.next()?);
        let (name, path) = link.strip_prefix("[`")?.split_once("`](../")?;
        let path = path.strip_suffix(')')?;
        Some(Self { value, name, path })
    }
}

/// The value of a constant: a product of numbers, or a shift.
fn constant(text: &str, name: &str) -> Option<u64> {
    let heading = format!("const {name}: ");
    let line = text.lines().find(|line| line.contains(&heading))?;
    let (_, value) = line.split_once(" = ")?;
    let value = value.trim().strip_suffix(';')?;
    if let Some((base, by)) = value.split_once(" << ") {
        return Some(number(base)? << number(by)?);
    }
    value.split(" * ").map(number).product()
}

/// A value as people read it, in bytes, milliseconds, or pieces.
fn shown(text: &str) -> Option<u64> {
    let (count, unit) = text.split_once(' ').unwrap_or((text, ""));
    let unit = match unit {
        "" | "ms" => 1,
        "s" => 1000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        _ => return None,
    };
    Some(number(&count.replace(',', ""))? * unit)
}

fn number(text: &str) -> Option<u64> {
    text.trim().replace('_', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_they_are_written() {
        let source = "/// Words.\npub const A: usize = 16 * 1024 * 1024;\n\
                      pub(super) const B: usize = 1 << 20;\nconst C: u64 = 60_000;\n\
                      const D: usize = other();\n";
        assert_eq!(constant(source, "A"), shown("16 MiB"));
        assert_eq!(constant(source, "B"), shown("1 MiB"));
        assert_eq!(constant(source, "C"), shown("60 s"));
        assert_eq!(constant(source, "C"), shown("60,000"));
        assert_eq!(constant(source, "D"), None);
        assert_eq!(constant(source, "E"), None);
        assert_eq!(shown("some"), None);
    }

    #[test]
    fn a_row_names_its_constant() {
        let row = Row::read("| what | 4 KiB | [`NAME`](../crates/a/src/b.rs) | it ends |").unwrap();
        assert_eq!(
            (row.value, row.name, row.path),
            ("4 KiB", "NAME", "crates/a/src/b.rs")
        );
        assert!(Row::read("| what | limit | named | beyond it |").is_none());
    }

    #[test]
    fn the_table_is_true() {
        let tree = Tree::read().unwrap();
        assert_eq!(table(&tree), []);
    }
}
