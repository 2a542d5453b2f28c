//! [`Settings`]: the session object, and how an update changes it.

use rtmcp_core::{
    SessionConfig, SessionId,
    session::{FunctionTool, Modality, Tool, TurnDetection, TurnDetectionKind, Voice},
};
use rtmcp_media::VadSettings;
use serde_json::{Map, Value, json};

use super::Fault;

/// The session as it is now.
#[derive(Debug)]
pub(crate) struct Settings {
    config: SessionConfig,
}

/// How a turn ends and what follows, as the session wants it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Turns {
    pub(crate) vad: VadSettings,
    /// The end of a turn starts a response.
    pub(crate) respond: bool,
    /// Speech ends a response.
    pub(crate) interrupt: bool,
    /// Silence after which the model speaks by itself.
    pub(crate) idle_ms: Option<u64>,
}

impl Settings {
    /// A session as it begins.
    pub(crate) fn new(id: &SessionId, model: Option<&str>, expires_at: u64) -> Result<Self, Fault> {
        let mut whole = defaults();
        whole.insert("id".to_owned(), id.as_str().into());
        if let Some(model) = model {
            whole.insert("model".to_owned(), model.into());
        }
        whole.insert("expires_at".to_owned(), expires_at.into());
        Ok(Self {
            config: read(whole)?,
        })
    }

    /// The whole session, as a client sees it.
    pub(crate) const fn config(&self) -> &SessionConfig {
        &self.config
    }

    /// Changes what `update`, which has passed its check, names; nothing where it can't be.
    pub(crate) fn update(
        &mut self,
        update: &Map<String, Value>,
        has_spoken: bool,
    ) -> Result<(), Fault> {
        let Ok(Value::Object(mut whole)) = serde_json::to_value(&self.config) else {
            return Err(unreadable());
        };
        let defaults = defaults();
        for (name, value) in update {
            match name.as_str() {
                "type" => {}
                "model" => self.same_model(value)?,
                "audio" => merge_audio(&mut whole, value, &defaults),
                _ => set(&mut whole, name, value, &defaults),
            }
        }
        let changed = read(whole)?;
        self.allows(&changed, has_spoken)?;
        self.config = changed;
        Ok(())
    }

    /// How turns end; `None` when the client ends them.
    pub(crate) fn turns(&self) -> Option<Turns> {
        let input = self.config.audio_input()?;
        input.turn_detection.as_set().map(turns)
    }

    /// The model that writes down what people say; `None` when the client doesn't want it.
    pub(crate) fn transcription_model(&self) -> Option<String> {
        let input = self.config.audio_input()?;
        let transcription = input.transcription.as_set()?;
        Some(transcription.model.clone().unwrap_or_default())
    }

    fn same_model(&self, model: &Value) -> Result<(), Fault> {
        let current = self.config.model.as_deref();
        if model.is_null() || model.as_str() == current {
            return Ok(());
        }
        let message = "The model of a session can't be changed. Open a new session with it.";
        Err(Fault::invalid_value("session.model", message))
    }

    fn allows(&self, changed: &SessionConfig, has_spoken: bool) -> Result<(), Fault> {
        one_modality(
            changed.output_modalities.as_deref(),
            "session.output_modalities",
        )?;
        if has_spoken && voice(&self.config) != voice(changed) {
            let message = "Cannot update a conversation's voice if assistant audio is present.";
            return Err(Fault::new("cannot_update_voice", message).at("session.audio.output.voice"));
        }
        if self.config.tracing.as_set().is_some() && self.config.tracing != changed.tracing {
            let message = "Tracing can't be changed once it is on.";
            return Err(Fault::invalid_value("session.tracing", message));
        }
        Ok(())
    }
}

/// Refuses speech and text at once.
pub(crate) fn one_modality(modalities: Option<&[Modality]>, param: &str) -> Result<(), Fault> {
    let modalities = match modalities {
        None | Some([_]) => return Ok(()),
        Some(modalities) => modalities,
    };
    let words: Vec<&str> = modalities.iter().map(Modality::as_str).collect();
    let message = format!(
        "Invalid modalities: ['{}']. Supported combinations are: ['text'] and ['audio'].",
        words.join("', '")
    );
    Err(Fault::invalid_value(param, message))
}

/// The functions among tools.
pub(crate) fn functions(tools: Option<&[Tool]>) -> Vec<FunctionTool> {
    let functions = tools.unwrap_or_default().iter().filter_map(|it| match it {
        Tool::FunctionTool(function) => Some(function.clone()),
        Tool::McpTool(_) | Tool::Unknown(_) => None,
    });
    functions.collect()
}

