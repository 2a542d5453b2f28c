//! Why a call is refused before it reaches a server, in words that the model can act on.

use rtmcp_core::{FunctionName, Private, ServerName};

use crate::discover::CALL_TOOL;

/// Why a call is refused before it reaches a server.
///
/// `Debug` holds no arguments; [`output`](Self::output) may, and is for the model alone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// No tool has this name.
    UnknownFunction {
        /// The name as the model wrote it.
        name: String,
        /// The functions with the nearest names, nearest first.
        nearest: Vec<FunctionName>,
    },
    /// More than one tool could be meant.
    Ambiguous {
        /// The name as the model wrote it.
        name: String,
        /// The functions that it could mean.
        candidates: Vec<FunctionName>,
    },
    /// The server behind the function has not said yet which tools it has.
    ServerNotReady {
        /// The name as the model wrote it.
        name: String,
        /// The server.
        server: ServerName,
    },
    /// The arguments aren't JSON.
    BadJson {
        /// The function.
        function: FunctionName,
        /// What the parser says: a rule and a position, never the text.
        problem: String,
    },
    /// The arguments are JSON, but not an object.
    NotAnObject {
        /// The function.
        function: FunctionName,
        /// What they are.
        found: &'static str,
    },
    /// A call of `call_tool` doesn't say what is to be called.
    BadCall {
        /// What is wrong with its arguments.
        problem: String,
    },
    /// The arguments don't fit the tool's schema.
    Invalid {
        /// The function.
        function: FunctionName,
        /// What is wrong, one sentence each, at most three.
        problems: Private<Vec<String>>,
        /// How many more problems there are.
        more: usize,
        /// What the tool takes, where a name is missing or unknown.
        expected: Option<String>,
    },
}

impl Refusal {
    /// Returns a stable word for logs and metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::UnknownFunction { .. } => "unknown_function",
            Self::Ambiguous { .. } => "ambiguous_function",
            Self::ServerNotReady { .. } => "server_not_ready",
            Self::BadJson { .. } => "bad_json",
            Self::NotAnObject { .. } => "not_an_object",
            Self::BadCall { .. } => "bad_call",
            Self::Invalid { .. } => "invalid_arguments",
        }
    }

    /// Returns what the model reads: what happened, and what it may do.
    pub fn output(&self) -> String {
        match self {
            Self::UnknownFunction { name, nearest } => unknown(name, nearest),
            Self::Ambiguous { name, candidates } => format!(
                "`{}` could mean more than one function, so nothing was called. Call one of: {}.",
                short(name),
                list(candidates)
            ),
            Self::ServerNotReady { name, server } => format!(
                "`{}` can't be used right now: its server `{server}` is not connected. Nothing was \
                 done. Tell the user; try again only if they ask.",
                short(name)
            ),
            Self::BadJson { function, problem } => format!(
                "The arguments of `{function}` are not valid JSON ({problem}), so it was not \
                 called. Call it again with one JSON object."
            ),
            Self::NotAnObject { function, found } => format!(
                "The arguments of `{function}` are {found} instead of a JSON object, so it was not \
                 called. Call it again with one JSON object."
            ),
            Self::BadCall { problem } => format!(
                "The arguments of `{CALL_TOOL}` don't fit, so nothing was called: {problem}. Give it \
                 the function and its arguments, such as {{\"name\":\"get_order\",\"arguments\":{{\"id\":\"A-7\"}}}}."
            ),
            Self::Invalid {
                function,
                problems,
                more,
                expected,
            } => invalid(function, problems.expose(), *more, expected.as_deref()),
        }
    }
}

fn unknown(name: &str, nearest: &[FunctionName]) -> String {
    let name = short(name);
    match nearest {
        [] => format!(
            "There is no function `{name}`, so nothing was called. Use only the functions of this \
             session."
        ),
        [one] => {
            format!("There is no function `{name}`, so nothing was called. Did you mean `{one}`?")
        }
        several => format!(
            "There is no function `{name}`, so nothing was called. The nearest are: {}.",
            list(several)
        ),
    }
}

fn invalid(
    function: &FunctionName,
    problems: &[String],
    more: usize,
    expected: Option<&str>,
) -> String {
    let mut text = format!(
        "The arguments of `{function}` don't fit, so it was not called: {}",
        problems.join("; ")
    );
    if more > 0 {
        text.push_str(&format!("; and {more} more"));
    }
    text.push('.');
    if let Some(expected) = expected {
        text.push_str(&format!(" It takes: {expected}."));
    }
    text.push_str(" Correct them and call it again, or ask the user for what is missing.");
    text
}

fn list(functions: &[FunctionName]) -> String {
    let quoted: Vec<String> = functions.iter().map(|f| format!("`{f}`")).collect();
    quoted.join(", ")
}

/// Cuts a name that the model made up to a length that is worth repeating.
fn short(name: &str) -> &str {
    name.char_indices()
        .nth(64)
        .map_or(name, |(end, _)| &name[..end])
}
