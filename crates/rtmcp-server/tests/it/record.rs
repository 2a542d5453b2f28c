//! `--record` and `replay`: what was recorded happens again.

use crate::{
    rtmcp::Ran,
    stage::{KEY, QUESTION, Stage, config, endpoint, mcp, shop},
};

async fn run(stage: &Stage, args: &[&str]) -> Ran {
    stage.rtmcp(args).env("RTMCP_KEY", KEY).run().await
}

/// Has a spoken turn, recorded. Returns where.
async fn recorded(stage: &Stage, more: &[&str]) -> String {
    let (endpoint, shop) = (endpoint().await, shop().await);
    let server = mcp("shop", &shop.url_mcp(), "");
    stage.write("rtmcp.toml", config(endpoint.addr(), &server));
    stage.write("question.wav", QUESTION);
    let args = [&["say", "question.wav", "--record", "recordings"], more].concat();
    let ran = run(stage, &args).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    let last = ran.stdout.lines().last().unwrap();
    let (_, path) = last.split_once("recorded").unwrap();
    path.trim().to_owned()
}

#[tokio::test]
async fn a_recorded_turn_is_told_again() {
    let stage = Stage::new();
    let path = recorded(&stage, &[]).await;
    let ran = run(&stage, &["replay", &path]).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    let told: Vec<&str> = ran.stdout.lines().collect();
    assert!(told[0].starts_with("a session of "), "{told:?}");
    assert!(told[0].ends_with("words hidden, without sound"));
    for words in [
        "in   event session.created",
        "out  send session.update",
        "out  call_tool",
        "name=get_weather",
        "out  send response.create",
        "out  close asked",
    ] {
        assert!(
            told.iter().any(|line| line.contains(words)),
            "{words}: {told:?}"
        );
    }
    assert!(told.last().unwrap().ends_with("outputs: as recorded"));
    let text = String::from_utf8(stage.read(&path)).unwrap();
    for word in [KEY, "weather in Paris?", "degrees"] {
        assert!(!text.contains(word) && !ran.stdout.contains(word), "{word}");
    }
}

#[tokio::test]
async fn words_are_kept_where_they_are_asked_for() {
    let stage = Stage::new();
    let path = recorded(&stage, &["--record-text"]).await;
    let ran = run(&stage, &["replay", &path]).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    assert!(ran.stdout.contains("What is the weather in Paris?"));
    assert!(!String::from_utf8(stage.read(&path)).unwrap().contains(KEY));
}

#[tokio::test]
async fn the_first_difference_is_told_and_fails() {
    let stage = Stage::new();
    let path = recorded(&stage, &[]).await;
    let text = String::from_utf8(stage.read(&path)).unwrap();
    // As if the session of that day had asked for no reply.
    let mut lines = text.lines();
    let asked = lines.find(|it| it.starts_with("{\"out") && it.contains("response.create\""));
    stage.write(
        "old.jsonl",
        text.replacen(asked.unwrap(), "{\"out\":[]}", 1),
    );
    let ran = run(&stage, &["replay", "old.jsonl"]).await;
    assert_eq!(ran.code, Some(1));
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert!(lines[0].contains("is not as recorded"), "{lines:?}");
    assert_eq!(lines[1], "error: expected: nothing");
    assert!(lines[2].starts_with("error: got:      {"), "{lines:?}");
    assert!(!ran.stdout.contains("as recorded"));
}

#[tokio::test]
async fn a_recording_that_breaks_off_is_replayed_as_far_as_it_goes() {
    let stage = Stage::new();
    let path = recorded(&stage, &[]).await;
    let text = stage.read(&path);
    stage.write("cut.jsonl", &text[..text.len() / 2]);
    let ran = run(&stage, &["replay", "cut.jsonl"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.trim_end().ends_with("as recorded"));
    assert!(
        ran.stderr
            .starts_with("warning: cut.jsonl breaks off there")
    );
}
