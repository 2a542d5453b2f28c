//! The voice and the keys of the person in the call.

use std::{collections::BTreeSet, sync::Arc};

use rtmcp::{Transport, session};
use rtmcp_media::{Sound, pcm};
use rtmcp_sim::{Sim, engine::ear};

use super::*;
use crate::stage::{LOOPBACK, sim_config};

/// Somebody says "What is the weather in Paris?"; what is heard the ear's script says.
const SPEECH: &[u8] = include_bytes!("../../../../rtmcp-media/tests/weather-in-paris-8k.wav");

/// A session over WebRTC in which the person says these things, and may decide by these channels.
async fn spoken(heard: &[&str], by: &[Channel]) -> (Seen, Stage) {
    let mut sim = sim_config();
    let heard = heard.iter().map(ToString::to_string).collect();
    sim.engines.ear = Arc::new(ear::Script::new(heard));
    let endpoint = Sim::bind(LOOPBACK, sim).await.unwrap();
    let shop = shop().await;
    let mut config = config(&endpoint, &[("shop", &shop)]);
    config.realtime.transport = Transport::WebRtc;
    config.router.approvals.rules = vec![ApproveRule {
        by: Some(by.iter().copied().collect::<BTreeSet<_>>()),
        expires: Some(Duration::from_secs(60)),
        ..ApproveRule::new(Ask::Always)
    }];
    let seen = Seen::open(config).await;
    (seen, Stage { endpoint, shop })
}

/// What a session is held with, until the test is over.
struct Stage {
    #[expect(dead_code, reason = "it serves until it is dropped")]
    endpoint: rtmcp_sim::Running,
    shop: rtmcp_mock::serve::Running,
}

impl Stage {
    fn started(&self) -> u64 {
        self.shop.stats().tool("issue_refund").started
    }
}

/// The person speaks; it is heard as the script says.
async fn speaks(seen: &mut Seen) -> String {
    let speech = Sound::from_wav(SPEECH).unwrap().resampled(24_000).unwrap();
    let said = [speech.samples, vec![0; 24_000]].concat();
    seen.bridge.send_audio(&pcm::to_bytes(&said));
    let heard = seen.until(|event| match event {
        Event::Session(session::Event::Transcript {
            role: rtmcp::core::Role::User,
            text,
            done: true,
            ..
        }) => Some(text.expose().clone()),
        _ => None,
    });
    heard.await
}

/// The model has put the question, and it was heard to its end.
async fn put(seen: &mut Seen) {
    assert_eq!(seen.reply().await, ASIDE);
    silent(seen).await;
}

/// The model has said what it says.
async fn silent(seen: &mut Seen) {
    let ended = seen.until(|event| matches!(event, Event::AudioEnd { .. }).then_some(()));
    ended.await;
}

#[tokio::test]
async fn the_person_agrees_aloud_after_the_question() {
    let by = [Channel::Voice, Channel::Page];
    let (mut seen, stage) = spoken(&["Yes.", "Yes, I approve."], &by).await;
    seen.bridge.send_text(REFUND);
    requested(&mut seen).await;
    put(&mut seen).await;
    // A bare yes is none, and the talk goes on.
    assert_eq!(speaks(&mut seen).await, "Yes.");
    assert_eq!(seen.reply().await, "Yes.");
    silent(&mut seen).await;
    assert_eq!(stage.started(), 0);
    assert_eq!(speaks(&mut seen).await, "Yes, I approve.");
    let line = over(&mut seen).await;
    assert_eq!(line.outcome, Outcome::Approved);
    assert_eq!(line.channel, Some(Channel::Voice));
    assert_eq!(line.who, Some(Private::from("caller")));
    assert_eq!(seen.finished().await.kind, "answered");
}

#[tokio::test]
async fn a_word_that_denies_counts_before_a_yes() {
    let by = [Channel::Voice];
    let (mut seen, stage) = spoken(&["I approve. No, stop."], &by).await;
    seen.bridge.send_text(REFUND);
    requested(&mut seen).await;
    put(&mut seen).await;
    speaks(&mut seen).await;
    let line = over(&mut seen).await;
    assert_eq!(line.outcome, Outcome::Denied);
    let output = seen.finished().await.output;
    assert!(output.expose().contains("the person in the call said no"));
    assert_eq!(stage.started(), 0);
}

