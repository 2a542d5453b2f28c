//! The codes of problems, and what each means.

use rtmcp_api::ProblemCode;

const CODES: [(ProblemCode, &str); 15] = [
    (
        ProblemCode::BadRequest,
        "the body, a header or a parameter can't be meant",
    ),
    (
        ProblemCode::BadKey,
        "the Realtime endpoint refuses the key, or there is none",
    ),
    (
        ProblemCode::Forbidden,
        "the request comes from another site, or asks for what the configuration doesn't give",
    ),
    (
        ProblemCode::NotFound,
        "there is no such session, or it is somebody else's; or no such route",
    ),
    (
        ProblemCode::WrongMethod,
        "the route takes another method, which `Allow` names",
    ),
    (
        ProblemCode::Decided,
        "the call doesn't wait for a decision any more",
    ),
    (
        ProblemCode::OtherArguments,
        "the decision is about other arguments than those that wait",
    ),
    (
        ProblemCode::Attached,
        "another session leads the call already",
    ),
    (ProblemCode::TooLarge, "the body is too long"),
    (
        ProblemCode::NotJson,
        "the body isn't said to be `application/json`",
    ),
    (
        ProblemCode::TooMany,
        "too many requests or calls; `Retry-After` says when to try again",
    ),
    (ProblemCode::Internal, "the backend itself failed"),
    (
        ProblemCode::Endpoint,
        "the Realtime endpoint can't be reached, or doesn't open a session",
    ),
    (
        ProblemCode::McpServer,
        "the MCP server can't be reached, or doesn't answer as one",
    ),
    (ProblemCode::ShuttingDown, "the backend is shutting down"),
];

pub(super) fn table() -> String {
    let row = |(code, meaning): &(ProblemCode, &str)| {
        let (word, status) = (serde_json::to_value(code).unwrap(), code.status());
        format!("| `{}` | {status} | {meaning} |\n", word.as_str().unwrap())
    };
    let rows: String = CODES.iter().map(row).collect();
    format!("| code | status | meaning |\n|---|---|---|\n{rows}")
}
