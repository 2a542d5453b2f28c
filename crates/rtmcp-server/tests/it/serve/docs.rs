//! `docs/api.md`: written from the routes and from examples in the API's own types.

mod examples;
mod problems;
mod sections;

use std::{fs, path::Path};

use rtmcp_api::ProblemCode;
use rtmcp_server::serve::{Limits, ROUTES};
use serde_json::Value;

/// What the page says about a route.
#[derive(Debug)]
struct Section {
    method: &'static str,
    path: &'static str,
    /// What it does, in a line.
    summary: &'static str,
    /// What one must know besides.
    text: &'static str,
    /// The body of a request.
    request: Option<Value>,
    /// The answer: its status, and its body.
    status: u16,
    answer: Answer,
    /// What can go wrong here, besides what can go wrong everywhere.
    errors: &'static [ProblemCode],
}

/// The body of an answer.
#[derive(Debug)]
enum Answer {
    None,
    Json(Value),
    Text(String),
}

#[test]
fn every_route_is_documented_as_it_is() {
    let page = page();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let old = "docs/api.md is old: run this test with UPDATE_DOCS=1";
    for (kept, now) in kept.lines().zip(page.lines()) {
        assert_eq!(kept, now, "{old}");
    }
    assert_eq!(kept.len(), page.len(), "{old}");
}

fn page() -> String {
    let mut sections = sections::all();
    let mut table = "| route | what it does |\n|---|---|\n".to_owned();
    let mut parts = String::new();
    for route in &ROUTES {
        let of = |it: &Section| it.method == route.method && it.path == route.path;
        let section = sections.iter().position(of);
        let missing = || panic!("{} {} has no section", route.method, route.path);
        let section = sections.remove(section.unwrap_or_else(missing));
        let title = format!("{} {}", section.method, section.path);
        table.push_str(&format!("| `{title}` | {} |\n", section.summary));
        parts.push_str(&section.write(&title));
    }
    assert!(
        sections.is_empty(),
        "sections without a route: {sections:?}"
    );
    let (problems, events) = (problems::table(), examples::events());
    let page = format!("{OPENING}\n{table}\n{GUARDS}\n{problems}{parts}\n{EVENTS}\n{events}");
    with_limits(page)
}

/// Puts the limits that hold by default in their places.
fn with_limits(page: String) -> String {
    let limits = Limits::default();
    let (visitor, peer) = (limits.visitor, limits.peer);
    [
        ("{body_kib}", limits.body_bytes / 1024),
        ("{burst}", visitor.burst as usize),
        ("{per_second}", visitor.per_second as usize),
        ("{peer_burst}", peer.burst as usize),
        ("{peer_per_second}", peer.per_second as usize),
        ("{calls_per_visitor}", limits.calls_per_visitor),
        ("{calls_per_peer}", limits.calls_per_peer),
        ("{calls}", limits.calls),
        ("{idle}", limits.idle.as_secs() as usize),
        ("{connections_per_peer}", limits.connections_per_peer),
        ("{connections}", limits.connections),
        ("{unread}", limits.unread.as_secs() as usize),
        ("{readable}", limits.readable.as_secs() as usize),
        ("{events}", limits.events),
        ("{event_mib}", limits.event_bytes / 1024 / 1024),
    ]
    .iter()
    .fold(page, |page, (name, value)| {
        page.replace(name, &value.to_string())
    })
}

impl Section {
    fn write(&self, title: &str) -> String {
        let mut text = format!("\n## {title}\n\n{}\n", self.text);
        text.push_str(&format!("\n```sh\n{}\n```\n", self.curl()));
        if let Some(request) = &self.request {
            text.push_str(&format!("\nRequest:\n\n```json\n{request:#}\n```\n"));
        }
        let status = self.status;
        match &self.answer {
            Answer::None => text.push_str(&format!("\nAnswer: {status}, without a body.\n")),
            Answer::Json(body) => {
                text.push_str(&format!("\nAnswer: {status}\n\n```json\n{body:#}\n```\n"));
            }
            Answer::Text(body) => {
                text.push_str(&format!("\nAnswer: {status}\n\n```text\n{body}\n```\n"));
            }
        }
        let errors: Vec<_> = self.errors.iter().map(|it| word(*it)).collect();
        if !errors.is_empty() {
            text.push_str(&format!("\nErrors: {}.\n", errors.join(", ")));
        }
        text
    }

