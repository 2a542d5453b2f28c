//! Speech that can't be used or isn't answered, files that can't be written, addresses in use.

use std::sync::Arc;

use rtmcp_media::Sound;
use rtmcp_sim::{Sim, SimConfig, engine::ear};

use super::Scene;
use crate::{
    page::Case,
    stage::{LOOPBACK, QUESTION, config, endpoint, mcp, sim_config, trouble},
};

pub(super) async fn cases() -> Vec<Case> {
    let (mut scene, _) = Scene::new().await;
    let sim = endpoint().await;
    scene.place(sim.addr(), "127.0.0.1:8090");
    scene.stage.write("rtmcp.toml", config(sim.addr(), ""));
    let silence = Sound {
        rate: 24_000,
        samples: vec![0; 12_000],
    };
    scene.stage.write("silence.wav", silence.to_wav().unwrap());
    scene.stage.write("notes.wav", "dear diary");
    scene.stage.write("question.wav", QUESTION);
    let all: &[(&str, &[&str])] = &[
        ("Nothing is said.", &["say"]),
        ("There is no such file.", &["say", "nowhere.wav"]),
        ("It is no WAV file.", &["say", "notes.wav"]),
        ("There is no speech in it.", &["say", "silence.wav"]),
        (
            "The reply can't be written.",
            &["say", "--text", "Hello", "--out", "no-folder/reply.wav"],
        ),
        (
            "The events can't be written.",
            &[
                "say",
                "--text",
                "Hello",
                "--events",
                "no-folder/events.jsonl",
            ],
        ),
        (
            "The endpoint can't answer.",
            &["say", "--text", "Break down"],
        ),
    ];
    for (what, args) in all {
        scene.err(what, args).await;
    }

    let mut deaf = sim_config();
    deaf.engines.ear = Arc::new(ear::Missing);
    let deaf: SimConfig = deaf;
    let deaf = Sim::bind(LOOPBACK, deaf).await.unwrap();
    scene.stage.write("rtmcp.toml", config(deaf.addr(), ""));
    scene
        .err("The endpoint can't hear.", &["say", "question.wav"])
        .await;

    let trouble = trouble().await;
    let server = mcp("trouble", &trouble.url_mcp(), "approve = \"never\"");
    scene.stage.write("rtmcp.toml", config(sim.addr(), &server));
    let args = ["say", "--text", "Please hang", "--timeout", "2s"];
    scene.err("No reply comes in time.", &args).await;

    addresses(&mut scene, &sim.addr().to_string()).await;
    scene.cases
}

/// What is wrong with how a server is started, or named.
async fn addresses(scene: &mut Scene, taken: &str) {
    scene.stage.write("bad.toml", "heared = []");
    let all: &[(&str, &[&str])] = &[
        (
            "The address is taken.",
            &["mock", "shop", "--listen", taken],
        ),
        (
            "The backend's address is taken.",
            &["serve", "--listen", taken],
        ),
        (
            "The backend's configuration isn't there.",
            &["serve", "--config", "nowhere.toml"],
        ),
        (
            "The backend's public URL isn't one.",
            &["serve", "--public-url", "voice.example.com"],
        ),
        (
            "The scenario can't be read.",
            &["sim", "--listen", "127.0.0.1:0", "--scenario", "bad.toml"],
        ),
        ("There is no such ear.", &["sim", "--ear", "whisper"]),
        ("A URL isn't one.", &["tools", "127.0.0.1:8091/mcp"]),
        (
            "A server is neither a URL nor in a configuration.",
            &["call", "shop", "quote"],
        ),
    ];
    for (what, args) in all {
        scene.err(what, args).await;
    }
}
