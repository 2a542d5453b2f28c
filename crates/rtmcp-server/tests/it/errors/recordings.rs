//! Recordings that can't be made or can't be replayed.

use super::Scene;
use crate::{page::Case, stage::QUESTION};

/// The first line of a recording of another version.
fn header(format: u32, kind: &str, options: &str) -> String {
    format!(
        "{{\"rtmcp\":\"recording\",\"format\":{format},\"kind\":\"{kind}\",\"version\":\"9.0.0\",\
         \"began\":\"2035-01-01T00:00:00Z\",\"words\":false,\"sound\":false,\
         \"options\":{options}}}\n"
    )
}

pub(super) async fn cases() -> Vec<Case> {
    let (mut scene, _) = Scene::new().await;
    let lines = "{\"at\":0,\"in\":\"tick\"}\n{\"at\":1,\"in\":{\"wish\":\"luck\"}}\n";
    scene
        .stage
        .write("question.wav", QUESTION)
        .write("rtmcp.toml", "[realtime]\n")
        .write("empty.jsonl", "")
        .write("newer.jsonl", header(9, "session", "{}"))
        .write("other.jsonl", header(1, "dream", "{}"))
        .write("options.jsonl", header(1, "session", "{\"mood\":1}"))
        .write("lines.jsonl", header(1, "session", "{}") + lines);
    let all: &[(&str, &[&str])] = &[
        (
            "Recordings can't be written there.",
            &["say", "question.wav", "--record", "question.wav"],
        ),
        (
            "Words are to be kept of no recording.",
            &["say", "question.wav", "--record-text"],
        ),
        ("There is no such recording.", &["replay", "nowhere.jsonl"]),
        ("There is nothing in it.", &["replay", "empty.jsonl"]),
        ("It is no recording.", &["replay", "question.wav"]),
        ("It is a text, and no recording.", &["replay", "rtmcp.toml"]),
        ("It has a newer format.", &["replay", "newer.jsonl"]),
        ("It is of something else.", &["replay", "other.jsonl"]),
        ("It has newer options.", &["replay", "options.jsonl"]),
        (
            "A line of it is of a newer version.",
            &["replay", "lines.jsonl"],
        ),
    ];
    for (what, args) in all {
        scene.err(what, args).await;
    }
    scene.cases
}