    /// The request as one types it.
    fn curl(&self) -> String {
        let path = self.path.replace("{id}", "$ID");
        let path = path.replace("{call_id}", "$CALL_ID");
        let path = path.replace("{token}", "$TOKEN");
        let url = format!("\"$BACKEND{path}\"");
        let jar = "-b jar -c jar";
        match (self.method, &self.request) {
            ("GET", _) if self.path.ends_with("/events") => {
                format!("curl -N {jar} -H 'Last-Event-ID: 0' {url}")
            }
            ("GET", _) => format!("curl {jar} {url}"),
            // A program asks for it.
            (_, Some(body)) if self.path.ends_with("{token}") => {
                format!("curl --json '{body}' \\\n  {url}")
            }
            (_, Some(body)) => {
                format!("curl {jar} -H \"Origin: $BACKEND\" --json '{body}' \\\n  {url}")
            }
            (method, None) => format!("curl -X {method} {jar} -H \"Origin: $BACKEND\" {url}"),
        }
    }
}

/// A code as it stands in answers.
fn word(code: ProblemCode) -> String {
    let word = serde_json::to_value(code).unwrap();
    format!("`{}` ({})", word.as_str().unwrap(), code.status())
}

const OPENING: &str = "\
# The HTTP API

`rtmcp serve` and the demo serve it. A page holds a call by it and needs no key: its WebRTC offer goes through the \
backend to the Realtime endpoint, and the backend leads the call over the endpoint's sideband, runs the tools, and \
tells the page what happens.

The crate `rtmcp-api` has all of it as Rust types. This page is written from the routes and from those types by a test \
(`UPDATE_DOCS=1 cargo nextest run -p rtmcp-server docs`).
";

const GUARDS: &str = "\
## What holds for all of them

- Bodies are JSON (`Content-Type: application/json`), of {body_kib} KiB at most. A field that doesn't exist is refused.
- A browser is known by the cookie `rtmcp_visitor` (`__Host-rtmcp_visitor` where the public URL is `https`), which the \
first answer sets: `HttpOnly; SameSite=Lax; Path=/`. A session belongs to its visitor; to others it doesn't exist.
- The `Host` is a name of this machine, the address that the backend listens on, or that of `--public-url`.
- `POST` and `DELETE` come from a page of the same origin: `Origin` is the backend's own address (or `--public-url`), \
or, where there is none, `Sec-Fetch-Site` is `same-origin` or `none`. No request of any method says \
`cross-site` or `same-site` there.
- A visitor can make {burst} requests at once and {per_second} a second in the long run, an address {peer_burst} and \
{peer_per_second}; requests that open connections elsewhere (`/api/calls`, `/api/token`, `/api/tools`) count five \
times. A visitor has {calls_per_visitor} calls at once, an address {calls_per_peer}, the backend {calls}. \
`Retry-After` says when to try again. A connection is closed after {idle} s without a request, and above \
{connections_per_peer} from one address or {connections} in all.
- Keys come from the configuration, or from the page (`key`, with `--own-keys`): that one is kept in memory for its \
session only. No key, token or header is in any answer, nor in a log; where an endpoint or a server repeats one, \
`(secret)` stands in its place.

The examples keep the cookie in a file; `BACKEND=http://127.0.0.1:8080`.

## Problems

What goes wrong is told with a 4xx or 5xx status and a problem: `{\"code\": \"bad_key\", \"message\": \"…\"}`. The code is \
for programs, the message for people. Each route can answer `forbidden`, `too_many` and `internal`, and each with a \
body `bad_request`, `too_large` and `not_json`.
";

const EVENTS: &str = "\
## Events

Each is one line of JSON in `data`. `seq` counts from 1 without gaps and is the `id` of the frame, `at_ms` counts from \
the beginning of the session, `kind` says what it is. Every call that was begun has one `tool_finished`. After `closed` \
nothing follows.

The `end` of a call is `answered` (with `reason` `answered`, or `tool_error` where the tool reports a failure), `refused` \
(it was never made: `denied`, `unknown_function`, `invalid_arguments`, `repeated` and the like), `failed` (no answer came: \
`server_down`, `connection_lost`, `timed_out` and the like) or `ended` (by the session: `expired`, `cancelled`, \
`orphaned`). `output` is what the model was told.

A session was `closed` because it was `asked` to, because the line to the endpoint was `lost`, because the endpoint was \
`silent`, `refused` the session or ended it (`fatal`), because the call has `ended` there, because nobody watched \
(`left`), or with the backend (`shutdown`).

Of `sent` and `received` events sound is left out, and of texts over 64 KiB all but the beginning.
";
