//! [`Found`]: what a function name in a call means.

use std::collections::BTreeSet;

use rtmcp_core::{FunctionName, ServerName};

use super::Router;
use crate::{
    catalog::Entry,
    name::{self, ToolRef},
    nearest,
    refusal::Refusal,
};

/// What a name means.
pub(super) enum Found<'r> {
    Entry(&'r Entry),
    /// A tool of a server that hasn't said yet what it has.
    Waiting(&'r ServerName),
    Several(Vec<FunctionName>),
    Nothing,
}

impl Router {
    /// Finds what a name means, the strictest reading first.
    pub(super) fn find(&self, name: &str) -> Found<'_> {
        let name = name.trim();
        if let Ok(function) = FunctionName::new(name) {
            if let Some(entry) = self.catalog.entry(&function) {
                return Found::Entry(entry);
            }
            if let Some(tools) = self.handed_out.get(&function) {
                return self.one_of(tools.iter());
            }
            if let Some(tool) = self.catalog.names().get(&function) {
                return self.one_of([tool].into_iter());
            }
        }
        let known: BTreeSet<&ToolRef> = self.catalog.names().values().collect();
        let spelled = |fits: fn(&ToolRef, &str) -> bool| -> Vec<&ToolRef> {
            known
                .iter()
                .copied()
                .filter(|tool| fits(tool, name))
                .collect()
        };
        let mut tools = spelled(name::spells_qualified);
        if tools.is_empty() {
            tools = spelled(name::spells_bare);
        }
        self.one_of(tools.into_iter())
    }

    fn one_of<'r>(&'r self, tools: impl Iterator<Item = &'r ToolRef>) -> Found<'r> {
        let tools: Vec<&ToolRef> = tools.collect();
        let entries: Vec<&Entry> = tools
            .iter()
            .filter_map(|tool| self.catalog.entry_of(tool))
            .collect();
        match (entries.as_slice(), tools.as_slice()) {
            ([entry], [_]) => Found::Entry(entry),
            ([], [tool]) if !self.offered.contains_key(&tool.server) => {
                Found::Waiting(&tool.server)
            }
            ([], _) => Found::Nothing,
            (several, _) => Found::Several(several.iter().map(|e| e.function.clone()).collect()),
        }
    }

    pub(super) fn unknown(&self, name: &str) -> Refusal {
        let names = self.catalog.entries().map(|entry| entry.function.as_str());
        let nearest = nearest::names(name, names).into_iter();
        Refusal::UnknownFunction {
            name: name.to_owned(),
            nearest: nearest.filter_map(|n| FunctionName::new(n).ok()).collect(),
        }
    }
}
