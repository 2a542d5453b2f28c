//! A rule for `docs/why.md`: every pain is answered, and every test that is named is there.

use super::Finding;
use super::tree::Tree;

const PAGE: &str = "docs/why.md";

/// The pains that are answered there.
fn pains() -> impl Iterator<Item = usize> {
    (1..=20).chain([24])
}

/// Each pain has a section `## N. …`, and each section a test, written as a link from the test's name
/// to its file: ``[`name`](../path/to/file.rs)``.
pub(super) fn proofs(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.files.iter().find(|file| file.path == PAGE) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let mut proven = Vec::new();
    let mut section: Option<usize> = None;
    for (line, text) in page.text.lines().enumerate() {
        if let Some(title) = text.strip_prefix("## ") {
            section = title
                .split_once(". ")
                .and_then(|(number, _)| number.parse().ok());
        }
        for (test, link) in tests(text) {
            match missing(tree, test, link) {
                None => proven.extend(section),
                Some(message) => findings.push(Finding::at(PAGE, line + 1, message)),
            }
        }
    }
    for pain in pains().filter(|pain| !proven.contains(pain)) {
        let message =
            format!("nothing proves pain {pain}: name a test in a section `## {pain}. …`");
        findings.push(Finding::new(PAGE, message));
    }
    findings
}

/// The tests that a line names, with where they are said to be.
fn tests(line: &str) -> impl Iterator<Item = (&str, &str)> {
    line.split("[`").skip(1).filter_map(|rest| {
        let (test, rest) = rest.split_once("`](")?;
        let (link, _) = rest.split_once(')')?;
        link.ends_with(".rs").then_some((test, link))
    })
}

/// What is wrong with a test that is named.
fn missing(tree: &Tree, test: &str, link: &str) -> Option<String> {
    let path = link.strip_prefix("../").unwrap_or(link);
    let Some(file) = tree.files.iter().find(|file| file.path == path) else {
        return Some(format!("names a test in {path}, which doesn't exist"));
    };
    let declared = format!("fn {test}(");
    let mut lines = file.text.lines();
    let is_there = lines.any(|line| {
        line.trim_start()
            .trim_start_matches("async ")
            .starts_with(&declared)
    });
    (!is_there).then(|| format!("names the test {test}, which {path} doesn't have"))
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::{pains, proofs};

    fn messages(page: &str) -> Vec<String> {
        let tests = "#[test]\nfn one() {}\n\n    async fn two() {}\n// fn three() {}\n";
        let tree = Tree::of_files(&[("docs/why.md", page), ("crates/a/b.rs", tests)]);
        let findings = proofs(&tree).into_iter();
        findings.map(|finding| finding.message).collect()
    }

    fn page_with(proof: &str) -> String {
        let sections = pains().map(|pain| format!("## {pain}. A pain\n\nProven by {proof}.\n"));
        sections.collect()
    }

    #[test]
    fn pains_with_tests_pass() {
        assert_eq!(
            messages(&page_with(
                "[`one`](../crates/a/b.rs), [`two`](../crates/a/b.rs)"
            )),
            [""; 0]
        );
    }

    #[test]
    fn tests_that_are_not_there_are_found() {
        for (proof, found) in [
            ("[`three`](../crates/a/b.rs)", "names the test three"),
            ("[`one`](../crates/a/c.rs)", "names a test in crates/a/c.rs"),
        ] {
            let messages = messages(&page_with(proof));
            assert!(messages[0].starts_with(found), "{messages:?}");
            assert!(messages.last().is_some_and(|it| it.contains("pain 24")));
        }
    }

    #[test]
    fn pains_without_a_test_are_found() {
        let page = page_with("[`one`](../crates/a/b.rs)").replace("## 7. ", "## Seven. ");
        assert_eq!(messages(&page).len(), 1);
        assert!(messages(&page)[0].contains("pain 7"));
    }
}
