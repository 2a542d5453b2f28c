//! A server with any number of tools, to see what a crowd of them costs.
//!
//! Their names are a verb and a thing, such as `find_invoice`, in which servers of different topics
//! are alike in some and different in most; their schemas have what real ones have: enums, optional
//! fields, defaults, an array of objects, a definition that is used twice.

use std::sync::Arc;

use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::model::{JsonObject, ServerCapabilities, ServerConfig, Tool, object};
use serde_json::{Value, json};

use crate::answer::{Answer, introduction, reads, said};
use crate::sample::Sample;
use crate::stats::Stats;

/// A server with many tools. Clones share their counters.
#[derive(Debug, Clone)]
pub struct Many {
    topic: String,
    tools: Arc<ToolRouter<Self>>,
    stats: Stats,
}

const VERBS: [&str; 10] = [
    "find", "list", "get", "create", "update", "delete", "count", "export", "compare", "archive",
];

/// Things that every topic has: servers with them have tools of the same names.
const COMMON: [&str; 1] = ["item"];

/// Things that are the topic's own.
const OWN: [&str; 9] = [
    "account", "report", "message", "contact", "invoice", "project", "ticket", "file", "event",
];

impl Many {
    /// A server about a topic, with so many tools.
    #[must_use]
    pub fn new(topic: impl Into<String>, tools: usize) -> Self {
        let topic = topic.into();
        let routes = (0..tools).fold(ToolRouter::new(), |routes, nth| {
            routes.with_route((tool(&topic, nth), answer))
        });
        Self {
            topic,
            tools: Arc::new(routes),
            stats: Stats::default(),
        }
    }
}

impl Sample for Many {
    fn info(&self) -> ServerConfig {
        introduction(
            ServerCapabilities::builder().enable_tools().build(),
            "rtmcp-mock-many",
            &self.topic,
            "A server for measurements, with many tools that say their arguments back.",
        )
    }

    fn tools(&self) -> &ToolRouter<Self> {
        &self.tools
    }

    fn stats(&self) -> &Stats {
        &self.stats
    }
}

fn answer(arguments: JsonObject) -> Answer {
    said(Value::Object(arguments).to_string())
}

fn tool(topic: &str, nth: usize) -> Tool {
    let verb = VERBS[nth % VERBS.len()];
    let things = COMMON.len() + OWN.len();
    let (round, thing) = (nth / VERBS.len() / things, nth / VERBS.len() % things);
    let thing = match COMMON.get(thing) {
        Some(common) => (*common).to_owned(),
        None => format!("{topic}_{}", OWN[thing - COMMON.len()]),
    };
    // Whoever wants more than there are names for gets them numbered.
    let name = match round {
        0 => format!("{verb}_{thing}"),
        round => format!("{verb}_{thing}_{round}"),
    };
    let spoken = thing.replace('_', " ");
    let description = format!(
        "{verb} {spoken}: takes filters, a period and an order, and answers with what fits, newest \
         first. Use it when somebody asks to {verb} a {spoken} by name, number or date."
    );
    Tool::new(name, description, schema(&spoken)).with_annotations(reads())
}

fn schema(thing: &str) -> JsonObject {
    object(json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "definitions": {
            "day": { "type": "string", "format": "date", "description": "A day, such as 2027-01-31." }
        },
        "properties": {
            "words": { "type": "string", "minLength": 1, "description": format!("Words of the {thing}.") },
            "status": { "type": "string", "enum": ["open", "done", "late"], "default": "open" },
            "from": { "$ref": "#/definitions/day" },
            "until": { "$ref": "#/definitions/day" },
            "owner": { "anyOf": [{ "type": "string" }, { "type": "null" }], "default": null },
            "limit": { "type": "integer", "minimum": 1, "maximum": 100, "default": 10 },
            "filters": {
                "type": "array",
                "maxItems": 8,
                "items": {
                    "type": "object",
                    "properties": {
                        "field": { "type": "string" },
                        "is": { "type": ["string", "number", "boolean"] }
                    },
                    "required": ["field", "is"],
                    "additionalProperties": false
                }
            }
        },
        "required": ["words"],
        "additionalProperties": false
    }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::tool;

    #[test]
    fn tools_of_a_server_have_names_of_their_own_and_share_some_with_others() {
        let names = |topic| -> BTreeSet<String> {
            let names = (0..250).map(|nth| tool(topic, nth).name.to_string());
            names.collect()
        };
        let [ours, others] = ["sales", "stock"].map(names);
        assert_eq!((ours.len(), others.len()), (250, 250));
        assert_eq!(ours.intersection(&others).count(), 30);
    }
}
