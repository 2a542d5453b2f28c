//! Nobody says anything: nothing is called, nothing is said, and the session goes on.

use rtmcp_media::Sound;
use serde_json::json;

use crate::{
    call::Call,
    microphone::RATE,
    stage::{Stage, shop, with_shop},
    turn::assert_words,
    wire::Way,
};

const SECOND: usize = RATE as usize;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_and_noise_are_no_turns() {
    let (stage, shop) = (Stage::set_up().await, shop().await);
    let mut call = Call::open(with_shop(stage.config(), &shop)).await;
    for peak in [0, 300, 10_000] {
        call.say(&noise(peak));
    }
    let clip = stage.espeak("What is the weather in Paris?").await;
    let turn = call.ask(&clip).await;
    // The question is the one turn: it is the first that was taken for speech, and the only one.
    let starts = call
        .wire
        .all(Way::Received, "input_audio_buffer.speech_started");
    assert_eq!(starts.len(), 1);
    let from_ms = starts[0]["audio_start_ms"].as_u64().unwrap();
    assert!(from_ms >= 4_000, "speech at {from_ms} ms");
    assert_eq!(turn.called(), [("get_weather", json!({"city": "Paris"}))]);
    assert_eq!(turn.responses, 2, "the call, and the reply");
    let understood = stage.understand(turn.sound()).await;
    assert_words(&understood, &["18|eighteen", "paris"]);
}

/// One and a half seconds of white noise, the same in every run; at 0 it is silence.
fn noise(peak: i16) -> Sound {
    let mut state: u32 = 1;
    let samples = (0..SECOND * 3 / 2).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let unit = f64::from(state >> 16) / 32_768.0 - 1.0;
        (unit * f64::from(peak)) as i16
    });
    Sound {
        rate: RATE,
        samples: samples.collect(),
    }
}
