//! Sessions that are recorded, and run again.

use std::{fs, path::Path};

use rtmcp::{
    Agent, CallSetup, Closed, Config, Event, Transport,
    record::{End, Keep, Recorded, Recorder, Recording},
    session,
};
use rtmcp_sim::{Sim, SimConfig};

use crate::stage::{LOOPBACK, Seen, config, endpoint, shop, sim_config};

const KEY: &str = "key-4242";

const ALL: Keep = Keep {
    words: true,
    sound: true,
};

/// Opens a session that is recorded.
async fn open(config: Config, folder: &Path, keep: Keep) -> Seen {
    let recorder = Recorder::new(folder).unwrap().keeping(keep);
    let setup = CallSetup {
        record: Some(recorder),
        ..CallSetup::default()
    };
    let agent = Agent::new(config).unwrap();
    Seen::of(agent.connect_with(setup).await.unwrap())
}

/// Ends a session, and returns what became of its recording.
async fn close(mut seen: Seen) -> Recorded {
    seen.bridge.close();
    assert_eq!(seen.closed().await, Closed::Asked);
    let [.., Event::Recorded(recorded), Event::Closed(_)] = &seen.events[..] else {
        panic!("the record is whole before the end is told");
    };
    recorded.clone()
}

/// Replays a recording. Returns its text.
fn replayed(recorded: &Recorded) -> String {
    assert_eq!((recorded.lost, &recorded.trouble), (0, &None));
    let text = fs::read_to_string(&recorded.path).unwrap();
    let mut replay = Recording::read(&text).unwrap().replay();
    for step in replay.by_ref() {
        let step = step.unwrap();
        assert_eq!(step.difference, None, "at {:?}", step.input);
    }
    assert_eq!(replay.end(), End::Whole);
    assert!(replay.inputs() > 10, "{text}");
    text
}

fn is_idle(event: &Event) -> Option<()> {
    matches!(event, Event::Session(session::Event::Idle)).then_some(())
}

async fn locked() -> rtmcp_sim::Running {
    let sim = SimConfig {
        keys: Some(vec![KEY.into()]),
        ..sim_config()
    };
    Sim::bind(LOOPBACK, sim).await.unwrap()
}

#[tokio::test]
async fn a_recorded_turn_happens_again_without_its_words() {
    let (folder, endpoint, shop) = (tempfile::tempdir().unwrap(), locked().await, shop().await);
    let config = config(&endpoint, &[("shop", &shop)]).api_key(KEY);
    let config = config.instructions("Mention xylophones.");
    let mut seen = open(config, folder.path(), Keep::default()).await;
    seen.bridge.send_audio(&[1; 4800]);
    seen.bridge.send_text(r#"get_weather {"city":"Reykjavik"}"#);
    seen.until(|event| matches!(event, Event::Audio { .. }).then_some(()))
        .await;
    seen.bridge.interrupt();
    seen.until(is_idle).await;
    let recorded = close(seen).await;
    let text = replayed(&recorded);
    for word in [KEY, "Reykjavik", "degrees", "xylophones", "AQEB"] {
        assert!(!text.contains(word), "{word} is in {text}");
    }
    for fact in [
        r#""note":{"tool_started":{"call_id":"#,
        r#""server":"shop","tool":"get_weather""#,
        r#""kind":"answered","took_ms":"#,
        r#"{"finished":{"end":"answered","output":"x"#,
        r#"{"command":{"audio":"~6400"}}"#,
        r#""stop_playback""#,
        "conversation.item.truncate",
    ] {
        assert!(text.contains(fact), "{fact} is not in {text}");
    }
}

#[tokio::test]
async fn words_and_sound_are_kept_for_whoever_asks_and_no_key() {
    let (folder, endpoint) = (tempfile::tempdir().unwrap(), locked().await);
    let config = config(&endpoint, &[]).api_key(KEY);
    let mut seen = open(config, folder.path(), ALL).await;
    seen.bridge.send_audio(&[1; 4800]);
    seen.bridge.send_text("Say xylophone.");
    seen.until(is_idle).await;
    let text = replayed(&close(seen).await);
    assert!(text.contains("Say xylophone.") && text.contains("AQEB") && !text.contains('~'));
    assert!(!text.contains(KEY));
}

#[tokio::test]
async fn a_call_over_webrtc_is_recorded_under_its_name() {
    let (folder, endpoint) = (tempfile::tempdir().unwrap(), endpoint().await);
    let mut config = config(&endpoint, &[]);
    config.realtime.transport = Transport::WebRtc;
    let mut seen = open(config, folder.path(), Keep::default()).await;
    let call_id = seen.bridge.call_id().unwrap().to_string();
    seen.bridge.send_text("Hello there");
    seen.until(is_idle).await;
    let recorded = close(seen).await;
    assert!(recorded.path.to_str().unwrap().contains(&call_id));
    assert!(replayed(&recorded).contains(r#""player":"endpoint""#));
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_but_the_owner_reads_a_recording() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, endpoint) = (tempfile::tempdir().unwrap(), endpoint().await);
    let folder = folder.path().join("a").join("b");
    let mut seen = open(config(&endpoint, &[]), &folder, Keep::default()).await;
    seen.bridge.send_text("Hello");
    seen.until(is_idle).await;
    let recorded = close(seen).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&recorded.path), mode(&folder)), (0o600, 0o700));
}

#[tokio::test]
async fn a_session_goes_on_that_cannot_be_recorded() {
    let (folder, endpoint) = (tempfile::tempdir().unwrap(), endpoint().await);
    let recorder = Recorder::new(folder.path().join("gone")).unwrap();
    fs::remove_dir(recorder.folder()).unwrap();
    let setup = CallSetup {
        record: Some(recorder),
        ..CallSetup::default()
    };
    let agent = Agent::new(config(&endpoint, &[])).unwrap();
    let mut seen = Seen::of(agent.connect_with(setup).await.unwrap());
    seen.bridge.send_text("Hello");
    assert_eq!(seen.reply().await, "Hello");
    let recorded = close(seen).await;
    assert!(recorded.trouble.is_some() && recorded.lost > 0);
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(Recorder::new(&file).is_err());
}