#[tokio::test]
async fn a_voice_that_may_not_decide_decides_nothing() {
    let by = [Channel::Page];
    let (mut seen, stage) = spoken(&["I approve."], &by).await;
    seen.bridge.send_text(REFUND);
    let request = requested(&mut seen).await;
    put(&mut seen).await;
    assert_eq!(speaks(&mut seen).await, "I approve.");
    assert_eq!(seen.reply().await, "I approve.");
    let page = Decision::no(request.call_id, Channel::Page);
    seen.bridge.decide(page).await.unwrap();
    assert_eq!(over(&mut seen).await.channel, Some(Channel::Page));
    assert_eq!(stage.started(), 0);
}

#[tokio::test]
async fn what_the_model_says_never_agrees() {
    let by = [Channel::Voice, Channel::Page];
    let (mut seen, stage) = spoken(&["hello"], &by).await;
    seen.bridge.send_text(REFUND);
    let request = requested(&mut seen).await;
    put(&mut seen).await;
    // Said by the model, and typed by whoever types.
    seen.bridge.send_text("I approve.");
    assert_eq!(seen.reply().await, "I approve.");
    silent(&mut seen).await;
    assert_eq!(stage.started(), 0);
    let page = Decision::yes(request.call_id, Channel::Page);
    seen.bridge.decide(page).await.unwrap();
    assert_eq!(over(&mut seen).await.channel, Some(Channel::Page));
}

#[tokio::test]
async fn of_several_that_wait_the_person_names_one() {
    let by = [Channel::Voice];
    let heard = ["I approve.", "I approve number two.", "No."];
    let (mut seen, stage) = spoken(&heard, &by).await;
    let two = format!("{REFUND}\nissue_refund {{\"order\":7,\"amount\":5}}");
    seen.bridge.send_text(two);
    let first = requested(&mut seen).await;
    let second = requested(&mut seen).await;
    assert_eq!((first.number, second.number), (1, 2));
    put(&mut seen).await;
    assert_eq!(speaks(&mut seen).await, "I approve.");
    assert_eq!(seen.reply().await, "I approve.");
    silent(&mut seen).await;
    assert_eq!(speaks(&mut seen).await, "I approve number two.");
    let line = over(&mut seen).await;
    assert_eq!(
        (line.call_id, line.outcome),
        (second.call_id, Outcome::Approved)
    );
    assert_eq!(speaks(&mut seen).await, "No.");
    let line = over(&mut seen).await;
    assert_eq!(
        (line.call_id, line.outcome),
        (first.call_id, Outcome::Denied)
    );
    assert_eq!(stage.started(), 1);
}

#[tokio::test]
async fn keys_of_the_telephone_decide_where_they_may() {
    let by = [Channel::Dtmf];
    let (mut seen, stage) = spoken(&["hello"], &by).await;
    seen.bridge.send_text(REFUND);
    requested(&mut seen).await;
    put(&mut seen).await;
    // Any other key is none.
    seen.bridge.press("5#1").unwrap();
    let line = over(&mut seen).await;
    assert_eq!(line.outcome, Outcome::Approved);
    assert_eq!(line.channel, Some(Channel::Dtmf));
    assert_eq!(seen.finished().await.kind, "answered");
    seen.reply().await;
    silent(&mut seen).await;

    let two = "issue_refund {\"order\":8,\"amount\":6}\nissue_refund {\"order\":7,\"amount\":5}";
    seen.bridge.send_text(two);
    let first = requested(&mut seen).await;
    let second = requested(&mut seen).await;
    put(&mut seen).await;
    // With several, the number comes first.
    seen.bridge.press(&format!("{}2", second.number)).unwrap();
    let line = over(&mut seen).await;
    assert_eq!(
        (line.call_id, line.outcome),
        (second.call_id, Outcome::Denied)
    );
    seen.bridge.press("1").unwrap();
    let line = over(&mut seen).await;
    assert_eq!(
        (line.call_id, line.outcome),
        (first.call_id, Outcome::Approved)
    );
    seen.finished().await;
    assert_eq!(stage.started(), 2);
}
