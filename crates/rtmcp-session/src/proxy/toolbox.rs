//! [`Toolbox`]: whose function it is, and what the model is told that it may call.

use std::collections::BTreeSet;

use rtmcp_core::{
    Private, limits,
    session::{FunctionTool, Tool},
};
use tracing::debug;

use super::text::{elements, get_str};

/// What the client offers: in the session, or for one response.
#[derive(Clone, Debug, Default)]
pub(super) struct Offer {
    /// The array as it is written; none where there is none.
    pub(super) text: Option<Private<String>>,
    /// The functions in it.
    functions: BTreeSet<String>,
}

impl Offer {
    /// Reads an array of tools.
    pub(super) fn read(array: &str) -> Self {
        let functions = elements(array).filter_map(function);
        Self {
            functions: functions.collect(),
            text: array.starts_with('[').then(|| Private::from(array)),
        }
    }

    /// Tells whether there is a function of this name.
    pub(super) fn has(&self, function: &str) -> bool {
        self.functions.contains(function)
    }

    /// Returns the array as it is written, an empty one where there is none.
    pub(super) fn array(&self) -> &str {
        self.text.as_ref().map_or("[]", |text| text.expose())
    }
}

/// The tools of both parties.
#[derive(Debug, Default)]
pub(super) struct Toolbox {
    /// Ours, each with its text.
    ours: Vec<(String, Private<String>)>,
    /// The names of all that we ever offered.
    ever: BTreeSet<String>,
    /// What the client offers in the session.
    pub(super) client: Offer,
}

impl Toolbox {
    /// Takes what we offer from now on. Returns whether that is something new.
    pub(super) fn set(&mut self, tools: &[FunctionTool]) -> bool {
        let text = |tool: &FunctionTool| {
            let text = serde_json::to_string(&Tool::from(tool.clone())).unwrap_or_default();
            (tool.name.clone(), Private::new(text))
        };
        let ours: Vec<_> = tools.iter().map(text).collect();
        let new = ours != self.ours;
        self.ever.extend(ours.iter().map(|(name, _)| name.clone()));
        self.ours = ours;
        new
    }

    /// Tells whether a function is ours: what the client offers, in the session or for the response
    /// that is meant, is the client's.
    pub(super) fn is_ours(&self, function: &str, response: Option<&Offer>) -> bool {
        let clients = self.client.has(function) || response.is_some_and(|it| it.has(function));
        self.ever.contains(function) && !clients
    }

    /// Tells whether we offer anything.
    pub(super) fn is_empty(&self) -> bool {
        self.ours.is_empty()
    }

    /// Returns an array of tools with ours behind what is there, as far as there is room: one too
    /// many, or a name twice, and the endpoint refuses all. None where there is nothing to add.
    pub(super) fn merged(&self, offer: &Offer) -> Option<String> {
        let array = offer.array();
        let theirs = elements(array).count();
        let room = limits::TOOLS_PER_SESSION.saturating_sub(theirs);
        let fitting = self.ours.iter().filter(|(name, _)| !offer.has(name));
        let ours = fitting.map(|(_, text)| text.expose().as_str()).take(room);
        let ours: Vec<&str> = ours.collect();
        if ours.len() < self.ours.len() {
            debug!(
                offered = ours.len(),
                all = self.ours.len(),
                "not all of our tools fit"
            );
        }
        if ours.is_empty() {
            return None;
        }
        let ours = ours.join(",");
        let Some(last) = elements(array).last() else {
            return Some(format!("[{ours}]"));
        };
        let end = last.as_ptr().addr() - array.as_ptr().addr() + last.len();
        let (kept, rest) = array.split_at(end);
        Some(format!("{kept},{ours}{rest}"))
    }

    /// Tells whether an element of the endpoint's array of tools is ours.
    pub(super) fn is_our_element(&self, element: &str) -> bool {
        function(element).is_some_and(|name| self.is_ours(&name, None))
    }
}

/// Returns the name of a function in an array of tools.
fn function(element: &str) -> Option<String> {
    let kind = get_str(element, &["type"])?;
    let name = get_str(element, &["name"])?;
    (kind == "function").then(|| name.into_owned())
}

#[cfg(test)]
mod tests {
    use rtmcp_core::session::FunctionTool;

    use super::{Offer, Toolbox};

    fn toolbox(names: &[&str]) -> Toolbox {
        let tool = |name: &&str| FunctionTool {
            name: (*name).to_owned(),
            ..FunctionTool::default()
        };
        let tools: Vec<FunctionTool> = names.iter().map(tool).collect();
        let mut toolbox = Toolbox::default();
        toolbox.set(&tools);
        toolbox
    }

    #[test]
    fn ours_come_behind_the_clients_and_give_way() {
        let toolbox = toolbox(&["a", "b"]);
        let offer = Offer::read(r#"[ {"type":"function","name":"a", "x":1.0} ]"#);
        let merged = toolbox.merged(&offer).unwrap();
        let expected =
            r#"[ {"type":"function","name":"a", "x":1.0},{"type":"function","name":"b"} ]"#;
        assert_eq!(merged, expected);
        let ours = r#"[{"type":"function","name":"a"},{"type":"function","name":"b"}]"#;
        assert_eq!(toolbox.merged(&Offer::read("null")).unwrap(), ours);
        assert_eq!(toolbox.merged(&Offer::read("[ ]")).unwrap(), ours);
    }

    #[test]
    fn there_is_no_more_than_there_is_room_for() {
        let element = r#"{"type":"mcp","server_label":"s"}"#;
        let offer = Offer::read(&format!("[{}]", vec![element; 127].join(",")));
        let merged = toolbox(&["a", "b"]).merged(&offer).unwrap();
        assert!(
            merged.ends_with(r#",{"type":"function","name":"a"}]"#),
            "{merged}"
        );
    }
}
