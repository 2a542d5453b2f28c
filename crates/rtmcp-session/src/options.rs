//! [`Options`]: what a session does by itself, and how long it waits.

use std::time::Duration;

use rtmcp_core::{SessionConfig, session::FunctionTool};

/// How a session behaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// What the endpoint is asked for once it has greeted.
    pub config: SessionConfig,
    /// What the model may call from the start.
    pub tools: Vec<FunctionTool>,
    /// Begins every id that the session makes, so that ids of two connections differ. At most 16
    /// characters of `[a-zA-Z0-9_-]`.
    pub id_prefix: String,
    /// How long a call may take that nobody gave a deadline; 60 s, as a person would have hung up.
    pub tool_deadline: Duration,
    /// How long the endpoint gets to greet and take the configuration; 15 s.
    pub setup_unanswered: Duration,
    /// How long nothing may come of a response that is being written before the next one is asked
    /// for all the same; 60 s, as models may think and endpoints may call tools of their own.
    pub response_silent: Duration,
    /// How long the endpoint gets to answer the person by itself before a waiting reply is asked
    /// for; 3 s, as real endpoints take well under one.
    pub own_reply: Duration,
    /// How long a `response.create` may stay without any answer; 15 s.
    pub reply_unanswered: Duration,
    /// How long to wait before a refused `response.create` is sent again when no response is known
    /// to be active; doubles each time; 250 ms.
    pub reply_retry: Duration,
    /// How much of the person's sound is kept while the session is being set up; 1 MiB of base64,
    /// some 16 s.
    pub held_audio_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            config: SessionConfig::realtime(),
            tools: Vec::new(),
            id_prefix: "rtmcp".to_owned(),
            tool_deadline: Duration::from_secs(60),
            setup_unanswered: Duration::from_secs(15),
            response_silent: Duration::from_secs(60),
            own_reply: Duration::from_secs(3),
            reply_unanswered: Duration::from_secs(15),
            reply_retry: Duration::from_millis(250),
            held_audio_bytes: 1024 * 1024,
        }
    }
}
