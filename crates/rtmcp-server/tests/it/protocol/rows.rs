//! What the page says of each event, in words; what the words claim is tried.

/// What is said of an event.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) kind: &'static str,
    /// What a session does with it.
    pub(crate) session: Does,
    /// Why the simulator doesn't send it, or take it; empty where it does.
    pub(crate) not_simulated: &'static str,
}

/// What a session does with an event.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Does {
    /// It acts on a server's event, or sends a client's.
    This(&'static str),
    /// It passes a server's event over, or never sends a client's.
    Nothing(&'static str),
}

use Does::{Nothing, This};

/// Every event: what a client says first, and what a server says after it.
pub(crate) const ROWS: &[Row] = &[
    row(
        "session.update",
        This(
            "sets the session up once the endpoint has greeted; changes it, and its tools, on request",
        ),
    ),
    row(
        "input_audio_buffer.append",
        This("passes the person's sound on; again to a connection that takes over"),
    ),
    row(
        "input_audio_buffer.commit",
        This("ends a turn by hand, on request"),
    ),
    row("input_audio_buffer.clear", This("drops sound, on request")),
    row(
        "output_audio_buffer.clear",
        This("stops the model's speech where the endpoint plays it"),
    ),
    row(
        "conversation.item.create",
        This("gives the output of a call, or what was typed; replays a conversation"),
    ),
    row(
        "conversation.item.retrieve",
        This("after a break, asks whether the conversation has what was on its way"),
    ),
    row(
        "conversation.item.truncate",
        This("cuts the model's message to what was heard, where it is played here"),
    ),
    row(
        "conversation.item.delete",
        Nothing("nothing is removed from a conversation"),
    ),
    row(
        "response.create",
        This("asks for an answer to outputs and to what was typed, one at a time"),
    ),
    row(
        "response.cancel",
        This("ends an answer that the person interrupts by hand"),
    ),
    row(
        "session.created",
        This("sets the session up; notes its end, its tools and its format"),
    ),
    row(
        "session.updated",
        This("is ready, or has what it asked for"),
    ),
    row(
        "error",
        This(
            "tries again, gives an output up, ends, or tells it: by the code, and by the event that it names",
        ),
    ),
    row("rate_limits.updated", Nothing("nothing depends on it")),
    Row {
        not_simulated: "a connection is greeted by `session.created` alone",
        ..row(
            "conversation.created",
            Nothing("the conversation is known by its items"),
        )
    },
    row(
        "conversation.item.added",
        This("counts what it sent as taken; a line of the transcript begins"),
    ),
    Row {
        not_simulated: "it is the older name for `added` and `done`",
        ..row(
            "conversation.item.created",
            This("as `added` and `done` in one"),
        )
    },
    row(
        "conversation.item.done",
        This("a line of the transcript is whole; an output is in the conversation"),
    ),
    row(
        "conversation.item.retrieved",
        This("after a break, knows that nothing has to be sent again"),
    ),
    row(
        "conversation.item.truncated",
        This("cuts the line of the transcript, where the endpoint plays"),
    ),
    row(
        "conversation.item.deleted",
        This("the line of the transcript goes"),
    ),
    row(
        "conversation.item.input_audio_transcription.delta",
        This("the person's line grows"),
    ),
    Row {
        not_simulated: "its ears tell no speakers apart",
        ..row(
            "conversation.item.input_audio_transcription.segment",
            Nothing("`completed` has all the words"),
        )
    },
    row(
        "conversation.item.input_audio_transcription.completed",
        This("the person's line is whole"),
    ),
    row(
        "conversation.item.input_audio_transcription.failed",
        This("tells that the words are missing"),
    ),
    row(
        "input_audio_buffer.speech_started",
        This("stops playback and cuts what was heard; waits with what it would say"),
    ),
    row(
        "input_audio_buffer.speech_stopped",
        This("expects the endpoint to answer, where it does so by itself"),
    ),
    row(
        "input_audio_buffer.committed",
        This("a line of the person begins; asks for an answer where the turn was ended by hand"),
    ),
    row("input_audio_buffer.cleared", This("nobody speaks any more")),
    row(
        "input_audio_buffer.timeout_triggered",
        Nothing("the item and the response that follow say the same"),
    ),
    row(
        "input_audio_buffer.dtmf_event_received",
        This("tells which key was pressed"),
    ),
    row(
        "output_audio_buffer.started",
        This("the model is heard, where the endpoint plays"),
    ),
    row(
        "output_audio_buffer.stopped",
        This("the model was heard to the end"),
    ),
    row("output_audio_buffer.cleared", This("the model was cut off")),
    row(
        "response.created",
        This("an answer is being written: no other is asked for"),
    ),
    row(
        "response.done",
        This("runs calls that it missed; asks for what is still wanted; tells the usage"),
    ),
    row(
        "response.output_item.added",
        This("a call has begun, or a message"),
    ),
    row(
        "response.output_item.done",
        This("runs the call, once, if it is complete"),
    ),
    row(
        "response.content_part.added",
        Nothing("the deltas say the same"),
    ),
    row(
        "response.content_part.done",
        Nothing("the text and the transcript say the same"),
    ),
    row("response.output_text.delta", This("the model's line grows")),
    row(
        "response.output_text.done",
        This("the model's line is whole"),
    ),
    row(
        "response.output_audio_transcript.delta",
        This("the model's line grows"),
    ),
    row(
        "response.output_audio_transcript.done",
        This("the model's line is whole"),
    ),
    row(
        "response.output_audio.delta",
        This("queues the sound for playing"),
    ),
    row("response.output_audio.done", This("ends the item's sound")),
    row(
        "response.function_call_arguments.delta",
        Nothing("`response.output_item.done` has the arguments whole"),
    ),
    row(
        "response.function_call_arguments.done",
        Nothing(
            "it comes for calls that were cut off, too: `response.output_item.done` says which may run",
        ),
    ),
    mcp("mcp_list_tools.in_progress", LISTS),
    mcp("mcp_list_tools.completed", LISTS),
    mcp("mcp_list_tools.failed", LISTS),
    mcp("response.mcp_call_arguments.delta", CALLS),
    mcp("response.mcp_call_arguments.done", CALLS),
    mcp("response.mcp_call.in_progress", CALLS),
    mcp("response.mcp_call.completed", CALLS),
    mcp("response.mcp_call.failed", CALLS),
];

const LISTS: &str = "the endpoint runs these tools by itself";
const CALLS: &str = "the endpoint makes this call, and answers with what comes of it";

const fn row(kind: &'static str, session: Does) -> Row {
    Row {
        kind,
        session,
        not_simulated: "",
    }
}

const fn mcp(kind: &'static str, why: &'static str) -> Row {
    Row {
        not_simulated: "it refuses MCP tools by name, as an endpoint that can't run them",
        ..row(kind, Nothing(why))
    }
}
