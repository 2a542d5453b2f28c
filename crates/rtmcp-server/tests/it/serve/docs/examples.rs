//! Examples in the API's own types, each of which comes back as it was.

use std::fmt::Debug;

use rtmcp_api::{
    Approval, CallEnd, Diagnostic, Elicitation, ElicitationAction, ElicitationAnswer, Happening,
    Remember,
};
use rtmcp_core::Private;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// Writes a value as JSON, and makes sure that it is read as the same.
pub(super) fn example<T>(value: &T) -> Value
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let text = serde_json::to_string(value).unwrap();
    let read: T = serde_json::from_str(&text).unwrap();
    assert_eq!(read, *value, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// Returns an object whose keys are those of a JSON literal.
fn object(value: &Value) -> serde_json::Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// A frame of the stream.
pub(super) fn frame() -> String {
    let what = Happening::Ready {
        model: Some("gpt-realtime-2.1".to_owned()),
    };
    let diagnostic = example(&Diagnostic {
        seq: 4,
        at_ms: 112,
        what,
    });
    format!("id: 4\ndata: {diagnostic}")
}

/// Each kind of event.
pub(super) fn events() -> String {
    let rows = happenings().into_iter().zip(1..).map(|(what, seq)| {
        let at_ms = 100 * seq;
        let json = example(&Diagnostic { seq, at_ms, what });
        format!("{json}\n")
    });
    format!("```jsonl\n{}```\n", rows.collect::<String>())
}

fn happenings() -> Vec<Happening> {
    let mut all = vec![
        Happening::ServerReady {
            server: "shop".to_owned(),
            tools: 6,
        },
        Happening::ServerDown {
            server: "crm".to_owned(),
            message: "can't reach server `crm` …".to_owned(),
        },
        Happening::Received {
            event: Private::new(json!({"type": "session.created", "session": {}})),
        },
        Happening::Sent {
            event: Private::new(json!({"type": "session.update", "session": {}})),
        },
        Happening::Ready {
            model: Some("gpt-realtime-2.1".to_owned()),
        },
    ];
    all.extend(of_servers());
    all.extend(of_a_call());
    all.extend([
        Happening::Trouble {
            message: "the Realtime endpoint reports: …".to_owned(),
        },
        Happening::HandingOver {
            reason: "expiring".to_owned(),
        },
        Happening::HandedOver {
            reason: "expiring".to_owned(),
            replayed: 12,
            lost: Vec::new(),
            message: "the session would have ended soon, and …".to_owned(),
        },
        Happening::Missed { events: 120 },
        Happening::Closed {
            reason: "asked".to_owned(),
            message: "the session was closed".to_owned(),
        },
    ]);
    all
}

fn of_servers() -> [Happening; 7] {
    let server = || "shop".to_owned();
    [
        Happening::SignInNeeded {
            server: "crm".to_owned(),
        },
        Happening::ToolsChanged {
            server: server(),
            added: vec!["find_parcel".to_owned()],
            removed: Vec::new(),
            changed: vec!["issue_refund".to_owned()],
        },
        Happening::ServerResting {
            server: server(),
            failures: 5,
            retry_ms: 5000,
        },
        Happening::ServerRecovered { server: server() },
        Happening::ServerLog {
            server: server(),
            level: "warning".to_owned(),
            logger: Some("stock".to_owned()),
            message: Private::from("the stock is counted: answers are slow"),
            left_out: 0,
        },
        Happening::Elicitation(Elicitation {
            id: "question-1".to_owned(),
            call_id: "call_1".to_owned(),
            server: server(),
            tool: "book_table".to_owned(),
            message: Private::from("For whom is the table?"),
            schema: Some(Private::new(object(&json!({
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "guests": {"type": "integer", "minimum": 1, "default": 2},
                },
                "required": ["name"],
            })))),
            url: None,
            expires_ms: 120_000,
        }),
        Happening::ElicitationOver {
            id: "question-1".to_owned(),
        },
    ]
}

/// The answer to a question.
pub(super) fn answer() -> ElicitationAnswer {
    ElicitationAnswer {
        action: ElicitationAction::Accept,
        content: Private::new(object(&json!({"name": "Ada", "guests": 3}))),
    }
}

/// A call that waits for a decision.
pub(super) fn approval() -> Approval {
    Approval {
        call_id: "call_1".to_owned(),
        number: 1,
        server: "shop".to_owned(),
        tool: "issue_refund".to_owned(),
        arguments: Private::new(object(&json!({"order": 1042, "amount": 20}))),
        hash: hash(),
        why: "asks (rule 2, amount above 10)".to_owned(),
        may_remember: Remember::Arguments,
        channels: ["page", "webhook", "voice"].map(str::to_owned).to_vec(),
        expires_ms: 60_000,
    }
}

/// The hash of what is asked.
pub(super) fn hash() -> String {
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned()
}

fn of_a_call() -> [Happening; 5] {
    let call_id = || "call_1".to_owned();
    let (server, tool) = (|| "shop".to_owned(), || "issue_refund".to_owned());
    let arguments = || Private::new(object(&json!({"order": 1042, "amount": 20})));
    let result = json!({"isError": false, "content": [{"type": "text", "text": "Refunded."}],
        "structuredContent": null});
    [
        Happening::Approval(approval()),
        Happening::ApprovalOver {
            call_id: call_id(),
            outcome: "approved".to_owned(),
            channel: Some("page".to_owned()),
            remembered: Remember::Arguments,
        },
        Happening::ToolStarted {
            call_id: call_id(),
            server: server(),
            tool: tool(),
            arguments: arguments(),
        },
        Happening::ToolProgress {
            call_id: call_id(),
            progress: 1.0,
            total: Some(2.0),
            message: Some(Private::from("booked")),
        },
        Happening::ToolFinished {
            call_id: call_id(),
            function: tool(),
            end: CallEnd::Answered,
            reason: "answered".to_owned(),
            output: Private::from("Refunded."),
            result: Some(Private::new(result)),
            cut: None,
            images: 0,
            warnings: Vec::new(),
            advice: None,
            took_ms: 40,
        },
    ]
}
