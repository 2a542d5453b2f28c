//! [`Toolbox`]: whose function it is, and what the model is told that it may call.

use std::collections::BTreeSet;

use rtmcp_core::{
    Private, limits,
    session::{FunctionTool, Tool},
};
use serde_json::Value;
use tracing::debug;

use super::text::{Edits, elements, get_str};

/// What the client offers: in the session, or for one response.
#[derive(Clone, Debug, Default)]
pub(super) struct Offer {
    /// The array as it is written, without servers that are emulated; none where there is none.
    pub(super) text: Option<Private<String>>,
    /// The functions in it.
    functions: BTreeSet<String>,
    /// Servers that are emulated, as the client may see them: without secrets.
    pub(super) servers: Vec<(String, Private<String>)>,
}

impl Offer {
    /// Reads an array of tools.
    pub(super) fn read(array: &str) -> Self {
        let functions = elements(array).filter_map(function);
        Self {
            functions: functions.collect(),
            text: array.starts_with('[').then(|| Private::from(array)),
            servers: Vec::new(),
        }
    }

    /// Reads an array of tools of which the MCP servers are emulated.
    pub(super) fn emulated(array: &str) -> Self {
        let is_server = |it: &str| get_str(it, &["type"]).is_some_and(|kind| kind == "mcp");
        let mut edits = Edits::new(array);
        edits.keep_elements(array, |element| !is_server(element));
        let kept = edits.finish();
        let mut offer = Self::read(kept.as_deref().unwrap_or(array));
        for server in elements(array).filter(|it| is_server(it)) {
            let label = get_str(server, &["server_label"]).unwrap_or_default();
            let mut edits = Edits::new(server);
            let secrets = ["authorization", "headers"];
            edits.keep_members(server, |member| !secrets.contains(&member.key));
            let shown = edits.finish().unwrap_or_else(|| server.to_owned());
            offer.servers.push((label.into_owned(), shown.into()));
        }
        offer
    }

    /// Tells whether there is a function of this name.
    pub(super) fn has(&self, function: &str) -> bool {
        self.functions.contains(function)
    }

    /// Returns the array as it is written, an empty one where there is none.
    pub(super) fn array(&self) -> &str {
        self.text.as_ref().map_or("[]", |text| text.expose())
    }

    /// Returns the array if it isn't the client's own any more.
    pub(super) fn stripped(&self) -> Option<String> {
        (!self.servers.is_empty()).then(|| self.array().to_owned())
    }

    fn names(&self, server: &str) -> bool {
        self.servers.iter().any(|(label, _)| label == server)
    }
}

/// A tool of an emulated server, as the model sees it.
#[derive(Clone, Debug)]
pub(super) struct NativeFunction {
    /// The client's name for the server.
    pub(super) label: String,
    /// The function.
    pub(super) name: String,
    /// Its text in an array of tools.
    pub(super) text: Private<String>,
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
    /// The tools of emulated servers.
    pub(super) natives: Vec<NativeFunction>,
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

    /// Tells whether a function is a tool of an emulated server.
    pub(super) fn is_native(&self, function: &str, response: Option<&Offer>) -> bool {
        let clients = self.client.has(function) || response.is_some_and(|it| it.has(function));
        self.is_taken_by_native(function) && !clients
    }

    /// Tells whether a name is free for another function.
    pub(super) fn is_free(&self, function: &str) -> bool {
        let ours = self.ever.contains(function);
        !ours && !self.client.has(function) && !self.is_taken_by_native(function)
    }

    fn is_taken_by_native(&self, function: &str) -> bool {
        self.natives.iter().any(|native| native.name == function)
    }

    /// Tells whether the model may call tools of ours.
    pub(super) fn has_ours(&self) -> bool {
        !self.ever.is_empty()
    }

    /// Tells whether we offer anything.
    pub(super) fn is_empty(&self) -> bool {
        self.ours.is_empty() && self.natives.is_empty()
    }

    /// Returns what the endpoint is told instead of an array of tools, if that is something else.
    pub(super) fn written(&self, offer: &Offer) -> Option<String> {
        self.merged(offer).or_else(|| offer.stripped())
    }

    /// Returns an array of tools with ours behind what is there, as far as there is room: one too
    /// many, or a name twice, and the endpoint refuses all. None where there is nothing to add.
    pub(super) fn merged(&self, offer: &Offer) -> Option<String> {
        let array = offer.array();
        let theirs = elements(array).count();
        let room = limits::TOOLS_PER_SESSION.saturating_sub(theirs);
        let named = self.natives.iter().filter(|it| offer.names(&it.label));
        let natives = named.map(|native| (&native.name, &native.text));
        let ours = self.ours.iter().map(|(name, text)| (name, text));
        let free = natives.chain(ours).filter(|(name, _)| !offer.has(name));
        let mut ours: Vec<&str> = free.map(|(_, text)| text.expose().as_str()).collect();
        if ours.len() > room {
            debug!(room, all = ours.len(), "not all of our tools fit");
            ours.truncate(room);
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

    /// Tells whether an element of an array of tools is one of ours in all that the model reads of it,
    /// not only by its name.
    pub(super) fn is_bound(&self, element: &str) -> bool {
        let Ok(element) = serde_json::from_str::<Value>(element) else {
            return false;
        };
        self.ours.iter().any(|(_, ours)| {
            let ours = serde_json::from_str::<Value>(ours.expose()).unwrap_or_default();
            let read = ["type", "name", "description", "parameters"];
            read.iter().all(|field| {
                let of = |it: &Value| it.get(field).filter(|it| !it.is_null()).cloned();
                of(&ours) == of(&element)
            })
        })
    }

    /// Tells whether an element of the endpoint's array of tools is ours.
    pub(super) fn is_our_element(&self, element: &str) -> bool {
        function(element)
            .is_some_and(|name| self.is_ours(&name, None) || self.is_native(&name, None))
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
    fn what_was_bound_before_is_known_by_all_of_it() {
        let toolbox = toolbox(&["a"]);
        for (element, bound) in [
            (r#"{"name":"a", "type":"function"}"#, true),
            (
                r#"{"type":"function","name":"a","description":null,"strict":true}"#,
                true,
            ),
            (
                r#"{"type":"function","name":"a","description":"the client's"}"#,
                false,
            ),
            (r#"{"type":"function","name":"b"}"#, false),
            ("no tool", false),
        ] {
            assert_eq!(toolbox.is_bound(element), bound, "{element}");
        }
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
