//! Finding tools when they are needed: two functions instead of hundreds.
//!
//! Each function costs tokens in every session, and a model that sees hundreds of them picks worse
//! than one that sees a few. Beyond a budget a session has [`FIND_TOOL`] and [`CALL_TOOL`] instead.

mod find;
mod rank;

use std::collections::BTreeMap;

use rtmcp_core::{FunctionName, Private, ToolCall, limits};
use serde_json::{Map, Value, json};

pub(crate) use find::answer;
pub(crate) use rank::Terms;

use crate::{
    catalog::Entry,
    offer::{Discover, OfferRules},
    refusal::Refusal,
    report::Function,
    visible::visible,
};

/// The function with which a model finds tools.
pub const FIND_TOOL: &str = "find_tool";

/// The function with which a model calls what it has found.
pub const CALL_TOOL: &str = "call_tool";

/// Tells whether a session finds its tools instead of listing all.
///
/// Once it does, it goes on until they cost a fifth less than the budget, so that a server that
/// comes and goes doesn't change the functions of a conversation each time.
pub(crate) fn is_needed(rules: &OfferRules, tokens: usize, count: usize, before: bool) -> bool {
    let fits = |share: usize| {
        tokens <= rules.budget / 5 * share + rules.budget % 5 * share / 5
            && count <= (limits::TOOLS_PER_SESSION - 1) * share / 5
    };
    match rules.discover {
        Discover::On => count > 0,
        Discover::Off => false,
        Discover::Auto => !fits(if before { 4 } else { 5 }),
    }
}

/// The two functions, as a session has them.
#[derive(Clone, Debug)]
pub(crate) struct OwnFunctions {
    functions: Vec<(FunctionName, String, Map<String, Value>)>,
}

impl OwnFunctions {
    /// Describes the functions for a session with these tools.
    pub(crate) fn over(entries: &[Entry]) -> Self {
        let mut servers: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in entries {
            *servers.entry(entry.at.server.as_str()).or_default() += 1;
        }
        let mut named: Vec<String> = servers
            .iter()
            .take(SERVERS)
            .map(|(server, tools)| format!("{} ({tools})", visible(server).text))
            .collect();
        if servers.len() > SERVERS {
            named.push(format!("{} other servers", servers.len() - SERVERS));
        }
        let find = format!(
            "Finds functions by what they do. There are {} that aren't listed here, of: {}. Use it \
             before you say that something can't be done, and then {CALL_TOOL} with what it found.",
            entries.len(),
            named.join(", ")
        );
        let call = format!(
            "Calls a function that {FIND_TOOL} found, by its name and with arguments that fit its \
             parameters."
        );
        let made = [
            (FIND_TOOL, find, find_parameters()),
            (CALL_TOOL, call, call_parameters()),
        ];
        let functions = made.into_iter().filter_map(|(name, description, schema)| {
            let name = FunctionName::new(name).ok()?;
            match schema {
                Value::Object(parameters) => Some((name, description, parameters)),
                _ => None,
            }
        });
        Self {
            functions: functions.collect(),
        }
    }

    pub(crate) fn functions(&self) -> impl Iterator<Item = Function<'_>> {
        let functions = self.functions.iter();
        functions.map(|(name, description, parameters)| Function {
            name,
            description: Some(description),
            parameters,
        })
    }
}

fn find_parameters() -> Value {
    json!({
        "type": "object",
        "properties": {
            "query": {
                "type": "string",
                "description": "What the function should do, in a few words.",
            },
            "limit": {
                "type": "integer",
                "minimum": 1,
                "maximum": find::LIMIT,
                "description": format!("How many to return; {} unless given.", find::DEFAULT),
            },
        },
        "required": ["query"],
        "additionalProperties": false,
    })
}

fn call_parameters() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "description": "The function's name." },
            "arguments": {
                "type": "object",
                "properties": {},
                "additionalProperties": true,
                "description": "Its arguments.",
            },
        },
        "required": ["name", "arguments"],
        "additionalProperties": false,
    })
}

/// Returns the call that stands in a call of [`CALL_TOOL`].
pub(crate) fn unwrap(call: &ToolCall) -> Result<ToolCall, Refusal> {
    let refused = |problem: String| Refusal::BadCall { problem };
    let value: Value = serde_json::from_str(call.arguments.expose())
        .map_err(|error| refused(format!("they are not valid JSON ({error})")))?;
    let Value::Object(mut fields) = value else {
        return Err(refused("they are no JSON object".to_owned()));
    };
    let Some(Value::String(name)) = fields.shift_remove("name") else {
        return Err(refused("\"name\" is missing".to_owned()));
    };
    let arguments = match fields.shift_remove("arguments") {
        // Models write the arguments of a function as text, as they come themselves.
        Some(Value::String(text)) => text,
        Some(Value::Null) | None if fields.is_empty() => "{}".to_owned(),
        None => {
            let found: Vec<String> = fields
                .keys()
                .take(SERVERS)
                .map(|it| format!("{it:?}"))
                .collect();
            let found = found.join(", ");
            return Err(refused(format!("{found} must stand within \"arguments\"")));
        }
        Some(value) => value.to_string(),
    };
    if name.trim() == CALL_TOOL {
        return Err(refused(format!("`{CALL_TOOL}` can't call itself")));
    }
    Ok(ToolCall {
        name,
        arguments: Private::new(arguments),
        ..call.clone()
    })
}

/// Servers that are named in a description.
const SERVERS: usize = 20;
