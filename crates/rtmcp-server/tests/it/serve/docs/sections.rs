//! What the page says about each route.

use rtmcp_api::{
    Call, CallRequest, CallSource, ConfiguredServer, Decision, Endpoint, EndpointKind, Health,
    KeyState, ProblemCode, Remember, Server, Settings, Setup, SignIn, Token, TokenRequest, Tool,
    Tools, ToolsRequest, Verdict,
};
use rtmcp_core::Private;

use super::{
    Answer, Section,
    examples::{answer, approval, example, frame, hash},
};

pub(super) fn all() -> Vec<Section> {
    vec![
        health(),
        settings(),
        tools(),
        token(),
        calls(),
        events(),
        waiting(),
        approvals(),
        answers(),
        elicitations(),
        sign_in(),
        end(),
    ]
}

fn health() -> Section {
    Section {
        method: "GET",
        path: "/api/health",
        summary: "says that the backend is well",
        text: "`calls` is how many run.",
        request: None,
        status: 200,
        answer: Answer::Json(example(&Health {
            status: "ok".to_owned(),
            version: "0.1.0".to_owned(),
            calls: 1,
        })),
        errors: &[],
    }
}

fn settings() -> Section {
    Section {
        method: "GET",
        path: "/api/settings",
        summary: "says what can be chosen",
        text: "The first endpoint is used where none is named. `kind` is `openai`, `simulator` or \
               `other`; `key` is `configured`, `wanted` (the page must bring one) or `unneeded`. \
               Of a server elsewhere only the host is told, of a program nothing.",
        request: None,
        status: 200,
        answer: Answer::Json(example(&Settings {
            endpoints: vec![Endpoint {
                name: "openai".to_owned(),
                kind: EndpointKind::Openai,
                model: "gpt-realtime-2.1".to_owned(),
                key: KeyState::Configured,
            }],
            servers: vec![ConfiguredServer {
                name: "shop".to_owned(),
                url: Some("http://127.0.0.1:8091/mcp".to_owned()),
            }],
            own_servers: false,
            own_key: false,
            instructions: "You help the customers of a small shop.".to_owned(),
        })),
        errors: &[],
    }
}

fn tools() -> Section {
    Section {
        method: "POST",
        path: "/api/tools",
        summary: "lists what an MCP server offers",
        text: "A configured server is named alone. One of the page's own (with `--own-servers`) has \
               a `url` where `[safety]` lets it lead, and may have `headers` and a `transport`: `http` \
               (Streamable HTTP) or `sse`; it is found out where it is absent. `function` is what the model calls, none where \
               the tool is left out; `verdict` is `ok`, `repaired` or `left_out`, and `note` says how \
               or why; `asks`, whether somebody is asked before it runs; `tokens`, what it costs in \
               each session, estimated; `warnings`, which of its words read like instructions to the \
               model.",
        request: Some(example(&ToolsRequest {
            server: Server {
                name: "shop".to_owned(),
                ..Server::default()
            },
        })),
        status: 200,
        answer: Answer::Json(example(&Tools {
            tools: vec![Tool {
                name: "get_weather".to_owned(),
                description: Some("Get the current weather of a city.".to_owned()),
                function: Some("get_weather".to_owned()),
                read_only: true,
                tokens: 55,
                ..Tool::default()
            }],
            took_ms: 12,
            tokens: 55,
            budget: 8000,
        })),
        errors: &[ProblemCode::McpServer, ProblemCode::ShuttingDown],
    }
}

fn token() -> Section {
    Section {
        method: "POST",
        path: "/api/token",
        summary: "mints a key that a browser may have",
        text: "For pages that post their offer to the endpoint themselves: to `calls_url`, as \
               `application/sdp`, with `value` as the bearer token. The session is bound into the \
               key, tools included. When the call is made, give its name and the same setup to \
               `POST /api/calls`, so that the backend leads it. `seconds` is how long the key \
               begins calls: 10 to 7200, 60 where it is absent. The setup is that of a call. Who has \
               the key can begin any number of calls with it and change what is bound in, and no \
               limit of the backend counts them. `--no-tokens` switches the route off (`forbidden`); a \
               proxy can keep strangers from it.",
        request: Some(example(&TokenRequest {
            setup: Setup {
                voice: Some("marin".to_owned()),
                ..Setup::default()
            },
            seconds: Some(60),
        })),
        status: 200,
        answer: Answer::Json(example(&Token {
            value: Private::from("ek_…"),
            expires_at: 1_790_000_000,
            calls_url: "https://api.openai.com/v1/realtime/calls".to_owned(),
            model: "gpt-realtime-2.1".to_owned(),
        })),
        errors: &[
            ProblemCode::BadKey,
            ProblemCode::Endpoint,
            ProblemCode::ShuttingDown,
        ],
    }
}

fn calls() -> Section {
    let shop = Server {
        name: "shop".to_owned(),
        allow: Some(vec!["get_weather".to_owned()]),
        ..Server::default()
    };
    Section {
        method: "POST",
        path: "/api/calls",
        summary: "begins a call, or leads one that the browser has made",
        text: "`sdp` is the browser's offer, or `call_id` (`rtc_…`) the name of a call that it made \
               with a key of `POST /api/token`. All else has a default in the configuration: \
               `endpoint`, `key` (with `--own-keys`), `servers` (all configured ones), \
               `instructions`, `voice`. A server's `allow` names the tools that the model may call: \
               fewer than the owner allows, never more. The answer's `id` names the session here, \
               `sdp` is the endpoint's answer, `call_id` its name for the call.\n\n\
               Read the events at once: a call that nobody has watched for {unread} s is hung up, so \
               that one whose page is gone doesn't go on.",
        request: Some(example(&CallRequest {
            source: CallSource::Sdp("v=0…".to_owned()),
            setup: Setup {
                servers: Some(vec![shop]),
                ..Setup::default()
            },
        })),
        status: 201,
        answer: Answer::Json(example(&Call {
            id: "8c1d5e0b7a3f42969d1be26c6f3c7a90".to_owned(),
            sdp: Some("v=0…".to_owned()),
            call_id: "rtc_u1_9c6574da".to_owned(),
        })),
        errors: &[
            ProblemCode::BadKey,
            ProblemCode::Endpoint,
            ProblemCode::Attached,
            ProblemCode::ShuttingDown,
        ],
    }
}

