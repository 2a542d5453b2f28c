//! Tool lists.

use std::sync::Arc;

use rmcp::model::{JsonObject, MetaObject, ServerResult, Tool};
use rtmcp_core::{ToolAnnotations, ToolSpec};
use serde_json::{Map, Value};

use crate::failure::Failure;

/// One page of a tool list.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// The tools, also those that are meant for an app's own view: whoever offers tools to a model
    /// leaves them out.
    pub(crate) tools: Vec<ToolSpec>,
    /// Where the next page is.
    pub(crate) next: Option<String>,
}

/// One page of a tool list.
pub(crate) fn page(result: ServerResult) -> Result<Page, Failure> {
    match result {
        ServerResult::ListToolsResult(list) => Ok(Page {
            tools: list.tools.into_iter().map(spec).collect(),
            next: list.next_cursor,
        }),
        ServerResult::CustomResult(result) => lenient(result.0),
        _ => Err(Failure::NotMcp(
            "its answer to tools/list is no list of tools",
        )),
    }
}

fn spec(tool: Tool) -> ToolSpec {
    let app_only = is_app_only(tool.meta.as_ref());
    let annotations = tool.annotations.unwrap_or_default();
    ToolSpec {
        name: tool.name.into_owned(),
        title: tool.title.or(annotations.title),
        description: tool.description.map(Into::into),
        input_schema: owned(tool.input_schema),
        output_schema: tool.output_schema.map(owned),
        annotations: ToolAnnotations {
            read_only: annotations.read_only_hint,
            destructive: annotations.destructive_hint,
            idempotent: annotations.idempotent_hint,
            open_world: annotations.open_world_hint,
        },
        app_only,
    }
}

fn owned(schema: Arc<JsonObject>) -> Map<String, Value> {
    Arc::unwrap_or_clone(schema)
}

/// Tells whether a tool is for the view of an MCP app alone: `_meta.ui.visibility` is `["app"]`.
fn is_app_only(meta: Option<&MetaObject>) -> bool {
    let visibility = meta
        .and_then(|meta| meta.0.get("ui"))
        .and_then(|ui| ui.get("visibility"))
        .and_then(Value::as_array);
    visibility.is_some_and(|list| !list.is_empty() && list.iter().all(|who| who == "app"))
}

/// A list in which a tool is wrong: the others are kept.
fn lenient(result: Value) -> Result<Page, Failure> {
    let Value::Object(mut result) = result else {
        return Err(Failure::NotMcp(
            "its answer to tools/list is no list of tools",
        ));
    };
    let Some(Value::Array(tools)) = result.remove("tools") else {
        return Err(Failure::NotMcp(
            "its answer to tools/list is no list of tools",
        ));
    };
    let next = result.get("nextCursor").and_then(Value::as_str);
    Ok(Page {
        next: next.map(str::to_owned),
        tools: tools.into_iter().filter_map(lenient_spec).collect(),
    })
}

fn lenient_spec(tool: Value) -> Option<ToolSpec> {
    let Value::Object(mut tool) = tool else {
        tracing::warn!("a tool of the list is no object: left out");
        return None;
    };
    let Some(name) = tool.get("name").and_then(Value::as_str).map(str::to_owned) else {
        tracing::warn!("a tool of the list has no name: left out");
        return None;
    };
    // Without these it is a tool without arguments, which is more use than none.
    if !tool.get("inputSchema").is_some_and(Value::is_object) {
        tool.insert(
            "inputSchema".to_owned(),
            serde_json::json!({"type": "object"}),
        );
    }
    for optional in [
        "title",
        "description",
        "outputSchema",
        "annotations",
        "icons",
        "_meta",
    ] {
        let mut alone = serde_json::json!({"name": "", "inputSchema": {}});
        if let Some(value) = tool.get(optional) {
            alone[optional] = value.clone();
        }
        if serde_json::from_value::<Tool>(alone).is_err() {
            tool.shift_remove(optional);
        }
    }
    match serde_json::from_value(Value::Object(tool)) {
        Ok(tool) => Some(spec(tool)),
        Err(_) => {
            tracing::warn!(tool = name, "a tool can't be read: left out");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(result: Value) -> Vec<String> {
        let page = page(serde_json::from_value(result).unwrap()).unwrap();
        page.tools.into_iter().map(|tool| tool.name).collect()
    }

    #[test]
    fn a_tool_comes_as_it_is() {
        let schema = json!({
            "type": "object",
            "properties": {"zulu": {"$ref": "#/$defs/a"}, "alpha": {"type": "string"}},
            "$defs": {"a": {"$ref": "https://elsewhere.example/schema"}},
        });
        let result = json!({"tools": [{
            "name": "t",
            "description": "does",
            "inputSchema": schema,
            "annotations": {"title": "Tee", "readOnlyHint": true, "new": 1},
        }], "nextCursor": "2"});
        let page = page(serde_json::from_value(result).unwrap()).unwrap();
        let tool = &page.tools[0];
        assert_eq!(
            Value::Object(tool.input_schema.clone()).to_string(),
            schema.to_string()
        );
        assert_eq!(tool.title.as_deref(), Some("Tee"));
        assert_eq!(tool.annotations.read_only, Some(true));
        assert_eq!(tool.annotations.destructive, None);
        assert_eq!(page.next.as_deref(), Some("2"));
    }

    #[test]
    fn tools_for_an_app_alone_are_marked() {
        let tool = |name: &str, visibility: Value| json!({"name": name, "inputSchema": {}, "_meta": {"ui": {"visibility": visibility}}});
        let tools = [
            tool("app", json!(["app"])),
            tool("both", json!(["model", "app"])),
            tool("model", json!(["model"])),
        ];
        let page = page(serde_json::from_value(json!({"tools": tools})).unwrap()).unwrap();
        let marked: Vec<_> = page.tools.iter().map(|tool| tool.app_only).collect();
        assert_eq!(marked, [true, false, false]);
    }

    #[test]
    fn a_wrong_tool_costs_only_what_is_wrong() {
        let tools = json!({"tools": [
            {"name": "good", "inputSchema": {"type": "object"}},
            {"name": "no schema"},
            {"name": "boolean schema", "inputSchema": true},
            {"name": "wrong annotations", "inputSchema": {}, "annotations": "none"},
            {"title": "no name", "inputSchema": {}},
            "no tool",
        ]});
        let expected = ["good", "no schema", "boolean schema", "wrong annotations"];
        assert_eq!(names(tools), expected);
    }
}
