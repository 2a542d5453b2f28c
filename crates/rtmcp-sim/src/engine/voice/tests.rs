//! Voices: tones, programs and a server on loopback.

use std::time::Duration;

use axum::{Json, Router, http::header::CONTENT_TYPE, routing::post};
use rtmcp_media::rms;
use serde_json::Value;

use super::{Http, Process, Tone};
use crate::engine::{EngineError, Sound, Utterance, Voice};

fn utterance(text: &str, speed: f64) -> Utterance {
    Utterance {
        text: text.into(),
        voice: None,
        speed,
    }
}

async fn said(voice: &impl Voice, text: &str) -> Result<Sound, EngineError> {
    voice.speak(utterance(text, 1.0)).await
}

/// A clip of so many samples as a text has bytes, as WAV in octal for `printf`.
const SPEAK: &str = r#"import sys,wave,io
text = sys.argv[1] if len(sys.argv) > 1 else sys.stdin.read()
b = io.BytesIO()
w = wave.open(b, "wb"); w.setnchannels(1); w.setsampwidth(2); w.setframerate(8000)
w.writeframes(b"\1\0" * len(text.encode())); w.close()
sys.stdout.buffer.write(b.getvalue())"#;

fn python(arguments: &[&str]) -> Process {
    let command = [&["python3", "-c", SPEAK], arguments].concat();
    Process::new(command.into_iter().map(str::to_owned).collect())
}

#[tokio::test]
async fn a_tone_is_audible_and_as_long_as_the_text() {
    let short = said(&Tone, "Hello there.").await.unwrap();
    let long = said(&Tone, "Hello there, this is a rather longer sentence.")
        .await
        .unwrap();
    assert!(rms(&short.samples) > 0.05, "{}", rms(&short.samples));
    assert!(long.duration() > 2 * short.duration());
    let fast = Tone.speak(utterance("Hello there.", 1.5)).await.unwrap();
    assert!(fast.duration() < short.duration());
    assert!(said(&Tone, "").await.unwrap().samples.is_empty());
    assert_eq!(said(&Tone, "Hello there.").await.unwrap(), short);
}

#[tokio::test]
async fn a_program_reads_the_text_from_its_stdin_or_an_argument() {
    let sound = said(&python(&[]), "grüße").await.unwrap();
    assert_eq!((sound.rate, sound.samples.len()), (8_000, 7));
    let sound = said(&python(&["{text}"]), "four").await.unwrap();
    assert_eq!(sound.samples.len(), 4);
    let sound = said(&python(&["{text}"]), "-v").await.unwrap();
    assert_eq!(sound.samples.len(), 3, "a text is never an option");
    assert!(said(&python(&[]), " ").await.unwrap().samples.is_empty());
}

#[tokio::test]
async fn the_speed_is_in_words_a_minute() {
    let voice = python(&["{wpm}"]);
    assert_eq!(said(&voice, "x").await.unwrap().samples.len(), "175".len());
    let slow = voice.speak(utterance("x", 0.5)).await.unwrap();
    assert_eq!(slow.samples.len(), "88".len());
}

#[tokio::test]
async fn a_long_text_is_spoken_whole() {
    let text = "word ".repeat(100_000);
    let sound = said(&python(&[]), &text).await.unwrap();
    assert_eq!(sound.samples.len(), text.trim().len());
}

#[tokio::test]
async fn a_program_that_fails_is_told_with_what_to_do() {
    let voice = |program: &str| Process::new(["sh", "-c", program].map(str::to_owned).to_vec());
    let error = async |voice: Process| said(&voice, "secret").await.unwrap_err().to_string();
    let failed = error(voice("exit 3")).await;
    assert!(
        failed.contains("the program failed (exit status: 3)"),
        "{failed}"
    );
    let silent = error(voice("true")).await;
    assert!(silent.contains("not a WAV file"), "{silent}");
    let echo = error(voice("cat")).await;
    assert!(!echo.contains("secret"), "{echo}");
    let hangs = error(voice("sleep 60").with_time_limit(Duration::from_millis(200))).await;
    assert!(hangs.contains("longer than 0.2 s"), "{hangs}");
    let missing = error(Process::new(vec!["no-such-voice".to_owned()])).await;
    assert!(missing.contains("no program `no-such-voice`"), "{missing}");
}

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

#[tokio::test]
async fn a_server_is_asked_as_openai_is() {
    let speak = async |Json(body): Json<Value>| {
        assert_eq!(body["model"], "tts-1");
        assert_eq!(body["input"], "Hi.");
        let clip = Sound {
            rate: 22_050,
            samples: vec![1, 2, 3],
        };
        match body["voice"].as_str() {
            Some("raw") => ([(CONTENT_TYPE, "audio/pcm")], vec![5, 0, 6, 0]),
            _ => ([(CONTENT_TYPE, "audio/wav")], clip.to_wav().unwrap()),
        }
    };
    let base = serve(Router::new().route("/v1/audio/speech", post(speak))).await;
    let voice = Http::new(&base, None, None);
    let wav = said(&voice, "Hi.").await.unwrap();
    assert_eq!((wav.rate, wav.samples), (22_050, vec![1, 2, 3]));
    let raw = Utterance {
        voice: Some("raw".to_owned()),
        ..utterance("Hi.", 1.0)
    };
    let raw = voice.speak(raw).await.unwrap();
    assert_eq!((raw.rate, raw.samples), (24_000, vec![5, 6]));
}