fn events() -> Section {
    Section {
        method: "GET",
        path: "/api/sessions/{id}/events",
        summary: "streams what happens in a session",
        text: "Server-sent events, as `EventSource` reads them: from the first, or behind the one \
               that `Last-Event-ID` names. The last {events} (or {event_mib} MiB) are kept; who comes too late \
               for some is told how many in `missed`. Several can read at once. The stream ends \
               behind `closed`; then, where nothing is left to read, the answer is 204, and \
               browsers don't come back. A session that is over can be read for {readable} s \
               more, the last {calls} of them.",
        request: None,
        status: 200,
        answer: Answer::Text(frame()),
        errors: &[ProblemCode::NotFound],
    }
}

fn approvals() -> Section {
    Section {
        method: "POST",
        path: "/api/sessions/{id}/approvals/{call_id}",
        summary: "decides about a call that waits for it",
        text: "`call_id` and `hash` are those of the `approval` event: with the hash, the decision \
               can be about nothing else than what was shown. `reason` says why not, for the model. \
               `remember` lets a yes count for the rest of the session, as far as `may_remember` \
               goes: `arguments` for the same tool with the same arguments, `tool` for the same tool \
               with any. The first decision counts, whoever makes it; \
               [approvals.md](approvals.md) has all ways.",
        request: Some(example(&Decision {
            approve: true,
            hash: Some(hash()),
            remember: Remember::Arguments,
            ..Decision::default()
        })),
        status: 204,
        answer: Answer::None,
        errors: &[
            ProblemCode::NotFound,
            ProblemCode::Decided,
            ProblemCode::OtherArguments,
            ProblemCode::Forbidden,
        ],
    }
}

fn elicitations() -> Section {
    Section {
        method: "POST",
        path: "/api/sessions/{id}/elicitations/{question}",
        summary: "answers a question of an MCP server",
        text: "`question` is the `id` of the `elicitation` event. `action` is `accept`, with the fields \
               of the event's `schema` as `content`, `decline`, or `cancel`. Fields that are absent \
               get their defaults; one that isn't what is asked for is refused, and the question \
               stays open. Where the event has a `url`, show it whole, open it only when the person \
               wants to, and answer with `accept` then. The model asks the person, too: the first \
               answer counts.",
        request: Some(example(&answer())),
        status: 204,
        answer: Answer::None,
        errors: &[ProblemCode::NotFound, ProblemCode::Decided],
    }
}

fn sign_in() -> Section {
    Section {
        method: "POST",
        path: "/api/sessions/{id}/sign-in/{server}",
        summary: "begins a sign-in to an MCP server",
        text: "For the server of a `sign_in_needed` event. Open `url` in a window of its own, on a \
               click: the visitor signs in there, and their browser comes back to the backend, at \
               `GET /oauth/callback`. Then the server's tools come into the call, told as \
               `server_ready`. What only the owner signs in to is 403 ([oauth.md](oauth.md)).",
        request: None,
        status: 200,
        answer: Answer::Json(example(&SignIn {
            url: "https://as.example.com/authorize?response_type=code&client_id=…".to_owned(),
            expires_ms: 600_000,
        })),
        errors: &[
            ProblemCode::Forbidden,
            ProblemCode::NotFound,
            ProblemCode::McpServer,
        ],
    }
}

fn waiting() -> Section {
    Section {
        method: "GET",
        path: "/api/sessions/{id}/approvals",
        summary: "lists the calls that wait for a decision",
        text: "In the order in which they were asked about, as in the `approval` events; \
               `expires_ms` is what is left of the time of each.",
        request: None,
        status: 200,
        answer: Answer::Json(example(&vec![approval()])),
        errors: &[ProblemCode::NotFound],
    }
}

fn answers() -> Section {
    Section {
        method: "POST",
        path: "/api/approvals/{token}",
        summary: "decides in the place of a webhook",
        text: "For the program that is asked by [`[approvals] webhook`](approvals.md#a-webhook), \
               where it doesn't decide by its reply: the address is the `decide_url` of what it was \
               asked. It needs neither a cookie nor an `Origin`; from pages of other \
               sites it is `forbidden`. A token decides once, and about its \
               call alone; `hash` makes sure which. `who` goes into the audit.",
        request: Some(example(&Verdict {
            approve: false,
            reason: Some(Private::from("Over this month's budget.")),
            hash: Some(hash()),
            who: Some(Private::from("finance-bot")),
            ..Verdict::default()
        })),
        status: 204,
        answer: Answer::None,
        errors: &[ProblemCode::Decided, ProblemCode::OtherArguments],
    }
}

fn end() -> Section {
    Section {
        method: "DELETE",
        path: "/api/sessions/{id}",
        summary: "ends a call",
        text: "Function calls that are open are answered, the call is hung up, and `closed` follows \
               in the events.",
        request: None,
        status: 204,
        answer: Answer::None,
        errors: &[ProblemCode::NotFound],
    }
}
