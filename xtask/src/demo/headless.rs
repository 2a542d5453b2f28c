//! The main job once, without a page: a spoken question, a real tool call, a spoken answer.

use std::{env, fs, process::Command};

use anyhow::{Context as _, bail};

use super::SPEECH;
use crate::{server::Server, setup, speech::speak, workspace};

/// # Errors
///
/// When something can't be set up, or the turn doesn't succeed.
pub(super) fn run(ask: &str) -> anyhow::Result<()> {
    setup::prepare(&SPEECH)?;
    let rtmcp = workspace::build_rtmcp()?;
    let folder = workspace::target()?.join("demo");
    fs::create_dir_all(&folder)?;

    let shop = Server::start(&rtmcp, &["mock", "shop"])?;
    println!("\nMCP server: the sample shop at {}", shop.address);
    let key = env::var_os("OPENAI_API_KEY").filter(|key| !key.is_empty());
    let (sim, realtime) = if key.is_some() {
        println!("Realtime endpoint: OpenAI, with the key in OPENAI_API_KEY");
        (None, "api_key = { env = \"OPENAI_API_KEY\" }".to_owned())
    } else {
        let sim = Server::start(&rtmcp, &["sim"])?;
        println!(
            "Realtime endpoint: the simulator at {} (set OPENAI_API_KEY to talk to OpenAI)",
            sim.address
        );
        let realtime = format!("url = \"{}\"", sim.address);
        (Some(sim), realtime)
    };

    let config = folder.join("rtmcp.toml");
    fs::write(&config, configuration(&realtime, &shop.address))?;
    let question = folder.join("question.wav");
    speak(ask, &question)?;
    println!(
        "Spoken into the session: \"{}\" ({})\n",
        ask,
        question.display()
    );

    // It keeps our terminal: somebody may be asked whether a tool may run.
    let turn = Command::new(&rtmcp)
        .arg("say")
        .arg(&question)
        .arg("--config")
        .arg(&config)
        .arg("--out")
        .arg(folder.join("reply.wav"))
        .arg("--events")
        .arg(folder.join("events.jsonl"))
        .status();
    drop((sim, shop));
    if !turn.context("could not start `rtmcp say`")?.success() {
        bail!("the turn did not succeed; what happened is told above");
    }
    println!(
        "\nEvery event of the session: {}",
        folder.join("events.jsonl").display()
    );
    println!("The configuration, to go on from: {}", config.display());
    Ok(())
}

fn configuration(realtime: &str, shop: &str) -> String {
    format!(
        "[realtime]\n{realtime}\ninstructions = \"You help the customers of a small shop. Answer \
         in one or two short sentences.\"\n\n[[mcp]]\nname = \"shop\"\nurl = \"{shop}\"\n"
    )
}
