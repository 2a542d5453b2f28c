//! What an endpoint says that takes no session, over HTTP or over a socket that it has just opened,
//! as a [`ConnectError`]: people read the same words either way.

use std::time::Duration;

use serde_json::Value;
use tokio_tungstenite::tungstenite::http::{HeaderMap, StatusCode};

use super::{ConnectError, place};
use crate::config::{Realtime, Target};

impl ConnectError {
    /// A status that is no success.
    pub(crate) fn from_http(
        realtime: &Realtime,
        target: &Target,
        (status, headers): (StatusCode, &HeaderMap),
        body: &[u8],
    ) -> Self {
        let place = place(&realtime.url);
        let status = status.as_u16();
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let said = |name: &str| body.pointer(name).and_then(Value::as_str);
        let message = said("/error/message").map(shown);
        let message = message.unwrap_or_else(|| format!("status {status}"));
        let code = said("/error/code").unwrap_or_default();
        match (status, target) {
            (404 | 410, Target::Call(call_id)) => {
                let call_id = call_id.clone();
                return Self::NoCall {
                    place,
                    call_id,
                    message,
                };
            }
            (401 | 403, _) => return Self::Unauthorized { place, message },
            _ => {}
        }
        if let Some(error) = Self::known(realtime, code, &message, retry_after(headers)) {
            return error;
        }
        match (status, target) {
            (402, _) => Self::NoQuota { place, message },
            (429, _) => Self::RateLimited {
                place,
                message,
                retry_after: retry_after(headers),
            },
            (404 | 405, Target::Model) => Self::NotFound {
                place,
                model: realtime.model.clone(),
                message,
            },
            _ => Self::Refused {
                place,
                status,
                message,
            },
        }
    }

    /// An `error` event that comes instead of a session.
    pub(crate) fn from_event(realtime: &Realtime, code: &str, message: &str) -> Self {
        let message = shown(message);
        Self::known(realtime, code, &message, None).unwrap_or_else(|| Self::TurnedAway {
            place: place(&realtime.url),
            code: code.to_owned(),
            message,
        })
    }

    /// What a published code means.
    fn known(
        realtime: &Realtime,
        code: &str,
        message: &str,
        retry_after: Option<Duration>,
    ) -> Option<Self> {
        let (place, message) = (place(&realtime.url), message.to_owned());
        Some(match code {
            "invalid_api_key" | "account_deactivated" => Self::Unauthorized { place, message },
            "insufficient_quota" => Self::NoQuota { place, message },
            "rate_limit_exceeded" => Self::RateLimited {
                place,
                message,
                retry_after,
            },
            "model_not_found" => Self::NotFound {
                place,
                model: realtime.model.clone(),
                message,
            },
            _ => return None,
        })
    }

    /// Tells whether the same may go well a moment later.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TooSlow { .. } | Self::RateLimited { .. } => true,
            Self::Refused { status, .. } => *status >= 500 || *status == 408,
            Self::TurnedAway { code, .. } => code == "server_error",
            _ => false,
        }
    }

    /// Returns how long the endpoint wants to be left alone, where it says so.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// The endpoint's words, as the middle of a sentence.
fn shown(message: &str) -> String {
    message.trim_end_matches('.').to_owned()
}

/// Reads `Retry-After` in seconds, and the milliseconds that OpenAI gives beside it. A date is
/// passed over: it would need the right time here.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let read = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let millis = read("retry-after-ms").map(|it| it / 1000.0);
    let seconds = millis.or_else(|| read("retry-after"))?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    fn realtime() -> Realtime {
        Config::new("http://127.0.0.1:9/v1".parse().unwrap()).realtime
    }

    fn refused(status: u16, headers: &[(&'static str, &str)], code: &str) -> ConnectError {
        let status = StatusCode::from_u16(status).unwrap();
        let headers = headers.iter().map(|(name, value)| {
            let value = value.parse().unwrap();
            (name.parse().unwrap(), value)
        });
        let headers = HeaderMap::from_iter(headers);
        let body = serde_json::json!({"error": {"code": code, "message": "No."}}).to_string();
        let target = Target::Model;
        ConnectError::from_http(&realtime(), &target, (status, &headers), body.as_bytes())
    }

    #[test]
    fn the_same_words_over_http_and_over_a_socket() {
        for (status, code) in [
            (401, "invalid_api_key"),
            (401, "account_deactivated"),
            (404, "model_not_found"),
            (429, "insufficient_quota"),
            (429, "rate_limit_exceeded"),
        ] {
            let event = ConnectError::from_event(&realtime(), code, "No.");
            assert_eq!(refused(status, &[], code), event);
            assert!(event.to_string().contains("No"), "{event}");
            assert!(!matches!(event, ConnectError::TurnedAway { .. }), "{code}");
        }
    }

    #[test]
    fn what_passes_is_told_from_what_stays() {
        for (status, code, passes) in [
            (429, "rate_limit_exceeded", true),
            (429, "", true),
            (503, "", true),
            (500, "server_error", true),
            (429, "insufficient_quota", false),
            (402, "", false),
            (401, "", false),
            (404, "", false),
            (400, "", false),
        ] {
            let error = refused(status, &[], code);
            assert_eq!(error.is_passing(), passes, "{error}");
        }
        let event = |code| ConnectError::from_event(&realtime(), code, "").is_passing();
        assert!(event("server_error") && event("rate_limit_exceeded"));
        assert!(!event("beta_api_shape_disabled") && !event("invalid_api_key"));
    }

    #[test]
    fn the_endpoint_says_how_long_to_wait() {
        for (headers, expected) in [
            (&[("retry-after", "2")][..], Some(2000)),
            (
                &[("retry-after", "2"), ("retry-after-ms", "1500")],
                Some(1500),
            ),
            (&[("retry-after", "Fri, 31 Dec 1999 23:59:59 GMT")], None),
            (&[("retry-after", "-1")], None),
            (&[("retry-after", "1e400")], None),
            (&[], None),
        ] {
            let error = refused(429, headers, "rate_limit_exceeded");
            let expected = expected.map(Duration::from_millis);
            assert_eq!(error.retry_after(), expected, "{headers:?}");
        }
    }
}
