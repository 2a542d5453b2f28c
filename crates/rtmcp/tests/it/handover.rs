//! Conversations that outlive their connections, at a simulator that breaks them.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use rtmcp::{
    Closed, ConnectError, Event,
    core::Role,
    session::{self, HandOver, HandOverReason},
};
use rtmcp_media::Sound;
use rtmcp_sim::{Running, Sim, engine::ear};

use crate::{
    connection::{faulty, with_faults},
    stage::{LOOPBACK, Seen, config, endpoint, sim_config, trouble},
};

/// Waits until the conversation goes on.
async fn handed_over(seen: &mut Seen) -> HandOver {
    seen.until(|event| match event {
        Event::Session(session::Event::HandedOver(it)) => Some(HandOver::clone(it)),
        _ => None,
    })
    .await
}

/// Ends an endpoint without a word, and begins another one in its place.
async fn restarted(sim: Running) -> Running {
    let address = sim.addr();
    sim.abort();
    loop {
        match Sim::bind(address, sim_config()).await {
            Ok(sim) => return sim,
            // The old one still lets go of the port.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

async fn idle(seen: &mut Seen) {
    let is_idle = |event: &Event| *event == Event::Session(session::Event::Idle);
    seen.until(|event| is_idle(event).then_some(())).await;
}

/// How often something was seen.
fn count(seen: &Seen, what: impl Fn(&Event) -> bool) -> usize {
    seen.events.iter().filter(|event| what(event)).count()
}

/// All that the model was heard to say, whole sentences.
fn replies(seen: &Seen) -> Vec<String> {
    let said = seen.events.iter().filter_map(|event| match event {
        Event::Session(session::Event::Transcript {
            role: Role::Assistant,
            text,
            done: true,
            ..
        }) => Some(text.expose().clone()),
        _ => None,
    });
    said.collect()
}

#[tokio::test]
async fn a_call_that_runs_while_the_endpoint_restarts_is_answered_in_the_new_conversation() {
    let (first, trouble) = (endpoint().await, trouble().await);
    let mut seen = Seen::open(config(&first, &[("trouble", &trouble)])).await;
    seen.bridge.send_text(r#"echo {"text":"before"}"#);
    assert_eq!(seen.reply().await, "before");
    idle(&mut seen).await;
    seen.bridge.send_text(r#"slow {"ms":3000}"#);
    trouble
        .stats()
        .wait_until(|it| it.tool("slow").started == 1)
        .await;
    let second = restarted(first).await;
    let handed = handed_over(&mut seen).await;
    assert_eq!(handed.why, HandOverReason::Dropped);
    assert!(handed.restored(), "{:?}", handed.lost);
    // Two turns of the person, two calls, an output and a reply.
    assert_eq!(handed.replayed, 6);
    let finish = seen.finished().await;
    assert_eq!(finish.kind, "answered");
    assert_eq!(seen.reply().await, *finish.output.expose());
    idle(&mut seen).await;
    assert_eq!(trouble.stats().tool("slow").started, 1, "once");
    assert_eq!(second.sessions_so_far(), 1);
    seen.bridge.close();
    assert_eq!(seen.closed().await, Closed::Asked);
}

#[tokio::test]
async fn a_reply_that_was_cut_off_is_given_again() {
    let closed = async |code: u16| {
        let sim = faulty(&[&format!("close={code}@response=1")]).await;
        let mut seen = Seen::open(config(&sim, &[])).await;
        seen.bridge.send_text("one two three four five");
        let handed = handed_over(&mut seen).await;
        assert_eq!(handed.why, HandOverReason::Dropped, "{code}");
        idle(&mut seen).await;
        let replies = replies(&seen);
        let whole = replies.iter().filter(|it| *it == "one two three four five");
        assert_eq!(whole.count(), 1, "{code}: {replies:?}");
        assert_eq!(sim.sessions_so_far(), 2, "{code}");
    };
    let codes = [1001, 1005, 1006, 1011, 1012, 1013];
    join_all(codes.map(|code| Box::pin(closed(code)))).await;
}

#[tokio::test]
async fn what_the_person_was_saying_is_heard_by_the_new_conversation() {
    const QUESTION: &[u8] = include_bytes!("../../../rtmcp-media/tests/weather-in-paris-8k.wav");
    // The speech starts with the third event, after the session was created and updated.
    let mut sim = with_faults(sim_config(), &["close=1006@event=3"]);
    sim.engines.ear = Arc::new(ear::Script::new(vec!["hello there".to_owned()]));
    let sim = Sim::bind(LOOPBACK, sim).await.unwrap();
    let mut seen = Seen::open(config(&sim, &[])).await;
    let question = Sound::from_wav(QUESTION).unwrap();
    let question = question.resampled(24_000).unwrap().samples;
    let said = [question, vec![0; 24_000]].concat();
    let handle = seen.bridge.handle();
    let speaking = tokio::spawn(async move {
        let mut clock = tokio::time::interval(Duration::from_millis(20));
        for piece in said.chunks(480) {
            clock.tick().await;
            handle.send_audio(&rtmcp_media::pcm::to_bytes(piece));
        }
    });
    let handed = handed_over(&mut seen).await;
    assert!(handed.restored(), "{:?}", handed.lost);
    assert_eq!(seen.reply().await, "hello there");
    speaking.await.unwrap();
}

#[tokio::test]
async fn a_session_is_handed_over_before_it_expires_and_nobody_notices() {
    let sim = faulty(&["expire=4@session=1"]).await;
    let trouble = trouble().await;
    let mut seen = Seen::open(config(&sim, &[("trouble", &trouble)])).await;
    seen.bridge.send_text(r#"echo {"text":"before"}"#);
    assert_eq!(seen.reply().await, "before");
    let handed = handed_over(&mut seen).await;
    assert_eq!(handed.why, HandOverReason::Expiring);
    assert!(handed.restored(), "{:?}", handed.lost);
    assert_eq!(handed.replayed, 4);
    seen.bridge.send_text(r#"echo {"text":"after"}"#);
    assert_eq!(seen.reply().await, "after");
    assert_eq!(
        (sim.sessions_so_far(), sim.sessions()),
        (2, 1),
        "the old one was left"
    );
    let troubles = |event: &Event| matches!(event, Event::Session(session::Event::Trouble(_)));
    assert_eq!(count(&seen, troubles), 0);
}

#[tokio::test]
async fn an_endpoint_that_ends_the_conversation_is_left() {
    for (code, words) in [
        (1000, "closed with code 1000"),
        (1008, "closed with code 1008"),
        (3000, "closed with code 3000"),
        (4000, "closed with code 4000"),
    ] {
        let sim = faulty(&[&format!("close={code}@response=1")]).await;
        let mut seen = Seen::open(config(&sim, &[])).await;
        seen.bridge.send_text("one two three");
        let closed = seen.closed().await;
        assert!(matches!(closed, Closed::Lost { .. }), "{closed:?}");
        assert!(closed.to_string().contains(words), "{closed}");
        assert_eq!(sim.sessions_so_far(), 1, "{code}");
    }
}

#[tokio::test]
async fn a_configuration_can_say_that_a_session_ends_with_its_connection() {
    let sim = faulty(&["close=1011@response=1"]).await;
    let mut config = config(&sim, &[]);
    config.realtime.reconnect = false;
    let mut seen = Seen::open(config).await;
    seen.bridge.send_text("one two three");
    let closed = seen.closed().await;
    assert!(matches!(closed, Closed::Lost { .. }), "{closed:?}");
    assert_eq!(sim.sessions_so_far(), 1);
}

#[tokio::test]
async fn a_key_that_is_refused_meanwhile_ends_the_session_and_says_so() {
    for fault in ["refuse", "turn-away"] {
        let fault = format!("{fault}=invalid_api_key@session=2");
        let sim = faulty(&["close=1011@response=1", &fault]).await;
        let mut seen = Seen::open(config(&sim, &[])).await;
        seen.bridge.send_text("one two three");
        let closed = seen.closed().await;
        let words = closed.to_string();
        match closed {
            Closed::NotRestored { error, detail } => {
                assert!(
                    matches!(error, ConnectError::Unauthorized { .. }),
                    "{error}"
                );
                assert!(detail.contains("1011"), "{detail}");
            }
            closed => panic!("{closed:?}"),
        }
        assert!(words.contains("realtime.api_key"), "{words}");
        assert_eq!(sim.sessions_so_far(), 1, "not tried again");
    }
}

#[tokio::test]
async fn an_endpoint_that_stays_away_is_tried_some_times_and_given_up() {
    let (sim, trouble) = (endpoint().await, trouble().await);
    let mut seen = Seen::open(config(&sim, &[("trouble", &trouble)])).await;
    seen.bridge.send_text("hang {}");
    trouble
        .stats()
        .wait_until(|it| it.tool("hang").started == 1)
        .await;
    sim.abort();
    let closed = seen.closed().await;
    assert!(
        matches!(
            &closed,
            Closed::NotRestored {
                error: ConnectError::Unreachable { .. },
                ..
            }
        ),
        "{closed:?}"
    );
    trouble
        .stats()
        .wait_until(|it| it.tool("hang").cancelled == 1)
        .await;
    let orphaned = |event: &Event| {
        matches!(event, Event::Session(session::Event::Call { state, .. })
            if *state == session::CallState::Orphaned)
    };
    assert_eq!(count(&seen, orphaned), 1);
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    let faults = [
        "close=1011@response=1",
        "refuse=rate_limit_exceeded@session=2",
        "turn-away=server_error@session=3",
    ];
    let sim = faulty(&faults).await;
    let mut seen = Seen::open(config(&sim, &[])).await;
    seen.bridge.send_text("one two three");
    handed_over(&mut seen).await;
    idle(&mut seen).await;
    assert_eq!(replies(&seen).last().unwrap(), "one two three");
}

#[tokio::test]
async fn a_connection_on_which_nothing_moves_is_left_for_another() {
    let sim = faulty(&["half-open@response=1"]).await;
    let mut seen = Seen::open(config(&sim, &[])).await;
    seen.bridge.send_text("one two three");
    seen.response_started().await;
    // Nothing but the clock moves from here on, until somebody asks whether it is there.
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let handing = |event: &Event| {
        matches!(event, Event::Session(session::Event::HandingOver { .. })).then_some(())
    };
    seen.until(handing).await;
    tokio::time::resume();
    assert!(
        begun.elapsed() <= Duration::from_secs(26),
        "{:?}",
        begun.elapsed()
    );
    handed_over(&mut seen).await;
    idle(&mut seen).await;
    assert_eq!(replies(&seen).last().unwrap(), "one two three");
}

#[tokio::test]
async fn speech_that_waits_to_be_heard_sounds_to_its_end() {
    let sim = endpoint().await;
    let mut seen = Seen::open(config(&sim, &[])).await;
    let bytes = |event: &Event| match event {
        Event::Audio { bytes, .. } => bytes.expose().len(),
        _ => 0,
    };
    let sounds = async |seen: &mut Seen| {
        seen.events.clear();
        seen.until(|event| matches!(event, Event::AudioEnd { .. }).then_some(()))
            .await;
        seen.events.iter().map(bytes).sum::<usize>()
    };
    seen.bridge.send_text("one two three four five");
    let whole = sounds(&mut seen).await;
    idle(&mut seen).await;
    seen.bridge.send_text("one two three four five");
    seen.response_ended().await;
    let _second = restarted(sim).await;
    let heard = {
        let before = seen.events.iter().rev();
        let before = before.take_while(|it| !matches!(it, Event::AudioEnd { .. }));
        before.map(bytes).sum::<usize>()
    };
    assert!(heard < whole / 2, "most of it waits: {heard} of {whole}");
    assert_eq!(heard + sounds(&mut seen).await, whole);
    seen.bridge.send_text("six");
    assert_eq!(seen.reply().await, "six");
    let cuts = count(&seen, |event| *event == Event::AudioStop);
    assert_eq!(cuts, 0);
}
