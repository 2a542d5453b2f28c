//! How the tools of the client's MCP servers come into the session.

use rtmcp_core::{
    EventId, Item, ItemId, Nullable, Private, ToolSpec,
    event::server::{
        ConversationItemAdded, ConversationItemDone, McpListToolsCompleted, McpListToolsFailed,
        McpListToolsInProgress,
    },
    session::McpTool,
};
use tracing::debug;

use super::{Refusal, Server, server::check};
use crate::proxy::{
    Import, Native, Proxy, ProxyEvent, ProxyOutput,
    text::{elements, get_str},
    toolbox::Offer,
};

impl Proxy {
    /// Reads what the client offers. Servers that it names are asked for their tools, if the proxy
    /// plays that part.
    ///
    /// # Errors
    ///
    /// What an endpoint would refuse.
    pub(in crate::proxy) fn read_offer(&mut self, array: &str) -> Result<Offer, Refusal> {
        if self.options.native == Native::Pass {
            return Ok(Offer::read(array));
        }
        let is_server = |it: &&str| get_str(it, &["type"]).is_some_and(|kind| kind == "mcp");
        let servers = elements(array).filter(is_server);
        let specs = servers.map(|it| serde_json::from_str::<McpTool>(it).unwrap_or_default());
        let specs: Vec<McpTool> = specs.collect();
        check(&specs, &self.natives.servers)?;
        for spec in specs {
            self.meet(spec);
        }
        Ok(Offer::emulated(array))
    }

    /// The client names a server: it is asked for its tools, unless it was.
    fn meet(&mut self, spec: McpTool) {
        let servers = &mut self.natives.servers;
        let label = &spec.server_label;
        let known = servers.iter().position(|it| it.spec.server_label == *label);
        if let Some(at) = known {
            let Some(server) = servers.get_mut(at).filter(|it| it.is_same(&spec)) else {
                let import = servers.remove(at).import;
                self.outbox.push_back(ProxyOutput::Forget { import });
                return self.import(spec);
            };
            server.refine(&spec);
            return server.name_functions(&mut self.toolbox);
        }
        self.import(spec);
    }

    fn import(&mut self, spec: McpTool) {
        self.natives.imports += 1;
        let import = self.natives.imports;
        let label = spec.server_label.clone();
        self.toolbox.natives.retain(|native| native.label != label);
        let item_id = ItemId::from(self.next_id("mcpl"));
        let server = Private::new(spec.clone());
        let event_id = self.event_id();
        self.tell_client(McpListToolsInProgress {
            event_id,
            item_id: item_id.clone(),
            ..McpListToolsInProgress::default()
        });
        let server_now = Server {
            import,
            spec,
            item_id: item_id.clone(),
            tools: Vec::new(),
        };
        // Clients ask for the item as soon as they hear of it.
        self.begin_made_up(&item_id, &server_now.listed());
        self.natives.servers.push(server_now);
        let wanted = Import {
            import,
            label,
            server,
        };
        self.outbox.push_back(ProxyOutput::Import(Box::new(wanted)));
    }

    /// A server gave its tools, or didn't.
    pub(in crate::proxy) fn imported(&mut self, import: u64, tools: Option<Vec<ToolSpec>>) {
        let mut servers = self.natives.servers.iter_mut();
        let Some(server) = servers.find(|it| it.import == import) else {
            return debug!(
                import,
                "tools of a server that isn't named any more, passed over"
            );
        };
        let listed = tools.is_some();
        let tools = tools.unwrap_or_default().into_iter();
        server.tools = tools.map(|tool| (tool, None)).collect();
        server.name_functions(&mut self.toolbox);
        let (item, item_id) = (server.listed(), server.item_id.clone());
        if !listed {
            let label = server.spec.server_label.clone();
            // What is named again is tried again.
            self.natives
                .servers
                .retain(|it| it.spec.server_label != label);
        }
        self.finish_made_up(&item_id, &item);
        let event_id = self.event_id();
        if listed {
            self.tell_client(McpListToolsCompleted {
                event_id,
                item_id: item_id.clone(),
                ..McpListToolsCompleted::default()
            });
        } else {
            self.tell_client(McpListToolsFailed {
                event_id,
                item_id: item_id.clone(),
                ..McpListToolsFailed::default()
            });
        }
        self.notify(ProxyEvent::McpTools { item_id, listed });
        self.changed |= listed;
    }

    /// Shows the client an item that the endpoint knows nothing of.
    pub(in crate::proxy) fn make_up(&mut self, item_id: &ItemId, item: &Item) {
        self.begin_made_up(item_id, item);
        self.finish_made_up(item_id, item);
    }

    /// Shows the client the beginning of such an item.
    fn begin_made_up(&mut self, item_id: &ItemId, item: &Item) {
        let previous = self.items.make_up(item_id);
        let text = serde_json::to_string(item).unwrap_or_default();
        self.natives.made_up.insert(item_id.clone(), text.into());
        let event_id = self.event_id();
        self.tell_client(ConversationItemAdded {
            event_id,
            previous_item_id: previous.map_or(Nullable::Null, Nullable::Set),
            item: item.clone(),
            ..ConversationItemAdded::default()
        });
    }

    /// Shows the client such an item whole, unless it was deleted meanwhile.
    fn finish_made_up(&mut self, item_id: &ItemId, item: &Item) {
        let Some(held) = self.natives.made_up.get_mut(item_id) else {
            return;
        };
        *held = serde_json::to_string(item).unwrap_or_default().into();
        let previous = self.items.before(item_id).cloned();
        let event_id = self.event_id();
        self.tell_client(ConversationItemDone {
            event_id,
            previous_item_id: previous.map_or(Nullable::Null, Nullable::Set),
            item: item.clone(),
            ..ConversationItemDone::default()
        });
    }

    /// The client wants something of an item that the endpoint knows nothing of.
    pub(in crate::proxy) fn touch_made_up(
        &mut self,
        kind: &str,
        item_id: &ItemId,
        event_id: Option<EventId>,
    ) {
        let ours = self.event_id();
        let id = crate::proxy::text::quote(item_id.as_str());
        match (kind, self.natives.made_up.get(item_id)) {
            ("conversation.item.delete", Some(_)) => {
                self.natives.made_up.remove(item_id);
                self.items.remove(item_id);
                self.send_down(format!(
                    r#"{{"type":"conversation.item.deleted","event_id":"{ours}","item_id":{id}}}"#
                ));
            }
            ("conversation.item.retrieve", Some(item)) => {
                let item = item.expose();
                self.send_down(format!(
                    r#"{{"type":"conversation.item.retrieved","event_id":"{ours}","item":{item}}}"#
                ));
            }
            _ => {
                let message = "Only messages of the assistant can be truncated.".to_owned();
                self.tell_refused(event_id, "invalid_value", message);
            }
        }
    }
}
