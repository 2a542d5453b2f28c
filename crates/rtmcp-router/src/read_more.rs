//! `read_more`: the function with which a model reads on in a result that was cut.

use std::sync::LazyLock;

use rtmcp_core::FunctionName;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    kept::{Found, KEPT, KEPT_BYTES, Results},
    shape::{Shaped, read},
};

/// The name of the function.
pub const READ_MORE: &str = "read_more";

/// What the function does, for the model.
pub(crate) const DESCRIPTION: &str = "Reads on in the result of another function that was cut. The notice at the \
    end of that result gives the arguments.";

/// The function's name, as sessions know it.
pub(crate) static NAME: LazyLock<Option<FunctionName>> =
    LazyLock::new(|| FunctionName::new(READ_MORE).ok());

/// What the function takes.
pub(crate) static PARAMETERS: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let schema = json!({
        "type": "object",
        "properties": {
            "handle": { "type": "string", "description": "The result, such as result-3." },
            "path": {
                "type": "string",
                "description": "A JSON Pointer to a part of it, such as /orders/4.",
            },
            "from": {
                "type": "integer",
                "minimum": 0,
                "description": "How many items, fields, lines or characters to skip.",
            },
            "count": { "type": "integer", "minimum": 1, "description": "How many to read." },
        },
        "required": ["handle"],
        "additionalProperties": false,
    });
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
});

/// What a model asks for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    pub(crate) handle: String,
    #[serde(default)]
    pub(crate) path: Option<String>,
    #[serde(default)]
    pub(crate) from: Option<usize>,
    #[serde(default)]
    pub(crate) count: Option<usize>,
}

/// Answers a call. Whatever is asked, there is an answer that says what to do.
pub(crate) fn answer(results: &Results, arguments: &str) -> Shaped {
    let request: Request = match serde_json::from_str(arguments) {
        Ok(request) => request,
        Err(error) => {
            return Shaped::said(format!(
                "`{READ_MORE}` can't read its arguments ({error}). Give it those of the notice, such \
                 as {{\"handle\":\"result-3\",\"from\":20}}."
            ));
        }
    };
    let handle = short(&request.handle);
    match results.find(&request.handle) {
        Found::Part(kept, part) => read::read(kept.shaping(), part, &request),
        Found::Gone => Shaped::said(format!(
            "`{handle}` is kept no longer: only the newest {KEPT} results are, and {} MiB of them. \
             Call the function that gave it once more, if it only reads.",
            KEPT_BYTES >> 20
        )),
        Found::Unknown => {
            let names: Vec<&str> = results.names().take(NAMES).collect();
            Shaped::said(match names.as_slice() {
                [] => format!("There is no result `{handle}`: none was cut."),
                names => format!(
                    "There is no result `{handle}`. There are: {}.",
                    names.join(", ")
                ),
            })
        }
    }
}

fn short(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// Names of results that are told.
const NAMES: usize = 8;