/// The name of a voice.
pub(crate) fn voice_name(voice: &Voice) -> &str {
    match voice {
        Voice::Name(name) => name,
        Voice::Custom { id } => id,
    }
}

fn voice(config: &SessionConfig) -> Option<&Voice> {
    config.audio_output()?.voice.as_ref()
}

fn turns(it: &TurnDetection) -> Turns {
    let plain = VadSettings::default();
    let semantic = it.kind == TurnDetectionKind::SemanticVad;
    let silence_duration_ms = match semantic {
        true => longest_wait_ms(it.eagerness.as_deref()),
        false => it.silence_duration_ms.unwrap_or(plain.silence_duration_ms),
    };
    Turns {
        vad: VadSettings {
            threshold: it.threshold.map_or(plain.threshold, |it| it as f32),
            prefix_padding_ms: it.prefix_padding_ms.unwrap_or(plain.prefix_padding_ms),
            silence_duration_ms,
        },
        respond: it.create_response.unwrap_or(true),
        interrupt: it.interrupt_response.unwrap_or(true),
        idle_ms: it.idle_timeout_ms.filter(|_| !semantic),
    }
}

/// How long semantic detection waits at most: the sense of the words isn't looked at here.
fn longest_wait_ms(eagerness: Option<&str>) -> u64 {
    match eagerness {
        Some("low") => 8_000,
        Some("high") => 2_000,
        _ => 4_000,
    }
}

/// Replaces each setting of sound that is there; each is replaced whole.
fn merge_audio(whole: &mut Map<String, Value>, update: &Value, defaults: &Map<String, Value>) {
    let mut audio = section(whole.get("audio"));
    let default = section(defaults.get("audio"));
    for side in ["input", "output"] {
        let mut current = section(audio.get(side));
        let default = section(default.get(side));
        let update = update.get(side).and_then(Value::as_object);
        for (name, value) in update.into_iter().flatten() {
            set(&mut current, name, value, &default);
        }
        audio.insert(side.to_owned(), Value::Object(current));
    }
    whole.insert("audio".to_owned(), Value::Object(audio));
}

/// Sets one field; null sets it to its default.
fn set(whole: &mut Map<String, Value>, name: &str, value: &Value, defaults: &Map<String, Value>) {
    let value = match (name, value) {
        // No detection of turns is a setting of its own, and not the default.
        ("turn_detection", value) => with_defaults(value),
        (_, Value::Null) => defaults.get(name).cloned().unwrap_or(Value::Null),
        (_, value) => value.clone(),
    };
    whole.insert(name.to_owned(), value);
}

/// Fills in what a detection of turns leaves open.
fn with_defaults(detection: &Value) -> Value {
    let Some(given) = detection.as_object() else {
        return Value::Null;
    };
    let mut whole = match given.get("type").and_then(Value::as_str) {
        Some("semantic_vad") => section(Some(&json!({
            "type": "semantic_vad", "eagerness": "auto",
            "create_response": true, "interrupt_response": true,
        }))),
        _ => section(Some(&server_vad())),
    };
    let given = given.iter().filter(|(_, value)| !value.is_null());
    whole.extend(given.map(|(name, value)| (name.clone(), value.clone())));
    Value::Object(whole)
}

fn section(value: Option<&Value>) -> Map<String, Value> {
    let map = value.and_then(Value::as_object);
    map.cloned().unwrap_or_default()
}

fn read(whole: Map<String, Value>) -> Result<SessionConfig, Fault> {
    serde_json::from_value(Value::Object(whole)).map_err(|_| unreadable())
}

fn unreadable() -> Fault {
    Fault::invalid_value("session", "The session can't be read with these values.")
}

fn server_vad() -> Value {
    json!({
        "type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300,
        "silence_duration_ms": 500, "create_response": true, "interrupt_response": true,
    })
}

fn defaults() -> Map<String, Value> {
    section(Some(&json!({
        "type": "realtime",
        "object": "realtime.session",
        "output_modalities": ["audio"],
        "instructions": "You are a helpful and friendly voice assistant. Answer briefly, in the \
            language of the person, and call a function whenever one fits.",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "truncation": "auto",
        "tracing": null,
        "prompt": null,
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24_000},
                "transcription": null,
                "noise_reduction": null,
                "turn_detection": server_vad(),
            },
            "output": {
                "format": {"type": "audio/pcm", "rate": 24_000},
                "voice": "alloy",
                "speed": 1.0,
            },
        },
    })))
}
