//! From a call and the tool that it means to a [`Target`].

use std::sync::Arc;

use rtmcp_core::Private;
use serde_json::{Map, Value};

use crate::{
    catalog::Entry,
    policy::{self, Subject},
    refusal::Refusal,
    route::Target,
    schema::kind_of,
};

/// Reads and checks the arguments of a call; no text at all counts as no arguments.
pub(super) fn arguments(entry: &Entry, text: &str) -> Result<Map<String, Value>, Refusal> {
    let function = || entry.function.clone();
    let text = if text.trim().is_empty() { "{}" } else { text };
    let mut value: Value = serde_json::from_str(text).map_err(|error| Refusal::BadJson {
        function: function(),
        problem: error.to_string(),
    })?;
    if let (true, Ok(schema)) = (value.is_object(), &entry.tool.schema) {
        schema.restore(&mut value);
        schema.check(&value).map_err(|problems| Refusal::Invalid {
            function: function(),
            problems: Private::new(problems.shown),
            more: problems.more,
            expected: problems.expected,
        })?;
    }
    match value {
        Value::Object(arguments) => Ok(arguments),
        other => Err(Refusal::NotAnObject {
            function: function(),
            found: kind_of(&other),
        }),
    }
}

/// Returns where a call goes, and under what rule.
pub(super) fn target(
    entry: &Entry,
    arguments: Map<String, Value>,
    handle: String,
    rules: &policy::Rules,
) -> Target {
    let subject = Subject {
        at: &entry.at,
        annotations: entry.tool.spec.annotations,
        fallback: &entry.approval,
        expires: entry.approval_expires,
    };
    let (approval, asking) = rules.of_call(subject, &arguments);
    Target {
        handle,
        function: entry.function.clone(),
        server: entry.at.server.clone(),
        tool: entry.at.tool.clone(),
        arguments: Private::new(arguments),
        annotations: entry.tool.spec.annotations,
        pin: entry.tool.hash,
        approval,
        approval_expires: asking.expires,
        asking,
        timeout: entry.timeout,
        shaping: Arc::clone(&entry.shaping),
        policy: entry.policy,
        repeatable: entry.repeatable,
    }
}
