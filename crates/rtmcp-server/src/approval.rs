//! [`Approver`]: asks on the terminal whether a call may run, or knows the answer already.

use std::{
    io::{self, BufRead, IsTerminal},
    thread,
    time::Duration,
};

use clap::ValueEnum;
use rtmcp::router::Remember;
use serde_json::{Map, Value};
use tokio::{sync::mpsc, time::timeout};

use crate::console;

/// How it is decided about calls that somebody must approve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Approve {
    /// Ask on the terminal; without a terminal, deny.
    #[default]
    Ask,
    /// Deny every call that needs approval.
    Never,
    /// Approve every call.
    All,
}

/// A call that somebody must approve.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) function: &'a str,
    pub(crate) server: &'a str,
    pub(crate) arguments: &'a Map<String, Value>,
    pub(crate) why: &'a str,
    pub(crate) expires: Duration,
    /// For what else a yes may count at the most.
    pub(crate) may_remember: Remember,
    /// Whether it may be decided on a terminal.
    pub(crate) may_answer: bool,
}

/// What is decided about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Approved(Remember),
    /// Denied, and why, for people.
    Denied(&'static str),
    /// Nobody answered in time.
    Expired,
    /// The owner's rules leave it to others.
    Elsewhere,
}

/// Decides about calls.
#[derive(Debug)]
pub(crate) struct Approver {
    how: Approve,
    is_terminal: bool,
    /// What is typed; none until somebody was asked.
    typed: Option<mpsc::UnboundedReceiver<String>>,
    /// For what else a yes to what was asked may count.
    may_remember: Remember,
}

impl Approver {
    pub(crate) fn new(how: Approve) -> Self {
        Self {
            how,
            is_terminal: io::stdin().is_terminal(),
            typed: None,
            may_remember: Remember::No,
        }
    }

    /// Decides at once, or asks; then the decision comes from [`answer`](Self::answer).
    pub(crate) fn ask(&mut self, question: Question<'_>) -> Option<Decision> {
        match self.how {
            Approve::Never => Some(Decision::Denied("`--approve never`")),
            // Somebody else decides, or nobody does in time.
            _ if !question.may_answer => Some(Decision::Elsewhere),
            Approve::All => Some(Decision::Approved(Remember::No)),
            Approve::Ask if !self.is_terminal => Some(Decision::Denied(NO_TERMINAL)),
            Approve::Ask => {
                let Question {
                    function,
                    server,
                    arguments,
                    why,
                    expires,
                    may_remember,
                    ..
                } = question;
                self.may_remember = may_remember;
                let typed = self.typed.get_or_insert_with(|| lines(io::stdin()));
                // What was typed before the question is no answer to it.
                while typed.try_recv().is_ok() {}
                let arguments = Value::Object(arguments.clone()).to_string();
                console::note(format!(
                    "{} of `{server}` {why}; {} s to answer",
                    console::plain(function),
                    expires.as_secs()
                ));
                let arguments = console::plain(&arguments);
                let keys = keys(may_remember);
                console::ask(format!("run {function} {arguments}? {keys}"));
                None
            }
        }
    }

    /// Waits for the answer to what was asked. Cancel safe.
    pub(crate) async fn answer(&mut self) -> Decision {
        let Some(typed) = &mut self.typed else {
            return std::future::pending().await;
        };
        let answer = typed.recv().await.unwrap_or_default();
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Decision::Approved(Remember::No),
            "s" | "session" if self.may_remember >= Remember::Arguments => {
                Decision::Approved(Remember::Arguments)
            }
            "t" | "tool" if self.may_remember >= Remember::Tool => {
                Decision::Approved(Remember::Tool)
            }
            _ => Decision::Denied("you said no"),
        }
    }

    /// Asks, and waits for the answer while there is time.
    pub(crate) async fn decide(&mut self, question: Question<'_>) -> Decision {
        if let Some(decision) = self.ask(question) {
            return decision;
        }
        let answer = timeout(question.expires, self.answer()).await;
        answer.unwrap_or_else(|_| {
            console::note("");
            Decision::Expired
        })
    }
}

