//! A voice behind an OpenAI-compatible server.

use rtmcp_core::Private;
use rtmcp_media::pcm;
use serde_json::json;

use crate::engine::{EngineError, Sound, Thinking, Utterance, Voice, ready, remote::Remote};

/// What most servers call the model that they have, or take for any.
const MODEL: &str = "tts-1";
/// The voice where the session names none.
const VOICE: &str = "alloy";
/// What raw PCM from such a server is sampled at.
const PCM_RATE: u32 = 24_000;

/// Asks `POST {base}/v1/audio/speech`, as OpenAI, Kokoro-FastAPI, LocalAI and others serve it.
///
/// The answer may be WAV, or raw 16-bit PCM at 24 kHz with the type `audio/pcm`.
#[derive(Clone, Debug)]
pub struct Http {
    remote: Remote,
    model: String,
}

impl Http {
    /// A voice at `base`, such as `http://127.0.0.1:8880` (with or without `/v1`); `tts-1` where
    /// no model is named.
    pub fn new(base: &str, model: Option<&str>, key: Option<Private<String>>) -> Self {
        Self {
            remote: Remote::new("http voice", base, key),
            model: model.unwrap_or(MODEL).to_owned(),
        }
    }

    async fn ask(&self, utterance: &Utterance) -> Result<Sound, EngineError> {
        let body = json!({
            "model": self.model,
            "input": utterance.text.expose(),
            "voice": utterance.voice.as_deref().unwrap_or(VOICE),
            "speed": utterance.speed,
            "response_format": "wav",
        });
        let request = self.remote.post("audio/speech").json(&body);
        let response = self.remote.send(request).await?;
        let kind = response.headers().get("content-type").cloned();
        let bytes = response.bytes().await.map_err(|it| self.remote.lost(&it))?;
        let raw = kind.is_some_and(|it| it.as_bytes().starts_with(b"audio/pcm"));
        if raw && !bytes.starts_with(b"RIFF") {
            return Ok(Sound {
                rate: PCM_RATE,
                samples: pcm::from_bytes(&bytes),
            });
        }
        let sound = Sound::from_wav(&bytes);
        sound.map_err(|error| self.remote.error(format!("the answer is {error}")))
    }
}

impl Voice for Http {
    fn speak(&self, utterance: Utterance) -> Thinking<'_, Sound> {
        Box::pin(async move { self.ask(&utterance).await })
    }

    fn prepare(&self) -> Thinking<'_, String> {
        ready(format!("{} at {}", self.model, self.remote.base()))
    }
}
