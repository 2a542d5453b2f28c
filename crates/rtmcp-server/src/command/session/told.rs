//! What servers say of their own accord, as steps of a session.

use rtmcp::{Event, Handle, Question, mcp::Answer};
use tracing::{Level, enabled};

use super::steps::{Steps, span};
use crate::console;

/// Tells what a server says or asks. Returns the event, if it is another one.
pub(crate) fn tell(steps: Steps, event: Event) -> Option<Event> {
    match event {
        Event::ToolsChanged { server, diff } => {
            let parts = [
                ("new", diff.added),
                ("gone", diff.removed),
                ("changed", diff.changed),
            ];
            let parts = parts.into_iter().filter(|(_, names)| !names.is_empty());
            let parts = parts.map(|(what, names)| format!("{what}: {}", names.join(", ")));
            let parts = parts.collect::<Vec<_>>().join("; ");
            steps.tell("tools", &console::plain(&format!("{server} — {parts}")));
        }
        Event::ServerResting {
            server, retry_in, ..
        } => steps.tell(
            "resting",
            &format!(
                "{server} keeps failing and is tried again in {}",
                span(retry_in)
            ),
        ),
        Event::ServerRecovered { server } => steps.tell("works", &server.to_string()),
        Event::ServerLog {
            server,
            level,
            message,
            ..
        } => {
            // With -v only: the words are a stranger's.
            if enabled!(Level::DEBUG) {
                let line = format!("{server} {}: {}", level.as_str(), message.expose());
                steps.tell("log", &console::plain(&line));
            }
        }
        Event::Elicitation(question) => asked(steps, &question),
        Event::ElicitationOver { .. } => {}
        event => return Some(event),
    }
    None
}

/// Says no to a question where one turn is all that there is: nobody would be there to answer it.
pub(crate) fn decline(steps: Steps, event: &Event, handle: &Handle) {
    let Event::Elicitation(question) = event else {
        return;
    };
    let (handle, id) = (handle.clone(), question.id.clone());
    tokio::spawn(async move {
        // It may be over already.
        let _ = handle.answer(&id, Answer::Decline).await;
    });
    asked(steps, question);
    steps.tell(
        "declined",
        "nobody answers in a single turn: use `rtmcp serve` or `rtmcp attach`",
    );
}

fn asked(steps: Steps, question: &Question) {
    let words = format!("{} asks: {}", question.server, question.message.expose());
    steps.tell("question", &console::plain(&words));
}
