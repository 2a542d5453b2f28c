//! [`Settings`]: what the endpoint has taken of the session's configuration, for asking it of
//! another one.

use std::collections::VecDeque;

use rtmcp_core::{
    EventId, Extra, Nullable, SessionConfig,
    session::{AudioConfig, AudioInput, AudioOutput, FunctionTool, Tool},
};

/// What a session is set up with.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// What was asked for and taken, all of it.
    taken: SessionConfig,
    /// Changes that the endpoint hasn't answered.
    asked: VecDeque<(EventId, SessionConfig)>,
}

impl Settings {
    /// The session is set up with this.
    pub(crate) fn begin(&mut self, config: SessionConfig) {
        self.taken = config;
    }

    /// Returns what another session is set up with to be the same.
    pub(crate) fn taken(&self) -> &SessionConfig {
        &self.taken
    }

    /// Returns the functions that the endpoint knows.
    pub(crate) fn functions(&self) -> Vec<FunctionTool> {
        let tools = self.taken.tools.iter().flatten();
        let functions = tools.filter_map(|tool| match tool {
            Tool::FunctionTool(function) => Some(function.clone()),
            _ => None,
        });
        functions.collect()
    }

    /// A change was sent.
    pub(crate) fn ask(&mut self, event_id: EventId, change: SessionConfig) {
        self.asked.push_back((event_id, change));
    }

    /// The endpoint reports the session. Changes are answered in order; what nobody here asked for,
    /// another party did, and `before` is what was reported before.
    pub(crate) fn reported(&mut self, now: &SessionConfig, before: &SessionConfig) {
        let change = match self.asked.pop_front() {
            Some((_, change)) => change,
            None => changed(now.clone(), before),
        };
        merge(&mut self.taken, change);
    }

    /// The endpoint refused an event. Returns whether that was a change of the functions, if it was
    /// one of the session.
    pub(crate) fn refused(&mut self, event_id: &EventId) -> Option<bool> {
        let at = self.asked.iter().position(|(id, _)| id == event_id)?;
        let (_, change) = self.asked.remove(at)?;
        Some(change.tools.is_some())
    }

    /// Takes the changes that nobody will answer any more.
    pub(crate) fn take_asked(&mut self) -> impl DoubleEndedIterator<Item = SessionConfig> + use<> {
        let asked = std::mem::take(&mut self.asked);
        asked.into_iter().map(|(_, change)| change)
    }
}

/// Does what `session.update` does: what is there replaces what was, and the settings of sound one
/// by one.
fn merge(whole: &mut SessionConfig, change: SessionConfig) {
    // All fields by name, so that one more can't be forgotten.
    let SessionConfig {
        kind,
        id: _,
        object: _,
        expires_at: _,
        model: _,
        instructions,
        output_modalities,
        audio,
        include,
        tools,
        tool_choice,
        parallel_tool_calls,
        reasoning,
        max_output_tokens,
        truncation,
        tracing,
        prompt,
        extra,
    } = change;
    set(&mut whole.kind, kind);
    set(&mut whole.instructions, instructions);
    set(&mut whole.output_modalities, output_modalities);
    set(&mut whole.include, include);
    set(&mut whole.tools, tools);
    set(&mut whole.tool_choice, tool_choice);
    set(&mut whole.parallel_tool_calls, parallel_tool_calls);
    set(&mut whole.reasoning, reasoning);
    set(&mut whole.max_output_tokens, max_output_tokens);
    set(&mut whole.truncation, truncation);
    set_or_clear(&mut whole.tracing, tracing);
    set_or_clear(&mut whole.prompt, prompt);
    if let Some(audio) = audio {
        merge_audio(whole.audio.get_or_insert_default(), audio);
    }
    whole.extra.0.extend(extra.0);
}

fn merge_audio(whole: &mut AudioConfig, change: AudioConfig) {
    let AudioConfig {
        input,
        output,
        extra,
    } = change;
    if let Some(input) = input {
        let AudioInput {
            format,
            transcription,
            noise_reduction,
            turn_detection,
            extra,
        } = input;
        let whole = whole.input.get_or_insert_default();
        set(&mut whole.format, format);
        set_or_clear(&mut whole.transcription, transcription);
        set_or_clear(&mut whole.noise_reduction, noise_reduction);
        set_or_clear(&mut whole.turn_detection, turn_detection);
        whole.extra.0.extend(extra.0);
    }
    if let Some(output) = output {
        let AudioOutput {
            format,
            voice,
            speed,
            extra,
        } = output;
        let whole = whole.output.get_or_insert_default();
        set(&mut whole.format, format);
        set(&mut whole.voice, voice);
        set(&mut whole.speed, speed);
        whole.extra.0.extend(extra.0);
    }
    whole.extra.0.extend(extra.0);
}

/// Returns those settings that differ from what was reported before, but for those that this version
/// doesn't know: the endpoint may report more than it takes.
fn changed(mut now: SessionConfig, before: &SessionConfig) -> SessionConfig {
    macro_rules! drop_equal {
        ($now:expr, $before:expr; $($field:ident)*) => {
            $( if $now.$field == $before.$field { $now.$field = Default::default(); } )*
        };
    }
    drop_equal!(now, before; kind instructions output_modalities include tools tool_choice
        parallel_tool_calls reasoning max_output_tokens truncation tracing prompt audio);
    now.extra = Extra::default();
    let before = before.audio.clone().unwrap_or_default();
    let (input, output) = (
        before.input.unwrap_or_default(),
        before.output.unwrap_or_default(),
    );
    if let Some(now) = now.audio.as_mut().and_then(|it| it.input.as_mut()) {
        drop_equal!(now, input; format transcription noise_reduction turn_detection);
        now.extra = Extra::default();
    }
    if let Some(now) = now.audio.as_mut().and_then(|it| it.output.as_mut()) {
        drop_equal!(now, output; format voice speed);
        now.extra = Extra::default();
    }
    now
}

fn set<T>(whole: &mut Option<T>, change: Option<T>) {
    if change.is_some() {
        *whole = change;
    }
}

fn set_or_clear<T>(whole: &mut Nullable<T>, change: Nullable<T>) {
    if !change.is_absent() {
        *whole = change;
    }
}
