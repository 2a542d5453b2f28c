//! Scratch.
#![allow(missing_docs, clippy::unwrap_used)]
use rtmcp_core::{Item, Message, Role, session::FunctionTool};
use rtmcp_sim::engine::*;
#[tokio::test]
async fn scratch() {
    let tools = Tools::read(&Tools::path(|n| std::env::var_os(n)).unwrap()).unwrap().unwrap();
    let found = Engines::found(Some(&tools));
    println!("{:?}", found.said);
    let espeak: VoiceSpec = "process:espeak-ng --stdout --stdin -v en-us -s {wpm}".parse().unwrap();
    let espeak = espeak.open(None);
    println!("{:?}", found.engines.prepare().await);
    let shop: Vec<FunctionTool> = serde_json::from_str(include_str!("../src/engine/brain/rules/tests/shop.json")).unwrap();
    let every: Vec<FunctionTool> = serde_json::from_str(include_str!("../src/engine/brain/rules/tests/everything.json")).unwrap();
    for (list, path) in [(shop, "/tmp/shop.txt"), (every, "/tmp/every.txt")] {
        for line in std::fs::read_to_string(path).unwrap().lines() {
            for (name, voice) in [("tool", &found.engines.voice), ("espeak", &espeak)] {
                let t = std::time::Instant::now();
                let sound = voice.speak(Utterance { text: line.into(), voice: None, speed: 0.9 }).await.unwrap();
                let t1 = t.elapsed();
                let sound = sound.resampled(24000).unwrap();
                let ms = sound.duration();
                let heard = found.engines.ear.hear(sound).await.unwrap();
                let t2 = t.elapsed();
                let thoughts = found.engines.brain.think(Prompt { items: vec![Item::Message(Message::text(Role::User, heard.clone()))], tools: list.clone(), ..Prompt::default() }).await.unwrap();
                let t3 = t.elapsed();
                let told: Vec<String> = thoughts.into_iter().map(|it| match it { Thought::Say(t) => t.into_exposed(), Thought::Call { name, arguments } => format!("{name} {}", arguments.expose()) }).collect();
                println!("{name:7} {line}\n   heard {heard}\n   {}   [{ms:?} voice {t1:?} ear {:?} brain {:?}]", told.join(" & "), t2 - t1, t3 - t2);
            }
        }
    }
}