/// Says what can be typed.
const fn keys(may_remember: Remember) -> &'static str {
    match may_remember {
        Remember::No => "[y/N]",
        Remember::Arguments => "[y/N, s: also the same again in this session]",
        Remember::Tool => {
            "[y/N, s: also the same again in this session, t: this tool for the session]"
        }
    }
}

/// Reads lines in a thread of its own: reading a terminal can't be cancelled.
fn lines(input: io::Stdin) -> mpsc::UnboundedReceiver<String> {
    let (sender, receiver) = mpsc::unbounded_channel();
    thread::spawn(move || {
        for line in input.lock().lines() {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

const NO_TERMINAL: &str =
    "stdin is no terminal, so nobody can be asked: use `--approve all` or `--approve never`";

#[cfg(test)]
mod tests {
    use super::*;

    fn question(arguments: &Map<String, Value>) -> Question<'_> {
        Question {
            function: "issue_refund",
            server: "shop",
            arguments,
            why: "asks (configured)",
            expires: Duration::from_secs(30),
            may_remember: Remember::No,
            may_answer: true,
        }
    }

    fn terminal() -> (Approver, mpsc::UnboundedSender<String>) {
        let (keyboard, typed) = mpsc::unbounded_channel();
        let approver = Approver {
            how: Approve::Ask,
            is_terminal: true,
            typed: Some(typed),
            may_remember: Remember::No,
        };
        (approver, keyboard)
    }

    #[tokio::test]
    async fn only_a_yes_is_a_yes() {
        let (mut approver, keyboard) = terminal();
        for (line, expected) in [("y", true), (" YES ", true), ("n", false), ("", false)] {
            assert_eq!(approver.ask(question(&Map::new())), None);
            keyboard.send(line.to_owned()).unwrap();
            let is_yes = approver.answer().await == Decision::Approved(Remember::No);
            assert_eq!(is_yes, expected);
        }
        drop(keyboard);
        let at_the_end = approver.decide(question(&Map::new())).await;
        assert_eq!(at_the_end, Decision::Denied("you said no"));
    }

    #[tokio::test]
    async fn a_yes_counts_for_the_session_where_it_may() {
        use Remember::{Arguments, No, Tool};

        let (mut approver, keyboard) = terminal();
        let table = [
            ("s", No, None),
            ("s", Arguments, Some(Arguments)),
            ("t", Arguments, None),
            ("T", Tool, Some(Tool)),
            ("session", Tool, Some(Arguments)),
            ("y", Tool, Some(No)),
        ];
        for (line, may_remember, expected) in table {
            let arguments = Map::new();
            let question = Question {
                may_remember,
                ..question(&arguments)
            };
            assert_eq!(approver.ask(question), None);
            keyboard.send(line.to_owned()).unwrap();
            let decision = approver.answer().await;
            let expected = expected.map_or(Decision::Denied("you said no"), Decision::Approved);
            assert_eq!(decision, expected, "{line} {may_remember:?}");
        }
    }

    #[test]
    fn what_others_decide_nobody_is_asked_about_here() {
        let (mut approver, _keyboard) = terminal();
        let arguments = Map::new();
        let question = Question {
            may_answer: false,
            ..question(&arguments)
        };
        assert_eq!(approver.ask(question), Some(Decision::Elsewhere));
        approver.how = Approve::All;
        assert_eq!(approver.ask(question), Some(Decision::Elsewhere));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_typed_before_the_question_is_no_answer() {
        let (mut approver, keyboard) = terminal();
        keyboard.send("y".to_owned()).unwrap();
        let decision = approver.decide(question(&Map::new())).await;
        assert_eq!(decision, Decision::Expired);
    }

    #[test]
    fn without_a_terminal_nobody_is_asked() {
        let (mut approver, _keyboard) = terminal();
        approver.is_terminal = false;
        let decision = approver.ask(question(&Map::new()));
        assert_eq!(decision, Some(Decision::Denied(NO_TERMINAL)));
    }
}
