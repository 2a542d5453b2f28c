//! As much Markdown as the rules need: what is code, what links, which anchors a page has.

/// A page, taken apart.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// Link targets outside code, with their lines.
    pub(super) links: Vec<(usize, String)>,
    /// The anchors of headings, as code hosts form them.
    pub(super) anchors: Vec<String>,
    /// Inline code and the lines of code blocks, with their lines.
    pub(super) code: Vec<(usize, String)>,
}

impl Page {
    pub(super) fn parse(text: &str) -> Self {
        let mut page = Self::default();
        let mut fence: Option<&str> = None;
        for (nth, line) in text.lines().enumerate() {
            let trimmed = line.trim_start();
            match (fence, fence_of(trimmed)) {
                (None, Some(mark)) => fence = Some(mark),
                (Some(open), Some(mark)) if open == mark => fence = None,
                (Some(_), _) => page.code.push((nth + 1, trimmed.to_owned())),
                (None, None) => page.prose(nth + 1, line),
            }
        }
        page
    }

    fn prose(&mut self, number: usize, line: &str) {
        if let Some(title) = heading(line) {
            let anchor = self.unused(anchor(title));
            self.anchors.push(anchor);
        }
        let mut words = String::new();
        for (nth, part) in line.split('`').enumerate() {
            if nth % 2 == 0 {
                words.push_str(part);
            } else {
                self.code.push((number, part.to_owned()));
            }
        }
        let inline = words
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')'));
        let targets = inline.map(|(target, _)| target).chain(reference(&words));
        let targets = targets.filter_map(|target| target.split_whitespace().next());
        self.links
            .extend(targets.map(|target| (number, target.to_owned())));
    }

    /// A second heading of the same words gets a number.
    fn unused(&self, anchor: String) -> String {
        if !self.anchors.contains(&anchor) {
            return anchor;
        }
        let numbered = (1..).map(|number| format!("{anchor}-{number}"));
        numbered
            .into_iter()
            .find(|anchor| !self.anchors.contains(anchor))
            .unwrap_or(anchor)
    }
}

fn fence_of(line: &str) -> Option<&'static str> {
    ["```", "~~~"]
        .into_iter()
        .find(|mark| line.starts_with(mark))
}

fn heading(line: &str) -> Option<&str> {
    let title = line.trim_start_matches('#');
    let level = line.len() - title.len();
    (1..=6)
        .contains(&level)
        .then(|| title.strip_prefix(' '))
        .flatten()
}

/// The target of a reference definition: `[name]: target`.
fn reference(line: &str) -> Option<&str> {
    let (_, target) = line.strip_prefix('[')?.split_once("]: ")?;
    Some(target)
}

fn anchor(title: &str) -> String {
    let kept = title.trim().chars().filter_map(|letter| match letter {
        ' ' => Some('-'),
        '-' | '_' => Some(letter),
        _ if letter.is_alphanumeric() => Some(letter),
        _ => None,
    });
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn links_code_and_anchors_are_told_apart() {
        let page = Page::parse(
            "# What it *is*: a `tool`\n\
             See [this](docs/a.md#b \"title\") and `[not](this)`.\n\
             ```sh\n[nor](that)\n# no heading\n```\n\
             ## Again\n## Again\n\
             [ref]: docs/c.md\n",
        );
        assert_eq!(
            page.links,
            [(2, "docs/a.md#b".into()), (9, "docs/c.md".into())]
        );
        assert_eq!(page.anchors, ["what-it-is-a-tool", "again", "again-1"]);
        let code: Vec<&str> = page.code.iter().map(|(_, code)| code.as_str()).collect();
        assert_eq!(code, ["tool", "[not](this)", "[nor](that)", "# no heading"]);
    }
}
