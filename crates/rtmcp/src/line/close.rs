//! [`End`]: how a connection ended, and whether another one may be opened after it.

use tokio_tungstenite::tungstenite::{
    Error as WsError,
    error::ProtocolError,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

/// The end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct End {
    /// What was seen, for people.
    pub(crate) words: String,
    pub(crate) kind: EndKind,
}

/// What an end means for the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndKind {
    /// It was over, and the endpoint said so.
    InOrder,
    /// The endpoint doesn't want it, and would end another one in the same way.
    Refused,
    /// It broke, or the endpoint had to go: another one may be opened.
    Broken,
}

/// The close codes that mean something, by RFC 6455 and the registry of IANA, and the policy of
/// OpenAI's own clients: what isn't here is never followed by another connection.
const CODES: &[(u16, EndKind, &str)] = &[
    (1000, EndKind::InOrder, "it was over"),
    (1001, EndKind::Broken, "the endpoint went away"),
    (1002, EndKind::Refused, "an error of the protocol"),
    (1003, EndKind::Refused, "data of a kind that it can't take"),
    (NO_CODE, EndKind::Broken, "without a word"),
    (BROKEN, EndKind::Broken, "the connection broke off"),
    (1007, EndKind::Refused, "text that is none"),
    (1008, EndKind::Refused, "against the endpoint's policy"),
    (
        TOO_LARGE,
        EndKind::Refused,
        "an event was larger than any event can be",
    ),
    (1010, EndKind::Refused, "an extension is missing"),
    (1011, EndKind::Broken, "the endpoint failed"),
    (1012, EndKind::Broken, "the endpoint restarts"),
    (1013, EndKind::Broken, "the endpoint has too much to do"),
    (1015, EndKind::Refused, "TLS failed"),
];

/// Stands for a close frame without a code.
const NO_CODE: u16 = 1005;

/// Stands for a connection that ended without a close frame.
const BROKEN: u16 = 1006;

/// Somebody said more than fits into a message.
const TOO_LARGE: u16 = 1009;

impl End {
    /// Something was seen after which another connection may be opened.
    pub(crate) fn broken(words: impl Into<String>) -> Self {
        let words = words.into();
        let kind = EndKind::Broken;
        Self { words, kind }
    }

    /// The endpoint ended it, in order.
    pub(super) fn in_order(words: impl Into<String>) -> Self {
        let words = words.into();
        let kind = EndKind::InOrder;
        Self { words, kind }
    }

    /// The endpoint said that it closes.
    pub(crate) fn closed(frame: Option<&CloseFrame>) -> Self {
        let Some(frame) = frame else {
            let words = format!("closed {}", meaning(NO_CODE).1);
            return Self::broken(words);
        };
        let code = u16::from(frame.code);
        let (kind, meaning) = meaning(code);
        let words = match (frame.reason.trim().trim_end_matches('.'), meaning) {
            ("", "") => format!("closed with code {code}"),
            ("", meaning) => format!("closed with code {code}: {meaning}"),
            (reason, _) => format!("closed with code {code}: {reason}"),
        };
        Self { words, kind }
    }

    /// Reading failed.
    pub(super) fn failed(error: &WsError) -> Self {
        let code = match error {
            WsError::Capacity(_) => TOO_LARGE,
            WsError::Utf8(_) => u16::from(CloseCode::Invalid),
            WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => BROKEN,
            WsError::Protocol(_) => u16::from(CloseCode::Protocol),
            WsError::ConnectionClosed | WsError::AlreadyClosed => return Self::broken("closed"),
            // The system's words for what broke.
            error => return Self::broken(error.to_string()),
        };
        let (kind, words) = meaning(code);
        let words = words.to_owned();
        Self { words, kind }
    }
}

fn meaning(code: u16) -> (EndKind, &'static str) {
    let row = CODES.iter().find(|(it, ..)| *it == code);
    row.map_or((EndKind::Refused, ""), |(_, kind, words)| (*kind, *words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(code: u16, reason: &str) -> End {
        End::closed(Some(&CloseFrame {
            code: code.into(),
            reason: reason.into(),
        }))
    }

    #[test]
    fn another_connection_follows_some_codes_and_no_others() {
        let again = (1..5000).filter(|code| closed(*code, "").kind == EndKind::Broken);
        let expected = [1001, 1005, 1006, 1011, 1012, 1013];
        assert_eq!(again.collect::<Vec<_>>(), expected);
        assert_eq!(End::closed(None).kind, EndKind::Broken);
        assert_eq!(closed(1000, "bye").kind, EndKind::InOrder);
        assert_eq!(closed(4000, "").kind, EndKind::Refused);
    }

    #[test]
    fn the_endpoints_words_go_before_ours() {
        assert_eq!(closed(4000, "").words, "closed with code 4000");
        assert_eq!(
            closed(1011, "").words,
            "closed with code 1011: the endpoint failed"
        );
        assert_eq!(
            closed(1011, "keepalive").words,
            "closed with code 1011: keepalive"
        );
        assert_eq!(End::closed(None).words, "closed without a word");
    }
}
