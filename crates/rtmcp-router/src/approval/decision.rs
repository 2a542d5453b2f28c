//! [`Decision`]: a yes or a no, by whom, and about what; and why one is refused.

use rtmcp_core::{CallId, Private};

use super::{ApprovalRequest, Outcome};
use crate::{
    digest::Digest,
    policy::{Channel, Remember},
    route::Target,
};

/// A decision about a call that waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The call.
    pub call_id: CallId,
    /// What it is about: [`ApprovalRequest::hash`] as the person saw it. Where `None`, whoever
    /// decides answers for it that they saw what waits.
    pub hash: Option<Digest>,
    /// Whether it may run.
    pub allow: bool,
    /// For what else a yes counts. A no is never remembered.
    pub remember: Remember,
    /// How it was decided.
    pub channel: Channel,
    /// Who decided, as far as it is known.
    pub who: Option<Private<String>>,
    /// Why not, for the model.
    pub reason: Option<Private<String>>,
}

impl Decision {
    /// A yes to what waits under this name.
    pub fn yes(call_id: impl Into<CallId>, channel: Channel) -> Self {
        Self {
            call_id: call_id.into(),
            hash: None,
            allow: true,
            remember: Remember::No,
            channel,
            who: None,
            reason: None,
        }
    }

    /// A no to what waits under this name.
    pub fn no(call_id: impl Into<CallId>, channel: Channel) -> Self {
        Self {
            allow: false,
            ..Self::yes(call_id, channel)
        }
    }

    /// Checks that it may decide about a request.
    pub(super) fn check(&self, request: &ApprovalRequest) -> Result<(), DecideError> {
        if !request.channels.contains(&self.channel) {
            return Err(DecideError::Channel {
                channel: self.channel,
            });
        }
        if self.hash.is_some_and(|hash| hash != request.hash) {
            return Err(DecideError::OtherArguments);
        }
        if self.allow && self.remember > request.may_remember {
            return Err(DecideError::Remember {
                most: request.may_remember,
            });
        }
        Ok(())
    }
}

/// What a decision comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    /// The call as it was asked about.
    pub target: Target,
    /// It may run.
    pub allowed: bool,
    /// Why not, for the model.
    pub reason: Option<Private<String>>,
}

/// A decision that isn't taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecideError {
    /// Nothing of this name was ever asked about, or it is long over.
    #[error("no call of this name waits for a decision: look at the list of those that do")]
    Unknown,
    /// It is over already.
    #[error("this call doesn't wait for a decision any more: {outcome}")]
    Settled {
        /// How it ended.
        outcome: Outcome,
    },
    /// It is about something else than what waits.
    #[error(
        "the decision is about other arguments than those that wait: look at the request again, and \
         decide about its hash"
    )]
    OtherArguments,
    /// This channel may not decide about the call.
    #[error("the owner's rules don't let {} decide about this call", words(*channel))]
    Channel {
        /// The channel.
        channel: Channel,
    },
    /// A yes can't count for so much.
    #[error("{}", remember(*most))]
    Remember {
        /// What it may count for.
        most: Remember,
    },
}

const fn words(channel: Channel) -> &'static str {
    match channel {
        Channel::Page => "the page",
        Channel::Webhook => "the webhook",
        Channel::Api => "the application",
        Channel::Voice => "the voice of the person in the call",
        Channel::Dtmf => "the keys of the person's telephone",
        Channel::Terminal => "the terminal",
    }
}

const fn remember(most: Remember) -> &'static str {
    match most {
        Remember::No => {
            "a yes to this call counts for no other: decide with `remember` as \"no\", or leave it out"
        }
        _ => {
            "a yes to this call counts for the same arguments at the most: decide with `remember` as \
             \"arguments\" or \"no\""
        }
    }
}
