//! [`ToolsDiff`]: what came and went between two tool lists of a server.

use std::collections::HashMap;

use rtmcp_core::ToolSpec;

/// What is different in a server's tool list, by the tools' names there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ToolsDiff {
    /// Tools that are new.
    pub added: Vec<String>,
    /// Tools that are gone.
    pub removed: Vec<String>,
    /// Tools with another description, schema or annotation than before.
    pub changed: Vec<String>,
}

impl ToolsDiff {
    /// Compares two lists; their order doesn't matter.
    pub fn between(before: &[ToolSpec], now: &[ToolSpec]) -> Self {
        let mut old: HashMap<&str, &ToolSpec> = before
            .iter()
            .map(|tool| (tool.name.as_str(), tool))
            .collect();
        let mut diff = Self::default();
        for tool in now {
            match old.remove(tool.name.as_str()) {
                None => diff.added.push(tool.name.clone()),
                Some(before) if before != tool => diff.changed.push(tool.name.clone()),
                Some(_) => {}
            }
        }
        let gone = before
            .iter()
            .filter(|tool| old.contains_key(tool.name.as_str()));
        diff.removed = gone.map(|tool| tool.name.clone()).collect();
        diff
    }

    /// Tells whether the lists have the same tools.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str, description: &str) -> ToolSpec {
        ToolSpec {
            name: name.to_owned(),
            description: Some(description.to_owned()),
            ..ToolSpec::default()
        }
    }

    #[test]
    fn what_came_went_and_changed_is_told_and_order_is_not() {
        let before = [tool("a", "1"), tool("b", "1"), tool("c", "1")];
        let now = [tool("d", "1"), tool("c", "1"), tool("b", "2")];
        let diff = ToolsDiff::between(&before, &now);
        assert_eq!(diff.added, ["d"]);
        assert_eq!(diff.removed, ["a"]);
        assert_eq!(diff.changed, ["b"]);
        let turned = [tool("c", "1"), tool("b", "1"), tool("a", "1")];
        assert!(ToolsDiff::between(&before, &turned).is_empty());
    }
}
