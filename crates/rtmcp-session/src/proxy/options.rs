//! [`ProxyOptions`]: what a proxy offers, and how long it waits.

use std::time::Duration;

use rtmcp_core::session::FunctionTool;

use crate::Handover;

/// How a proxy behaves.
#[derive(Clone, Debug, PartialEq)]
pub struct ProxyOptions {
    /// What the model may call beside the client's own tools. A function that the client offers
    /// under the same name is the client's.
    pub tools: Vec<FunctionTool>,
    /// Begins every id that the proxy makes. It must be different for each connection, so that the
    /// ids of a proxy behind a proxy differ: at most 16 characters of `[a-zA-Z0-9_-]`.
    pub id_prefix: String,
    /// Who runs the `type: "mcp"` tools of the client.
    pub native: Native,
    /// What becomes of the conversation when the connection to the endpoint ends, or is about to.
    /// [`Rejoin`](Handover::Rejoin) is as [`None`](Handover::None) here.
    pub handover: Handover,
    /// From how long before the endpoint ends the session an idle moment is used to hand it over;
    /// 2 min.
    pub handover_before: Duration,
    /// How long before the end it is handed over, idle or not; 15 s.
    pub handover_latest: Duration,
    /// How long the next acknowledgement of replayed items may take; 5 s.
    pub handover_unanswered: Duration,
    /// How long a new connection gets to greet and be set up; 15 s.
    pub setup_unanswered: Duration,
    /// How much text of the conversation is replayed, the newest first; 64 KiB.
    pub replay_bytes: usize,
    /// How much of the client's sound is kept while there is no connection; 1 MiB of texts.
    pub held_audio_bytes: usize,
    /// How long a call may take that nobody gave a deadline; 60 s, as a person would have hung up.
    pub tool_deadline: Duration,
    /// How long a client may take to decide about a call of an MCP server that is emulated; 5 min.
    pub approval: Duration,
    /// How long a client that has answered its own calls may take to ask for the reply, where calls
    /// of ours wait for the same reply; 1 s, as a client that asks does it at once.
    pub unasked: Duration,
    /// How long a reply to calls of ours waits for calls of the client that were made with them;
    /// 60 s, as clients have tools that they never answer.
    pub unanswered: Duration,
    /// How long nothing may come of a response that is being written before the next one is asked
    /// for all the same; 60 s.
    pub response_silent: Duration,
    /// How long the client isn't told that a response began of which nothing for it has come; 10 s, as
    /// clients give a request up to which nothing came for some longer.
    pub withheld: Duration,
    /// How long the endpoint gets to answer the person by itself before a waiting reply is asked
    /// for; 3 s.
    pub own_reply: Duration,
    /// How long the person counts as speaking without a word about their end; 60 s.
    pub speech_unended: Duration,
    /// How long a `response.create` may stay without any answer; 15 s.
    pub reply_unanswered: Duration,
    /// How long to wait before a refused `response.create` of ours is sent again when no response
    /// is known to be active; doubles each time; 250 ms.
    pub reply_retry: Duration,
}

impl Default for ProxyOptions {
    fn default() -> Self {
        let session = crate::Options::default();
        Self {
            tools: Vec::new(),
            id_prefix: "proxy".to_owned(),
            native: Native::default(),
            handover: Handover::default(),
            handover_before: session.handover_before,
            handover_latest: session.handover_latest,
            handover_unanswered: session.handover_unanswered,
            setup_unanswered: session.setup_unanswered,
            replay_bytes: session.replay_bytes,
            held_audio_bytes: session.held_audio_bytes,
            tool_deadline: session.tool_deadline,
            approval: Duration::from_secs(300),
            unasked: Duration::from_secs(1),
            unanswered: Duration::from_secs(60),
            withheld: Duration::from_secs(10),
            response_silent: session.response_silent,
            own_reply: session.own_reply,
            speech_unended: session.speech_unended,
            reply_unanswered: session.reply_unanswered,
            reply_retry: session.reply_retry,
        }
    }
}

/// Who runs the `type: "mcp"` tools that a client names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Native {
    /// The endpoint does; the proxy only watches.
    #[default]
    Pass,
    /// The proxy does, as the endpoint can't: the client sees what it would see of one that can.
    Emulate,
}
