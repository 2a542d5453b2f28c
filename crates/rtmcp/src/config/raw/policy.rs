//! How calls go together with the conversation, in the TOML of a server or of one of its tools.

use rtmcp_core::{Duplicates, OnBargeIn, ReplyMode};
use rtmcp_router::{CallRules, Retry, SoftDeadline};
use serde::{Deserialize, Deserializer, de::Error};

/// The fields that a server and a tool share, as they are written.
#[derive(Debug, Default)]
pub(super) struct RawPolicy {
    pub(super) soft_deadline: Option<RawSoftDeadline>,
    pub(super) reply: Option<ReplyMode>,
    pub(super) on_barge_in: Option<OnBargeIn>,
    pub(super) retry: Option<Retry>,
    pub(super) duplicates: Option<Duplicates>,
}

impl From<RawPolicy> for CallRules {
    fn from(raw: RawPolicy) -> Self {
        Self {
            soft_deadline: raw.soft_deadline.map(|it| it.0),
            reply: raw.reply,
            on_barge_in: raw.on_barge_in,
            retry: raw.retry,
            duplicates: raw.duplicates,
        }
    }
}

/// `"4s"`, or `"off"`.
#[derive(Debug)]
pub(super) struct RawSoftDeadline(SoftDeadline);

impl<'de> Deserialize<'de> for RawSoftDeadline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "off" {
            return Ok(Self(SoftDeadline::Off));
        }
        let span = humantime::parse_duration(&text).map_err(|error| {
            D::Error::custom(format!(
                "`{text}` is no duration ({error}): write it like `4s`, or `off`"
            ))
        })?;
        Ok(Self(SoftDeadline::After(span)))
    }
}
