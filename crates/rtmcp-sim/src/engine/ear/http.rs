//! An ear behind an OpenAI-compatible server.

use reqwest::multipart::{Form, Part};
use rtmcp_core::Private;
use serde::Deserialize;

use crate::engine::{Ear, EngineError, Sound, Thinking, ready, remote::Remote};

/// What most servers call the model that they have, or take for any.
const MODEL: &str = "whisper-1";

/// Asks `POST {base}/v1/audio/transcriptions`, as OpenAI, faster-whisper-server, LocalAI and
/// others serve it.
#[derive(Clone, Debug)]
pub struct Http {
    remote: Remote,
    model: String,
}

#[derive(Deserialize)]
struct Transcription {
    text: String,
}

impl Http {
    /// An ear at `base`, such as `http://127.0.0.1:8000` (with or without `/v1`); `whisper-1`
    /// where no model is named.
    pub fn new(base: &str, model: Option<&str>, key: Option<Private<String>>) -> Self {
        Self {
            remote: Remote::new("http ear", base, key),
            model: model.unwrap_or(MODEL).to_owned(),
        }
    }

    async fn ask(&self, speech: &Sound) -> Result<String, EngineError> {
        let error = |it: &str| self.remote.error(it);
        let wav = speech.to_wav().map_err(|it| error(&it.to_string()))?;
        let part = Part::bytes(wav).file_name("speech.wav");
        let part = part
            .mime_str("audio/wav")
            .map_err(|it| self.remote.lost(&it))?;
        let form = Form::new()
            .text("model", self.model.clone())
            .text("response_format", "json")
            .part("file", part);
        let request = self.remote.post("audio/transcriptions").multipart(form);
        let response = self.remote.send(request).await?;
        let heard: Transcription = response
            .json()
            .await
            .map_err(|_| error("the answer has no `text`; check that the URL is one of an ear"))?;
        Ok(heard.text.trim().to_owned())
    }
}

impl Ear for Http {
    fn hear(&self, speech: Sound) -> Thinking<'_, String> {
        Box::pin(async move { self.ask(&speech).await })
    }

    fn prepare(&self) -> Thinking<'_, String> {
        ready(format!("{} at {}", self.model, self.remote.base()))
    }
}
