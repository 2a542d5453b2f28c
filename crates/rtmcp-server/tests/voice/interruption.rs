//! Somebody speaks over the model: it stops, its words are cut where they were heard, and what was
//! said over it is answered.

use std::time::{Duration, Instant};

use rtmcp::{
    Event,
    core::{AudioFormat, ItemId},
};
use serde_json::{Value, json};

use crate::{
    call::Call,
    microphone::BREATH,
    stage::{Stage, shop, with_shop},
    turn::{Turn, assert_words},
    wire::Way,
};

/// A session in which the model speaks, and somebody begins to speak over it.
struct Interrupted {
    stage: Stage,
    call: Call,
    /// What the model was saying, as far as it was heard.
    item_id: ItemId,
    heard: Duration,
    _shop: rtmcp_mock::serve::Running,
}

impl Interrupted {
    /// Asks for the weather in two cities, lets the model speak for so long, asks something over
    /// it, and waits until it is silent.
    async fn after(spoken: Duration) -> Self {
        let (stage, shop) = (Stage::set_up().await, shop().await);
        let mut call = Call::open_in_real_time(with_shop(stage.config(), &shop)).await;
        let first = "What is the weather in Paris and in Rome?";
        let first = stage.espeak(first).await;
        let second = stage.espeak("How much is a bookcase?").await;

        call.say(&first);
        sounding(&mut call, spoken).await;
        call.say(&second);
        let begun = Instant::now();
        call.until(|event| (*event == Event::AudioStop).then_some(()))
            .await;
        // The detector wants some 150 ms of speech before it says that it is speech.
        let after = begun.elapsed().saturating_sub(BREATH);
        assert!(after < Duration::from_secs(1), "silent after {after:?}");

        let mut speech = Turn::of(call.so_far()).speech;
        let speech = speech.pop().unwrap();
        let heard = speech.duration();
        // Nobody hears more than there was time for, and the piece that sounds now.
        let passed = call.wire.sounding(&speech.item_id) + Duration::from_millis(20);
        assert!(heard <= passed, "{heard:?} of speech in {passed:?}");
        Self {
            stage,
            call,
            item_id: speech.item_id,
            heard,
            _shop: shop,
        }
    }

    /// Checks that the message was cut where it was heard to, and that nothing more of it was
    /// handed out; that its response ended with this status; and that the second question is
    /// answered aloud.
    async fn check(mut self, status: &str) {
        let turn = self.call.answered().await;
        self.check_cut("conversation.item.truncate", Way::Sent);
        self.check_cut("conversation.item.truncated", Way::Received);
        let [cut, answer] = &turn.speech[..] else {
            panic!("{} messages sounded", turn.speech.len());
        };
        assert_eq!((&cut.item_id, cut.duration()), (&self.item_id, self.heard));

        assert_eq!(self.status(), status);

        assert_words(&turn.heard, &["how much", "bookcase|book case"]);
        let quote = ("quote", json!({"product": "bookcase", "quantity": 1}));
        assert_eq!(turn.called().pop(), Some(quote));
        let understood = self.stage.understand(answer.sound()).await;
        assert_words(&understood, &["bookcase|book case", "89|eighty-nine"]);
    }

    fn check_cut(&self, kind: &str, way: Way) {
        let cuts = self.call.wire.all(way, kind);
        assert_eq!(cuts.len(), 1, "{kind}");
        assert_eq!(cuts[0]["item_id"], self.item_id.as_str(), "{kind}");
        let end = Duration::from_millis(cuts[0]["audio_end_ms"].as_u64().unwrap());
        let off = end.abs_diff(self.heard);
        assert!(
            off <= Duration::from_millis(40),
            "{kind} at {end:?}, but {:?} were heard",
            self.heard
        );
    }

    /// How the response ended that the model was speaking in.
    fn status(&self) -> Value {
        let done = self.call.wire.all(Way::Received, "response.done");
        // The first one is the calls.
        done[1]["response"]["status"].clone()
    }
}

/// Waits until the model has spoken for so long.
async fn sounding(call: &mut Call, spoken: Duration) {
    let audio = |event: &Event| match event {
        Event::Audio { bytes, .. } => Some(bytes.expose().len() as u64),
        _ => None,
    };
    let mut bytes = 0;
    while AudioFormat::PCM_24K.duration_of(bytes) < spoken {
        bytes += call.until(audio).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_answer_is_being_written() {
    // The answer sounds for nine seconds, and is written in a fourth of them.
    let interrupted = Interrupted::after(Duration::from_millis(700)).await;
    interrupted.check("cancelled").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_an_answer_that_is_written_still_sounds() {
    let interrupted = Interrupted::after(Duration::from_secs(4)).await;
    interrupted.check("completed").await;
}
