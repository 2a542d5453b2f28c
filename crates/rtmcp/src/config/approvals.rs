//! [`ApprovalSettings`]: by which ways somebody decides about calls, and where decisions are written
//! down. Who is asked about what, [`ApprovalRules`](rtmcp_router::ApprovalRules) say.

use std::{path::PathBuf, time::Duration};

use rtmcp_core::Private;
use url::Url;

use crate::approval::Tickets;

/// By which ways somebody decides about calls, and where decisions are written down.
#[derive(Clone, Debug, Default)]
pub struct ApprovalSettings {
    /// The program that is asked over HTTP.
    pub webhook: Option<Webhook>,
    /// What the person in the call says for yes and no.
    pub voice: SpokenWords,
    /// What the person in the call presses for yes and no.
    pub keys: DecisionKeys,
    /// Where decisions are written down.
    pub audit: Option<Audit>,
    /// The decisions that can be made by an address that the webhook is given.
    pub tickets: Tickets,
}

/// A program that is asked over HTTP.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Where it is: `https`, or `http` where nobody else can listen. Redirects aren't followed.
    pub url: Url,
    /// What its requests are signed with.
    pub secret: Option<Private<String>>,
    /// Where this program can be reached by it, for an answer that comes later: with
    /// `api/approvals/…` after it. Without it the webhook decides by its reply alone.
    pub answers: Option<Url>,
    /// How long one request may take: 10 s unless set.
    pub timeout: Duration,
}

impl Webhook {
    /// A program at this address, that isn't given a secret.
    pub const fn new(url: Url) -> Self {
        Self {
            url,
            secret: None,
            answers: None,
            timeout: Duration::from_secs(10),
        }
    }
}

/// What the person in the call says for yes and no, in any language. Case, accents of punctuation
/// and spaces make no difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpokenWords {
    /// What agrees, as a whole utterance: beside it only [`fillers`](Self::fillers), the number or
    /// the name of the tool may be said. The first is the one that the model asks for.
    pub agree: Vec<String>,
    /// Words that deny, wherever they are said.
    pub deny: Vec<String>,
    /// Words that mean nothing beside a yes.
    pub fillers: Vec<String>,
    /// The names of the numbers from one on.
    pub numbers: Vec<String>,
}

impl Default for SpokenWords {
    fn default() -> Self {
        let words = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        Self {
            agree: words(&[
                "I approve",
                "yes approve",
                "yes I approve",
                "approve it",
                "please approve",
                "approved",
            ]),
            deny: words(&[
                "no", "nope", "nah", "not", "never", "don't", "stop", "cancel", "deny", "denied",
                "decline", "reject", "refuse", "abort",
            ]),
            fillers: words(&[
                "yes", "yeah", "yep", "okay", "ok", "sure", "please", "it", "this", "that", "the",
                "number", "um", "uh", "well", "thanks", "thank", "you",
            ]),
            numbers: words(&[
                "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
            ]),
        }
    }
}

/// What the person in the call presses for yes and no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecisionKeys {
    /// Approves: `1` unless set.
    pub approve: char,
    /// Denies: `2` unless set.
    pub deny: char,
}

impl Default for DecisionKeys {
    fn default() -> Self {
        Self {
            approve: '1',
            deny: '2',
        }
    }
}

/// Where decisions are written down: one line of JSON for each, added at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// The file.
    pub file: PathBuf,
    /// What it says of the arguments, beside their hash.
    pub arguments: AuditArguments,
}

/// What the audit says of the arguments of a call, beside their hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuditArguments {
    /// Nothing.
    #[default]
    Hash,
    /// What the rules of redaction leave of them.
    Redacted,
    /// All of them.
    Whole,
}
