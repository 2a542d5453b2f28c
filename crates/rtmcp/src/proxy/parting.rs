//! [`Parting`]: how one side of a proxied connection ended, and what the other side is told of it.

use tokio_tungstenite::tungstenite::{
    Utf8Bytes,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use crate::line::{End, EndKind};

/// How a side ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Parting {
    /// It said so, with a code and a reason.
    Said(CloseFrame),
    /// It said so, without a code.
    Wordless,
    /// It broke off, for this reason.
    Broke(&'static str),
    /// It said what can't be meant, and is told so with this code.
    Fault(CloseCode, &'static str),
}

impl From<Option<CloseFrame>> for Parting {
    fn from(frame: Option<CloseFrame>) -> Self {
        frame.map_or(Self::Wordless, Self::Said)
    }
}

impl Parting {
    /// Returns the code, as WebSocket libraries show it: 1005 where there is none, and 1006 for a
    /// connection that broke off. Neither can be sent.
    pub(super) fn code(&self) -> u16 {
        match self {
            Self::Said(frame) => frame.code.into(),
            Self::Wordless => CloseCode::Status.into(),
            Self::Broke(_) => CloseCode::Abnormal.into(),
            Self::Fault(code, _) => code.into(),
        }
    }

    /// Returns the words for it.
    pub(super) fn reason(&self) -> &str {
        match self {
            Self::Said(frame) => &frame.reason,
            Self::Wordless => "",
            Self::Broke(why) | Self::Fault(_, why) => why,
        }
    }

    /// Tells whether another connection may be opened after it.
    pub(super) fn is_passing(&self) -> bool {
        let frame = match self {
            Self::Said(frame) => Some(frame.clone()),
            Self::Fault(code, why) => Some(frame(*code, why)),
            Self::Wordless | Self::Broke(_) => None,
        };
        End::closed(frame.as_ref()).kind == EndKind::Broken
    }

    /// What the client is told when the endpoint ended so.
    pub(super) fn to_client(&self) -> Option<CloseFrame> {
        match self {
            Self::Said(frame) => Some(frame.clone()),
            Self::Wordless => None,
            Self::Broke(why) | Self::Fault(_, why) => Some(frame(CloseCode::Error, why)),
        }
    }

    /// What the endpoint is told when the client ended so.
    pub(super) fn to_endpoint(&self) -> Option<CloseFrame> {
        match self {
            Self::Said(frame) => Some(frame.clone()),
            Self::Wordless => None,
            Self::Broke(_) | Self::Fault(..) => Some(frame(CloseCode::Away, "the client is gone")),
        }
    }

    /// What whoever ended so is told.
    pub(super) fn back(&self) -> Option<CloseFrame> {
        match self {
            // It is answered already.
            Self::Said(_) | Self::Wordless => None,
            Self::Broke(why) => Some(frame(CloseCode::Away, why)),
            Self::Fault(code, why) => Some(frame(*code, why)),
        }
    }
}

/// What both sides are told when this program ends.
pub(super) fn shutdown() -> CloseFrame {
    frame(CloseCode::Away, "the proxy is shutting down")
}

fn frame(code: CloseCode, reason: &'static str) -> CloseFrame {
    CloseFrame {
        code,
        reason: Utf8Bytes::from_static(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_said_is_said_and_the_rest_in_sense() {
        let said = Parting::from(Some(frame(CloseCode::Library(4000), "expired")));
        assert_eq!((said.code(), said.reason()), (4000, "expired"));
        assert_eq!(said.to_client().unwrap().code, CloseCode::Library(4000));
        assert_eq!(said.to_endpoint().unwrap().reason, "expired");
        let wordless = Parting::from(None);
        assert_eq!(wordless.code(), 1005);
        assert_eq!((wordless.to_client(), wordless.to_endpoint()), (None, None));
        let broke = Parting::Broke("it broke off");
        assert_eq!(broke.code(), 1006);
        assert_eq!(broke.to_client().unwrap().code, CloseCode::Error);
        assert_eq!(broke.to_endpoint().unwrap().code, CloseCode::Away);
        let fault = Parting::Fault(CloseCode::Size, "too much");
        assert_eq!(fault.back().unwrap().code, CloseCode::Size);
        assert_eq!(fault.to_client().unwrap().code, CloseCode::Error);
        assert_eq!(fault.to_endpoint().unwrap().code, CloseCode::Away);
        assert!(broke.is_passing() && wordless.is_passing());
        assert!(!fault.is_passing() && !said.is_passing());
    }
}
