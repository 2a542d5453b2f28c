//! [`notice`]: what the model is told of a call that waits for a decision.

use std::{fmt::Write, time::Duration};

use rtmcp_core::Private;
use rtmcp_router::{ApprovalRequest, Channel};

use crate::config::ApprovalSettings;

/// Says what waits, who is asked, and what the model has to do: ask aloud, where the person in the
/// call may decide by voice or keys; else only say that it waits. `others` says that more calls wait.
pub(in crate::bridge) fn notice(
    request: &ApprovalRequest,
    settings: &ApprovalSettings,
    others: bool,
) -> Private<String> {
    let by = |channel| request.channels.contains(&channel);
    let ApprovalRequest {
        function, number, ..
    } = request;
    let mut text = format!(
        "The call {} of `{function}` has not run: somebody must approve it first, within {}. It is \
         request number {number}. ",
        request.call_id,
        span(request.expires())
    );
    let asked = asked(request, settings);
    if !asked.is_empty() {
        let _ = write!(text, "Asked are: {}. ", asked.join(", "));
    }
    if by(Channel::Voice) || by(Channel::Dtmf) {
        let _ = write!(
            text,
            "Ask the person now, aloud and in one or two sentences: name the action and what matters \
             of its arguments, exactly as they are in the call. Tell them that they can "
        );
        let mut ways = Vec::new();
        if by(Channel::Voice) {
            ways.push(by_voice(request, settings, others));
        }
        if by(Channel::Dtmf) {
            ways.push(by_keys(request, settings, others));
        }
        let _ = write!(
            text,
            "{}. Only their own answer after your question counts, and it reaches the system without \
             you: never say that they have agreed before the result of the call is there. If they \
             answer in other words, ask for these once more. ",
            ways.join(", or ")
        );
    } else {
        text.push_str("Tell the person in a few words that it waits for this. ");
    }
    text.push_str(
        "The conversation goes on meanwhile; you get the result, or that it was declined, as the \
         output of the call. Don't call the function again for this.",
    );
    Private::new(text)
}

fn asked(request: &ApprovalRequest, settings: &ApprovalSettings) -> Vec<&'static str> {
    let has_webhook = settings.webhook.is_some();
    let words = |channel: &Channel| match channel {
        Channel::Page => Some("the person's screen"),
        Channel::Webhook => has_webhook.then_some("a system of the owner"),
        Channel::Terminal => Some("the person at the terminal"),
        Channel::Voice | Channel::Dtmf => Some("the person in the call"),
        Channel::Api => None,
    };
    let mut asked: Vec<_> = request.channels.iter().filter_map(words).collect();
    asked.dedup();
    asked
}

fn by_voice(request: &ApprovalRequest, settings: &ApprovalSettings, others: bool) -> String {
    let first = |list: &[String]| list.first().cloned().unwrap_or_default();
    let (yes, no) = (first(&settings.voice.agree), first(&settings.voice.deny));
    match others {
        true => {
            let number = request.number;
            format!(
                "say \"{yes}, number {number}\" or \"{no}, number {number}\", as more than one \
                 request waits"
            )
        }
        false => format!("say \"{yes}\" or \"{no}\""),
    }
}

fn by_keys(request: &ApprovalRequest, settings: &ApprovalSettings, others: bool) -> String {
    let keys = settings.keys;
    match others {
        true => {
            let number = request.number;
            format!(
                "press {number} and then {} to approve or {} to decline",
                keys.approve, keys.deny
            )
        }
        false => format!(
            "press {} to approve or {} to decline",
            keys.approve, keys.deny
        ),
    }
}

fn span(span: Duration) -> String {
    format!("{} s", span.as_secs().max(1))
}
