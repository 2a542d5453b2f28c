//! Log messages of a server: bounded in number and size.

#![expect(
    deprecated,
    reason = "log messages are on their way out, and servers have them until then"
)]

use std::time::Duration;

use rmcp::model::LoggingMessageNotificationParam;
use rtmcp_core::{Private, ServerName};
use serde_json::Value;
use tokio::time::Instant;

use crate::{LogLevel, Notice, ServerConfig, convert};

/// Lets so many messages through in each span, and counts the others.
#[derive(Debug)]
pub(super) struct Limiter {
    server: ServerName,
    least: Option<LogLevel>,
    begin: Instant,
    admitted: u32,
    left_out: u64,
}

impl Limiter {
    pub(super) fn new(config: &ServerConfig) -> Self {
        Self {
            server: config.name.clone(),
            least: config.log_level,
            begin: Instant::now(),
            admitted: 0,
            left_out: 0,
        }
    }

    pub(super) fn admit(&mut self, params: &LoggingMessageNotificationParam) -> Option<Notice> {
        let level = convert::log_level(&params.level);
        if self.least.is_none_or(|least| level < least) {
            return None;
        }
        if self.begin.elapsed() >= SPAN {
            self.begin = Instant::now();
            self.admitted = 0;
        }
        if self.admitted == MOST {
            self.left_out += 1;
            return None;
        }
        self.admitted += 1;
        Some(Notice::Log {
            server: self.server.clone(),
            level,
            logger: params.logger.as_deref().map(cut),
            message: Private::new(cut(&words(&params.data))),
            left_out: std::mem::take(&mut self.left_out),
        })
    }
}

/// What a message says: servers send a text, or an object with one.
fn words(data: &Value) -> String {
    let inner = ["message", "msg", "text"];
    let mut inner = inner.into_iter().filter_map(|key| data.get(key)?.as_str());
    match data {
        Value::String(text) => text.clone(),
        Value::Object(_) => inner.next().map_or_else(|| data.to_string(), str::to_owned),
        other => other.to_string(),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(LENGTH).collect()
}

/// What a person can read.
const MOST: u32 = 20;
const SPAN: Duration = Duration::from_secs(10);
const LENGTH: usize = 2000;

#[cfg(test)]
mod tests {
    use rmcp::model::LoggingLevel;
    use serde_json::json;

    use super::*;

    fn limiter() -> Limiter {
        let url = "http://127.0.0.1/mcp".parse().unwrap();
        Limiter::new(&ServerConfig::http("shop", url))
    }

    fn message(level: LoggingLevel, data: &Value) -> LoggingMessageNotificationParam {
        serde_json::from_value(json!({"level": level, "data": data})).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_counted_not_passed_on() {
        let mut limiter = limiter();
        let error = message(LoggingLevel::Error, &json!("no stock"));
        let admitted = (0..1000).filter(|_| limiter.admit(&error).is_some());
        assert_eq!(admitted.count(), MOST as usize);
        tokio::time::advance(SPAN).await;
        let Some(Notice::Log { left_out, .. }) = limiter.admit(&error) else {
            panic!("a message");
        };
        assert_eq!(left_out, 1000 - u64::from(MOST));
    }

    #[test]
    fn what_was_not_asked_for_is_left_out() {
        let info = message(LoggingLevel::Info, &json!("hello"));
        assert_eq!(limiter().admit(&info), None);
    }

    #[test]
    fn a_message_is_found_in_an_object_and_cut() {
        assert_eq!(words(&json!({"msg": "late", "id": 1})), "late");
        assert_eq!(words(&json!({"id": 1})), r#"{"id":1}"#);
        assert_eq!(cut(&"ä".repeat(3000)).chars().count(), LENGTH);
    }
}
