//! What people are told when a conversation goes on over another connection.

use std::time::Duration;

use rtmcp::session::{HandOver, HandOverReason, Loss};

use crate::command::session::span;

/// Says why a conversation needs another connection.
pub(crate) fn why(why: HandOverReason) -> &'static str {
    match why {
        HandOverReason::Expiring => "the session would have ended soon",
        HandOverReason::Dropped => "the connection was lost",
        HandOverReason::Expired => "the endpoint ended the session, as its time was over",
    }
}

/// A stable word for the same.
pub(crate) fn word(why: HandOverReason) -> &'static str {
    match why {
        HandOverReason::Expiring => "expiring",
        HandOverReason::Dropped => "dropped",
        HandOverReason::Expired => "expired",
    }
}

/// Says that a conversation goes on, and what that cost.
pub(crate) fn goes_on(over: &HandOver) -> String {
    let lost = losses(&over.lost);
    let lost = if lost.is_empty() {
        "nothing was lost".to_owned()
    } else {
        format!("lost: {}", lost.join(", "))
    };
    let replayed = match over.replayed {
        0 => String::new(),
        items => format!("; {} replayed", count(items, "item")),
    };
    let why = why(over.why);
    format!("{why}, and the conversation goes on over a new one{replayed}; {lost}")
}

/// Says that the endpoint takes too little of what is said to it.
pub(crate) fn dropped(lost: Duration) -> String {
    format!(
        "{} of what was said, as the endpoint takes too little",
        span(lost)
    )
}

/// Says what was lost, one text a kind.
pub(crate) fn losses(lost: &[Loss]) -> Vec<String> {
    let mut sound = Duration::ZERO;
    let mut kinds: Vec<(&'static str, usize)> = Vec::new();
    for loss in lost {
        let (kind, items) = match loss {
            Loss::Sound { span } => {
                sound += *span;
                continue;
            }
            Loss::Older { items } => ("old item", *items),
            Loss::Speech { .. } => ("turn of speech without words", 1),
            Loss::Image { .. } => ("picture", 1),
            Loss::CutShort { .. } => ("end of a message", 1),
            Loss::Call { .. } => ("unfinished call", 1),
            Loss::Foreign { .. } => ("item of the endpoint's own", 1),
            Loss::Refused { .. } => ("refused item", 1),
            Loss::Unacknowledged { .. } => ("unacknowledged item", 1),
            Loss::Response { .. } => ("response outside the conversation", 1),
            Loss::Unseen => ("time in which nothing was seen", 1),
            _ => ("thing without a name", 1),
        };
        match kinds.iter_mut().find(|(it, _)| *it == kind) {
            Some((_, so_far)) => *so_far += items,
            None => kinds.push((kind, items)),
        }
    }
    let kinds = kinds.into_iter().map(|(kind, items)| count(items, kind));
    let sound = (!sound.is_zero()).then(|| format!("{} of sound", span(sound)));
    sound.into_iter().chain(kinds).collect()
}

fn count(items: usize, one: &str) -> String {
    if items == 1 {
        return format!("1 {one}");
    }
    // The noun comes first, and what is said of it after.
    let end = one.find(" of ").or_else(|| one.find(" outside "));
    let end = end.or_else(|| one.find(" in ")).unwrap_or(one.len());
    let (noun, rest) = one.split_at(end);
    format!("{items} {noun}s{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_why_and_what_it_cost() {
        let mut over = HandOver {
            why: HandOverReason::Expiring,
            session_id: None,
            replayed: 12,
            lost: Vec::new(),
        };
        assert_eq!(
            goes_on(&over),
            "the session would have ended soon, and the conversation goes on over a new one; \
             12 items replayed; nothing was lost"
        );
        let item_id = || "i".into();
        over.why = HandOverReason::Dropped;
        over.replayed = 0;
        over.lost = vec![
            Loss::Speech { item_id: item_id() },
            Loss::Sound {
                span: Duration::from_millis(1500),
            },
            Loss::Speech { item_id: item_id() },
            Loss::CutShort { item_id: item_id() },
            Loss::Older { items: 7 },
        ];
        assert_eq!(
            goes_on(&over),
            "the connection was lost, and the conversation goes on over a new one; lost: \
             1.5 s of sound, 2 turns of speech without words, 1 end of a message, 7 old items"
        );
    }
}
