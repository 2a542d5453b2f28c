//! `demo`: a spoken question, a real tool call, a spoken answer; from nothing, with one command.

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, bail};

use crate::{cache::Cache, setup, shell, workspace};

/// Does the main job once: a spoken sentence makes a real tool run and comes back as speech
///
/// Sets up what it needs, starts a sample MCP server, speaks a question into a Realtime session and
/// prints step by step what happens. With OPENAI_API_KEY set it talks to OpenAI, without one to a
/// simulator on this machine; it says which.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What is asked; the sample shop knows the weather, customers, prices, tickets and refunds
    #[arg(long, default_value = "What is the weather in Paris?")]
    ask: String,
}

/// # Errors
///
/// When something can't be set up, or the turn doesn't succeed.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    setup::prepare_speech()?;
    let rtmcp = build()?;
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
    speak(&args.ask, &question)?;
    println!(
        "Spoken into the session: \"{}\" ({})\n",
        args.ask,
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

/// Builds the `rtmcp` command, and returns where it is.
fn build() -> anyhow::Result<PathBuf> {
    println!("building the rtmcp command (the first time takes some minutes)");
    shell::run(workspace::cargo()?.args(["build", "--package", "rtmcp-server", "--bin", "rtmcp"]))?;
    let name = format!("rtmcp{}", env::consts::EXE_SUFFIX);
    Ok(workspace::target()?.join("debug").join(name))
}

/// Speaks a text into a WAV, with the voice that was set up.
fn speak(text: &str, file: &Path) -> anyhow::Result<()> {
    let voice = setup::voice_command().context("no voice is set up: run `cargo xtask setup`")?;
    let (program, arguments) = voice.split_first().context("the voice has a program")?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(fs::File::create(file)?)
        .spawn()
        .with_context(|| format!("could not start the voice `{program}`"))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(text.as_bytes())?;
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("the voice `{program}` ended with {status}");
    }
    Ok(())
}

/// A server of ours that runs until this is dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Starts it on a free port, and waits for the line that says where it is.
    fn start(rtmcp: &Path, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut child = Command::new(rtmcp)
            .args(arguments)
            .args(["--listen", "127.0.0.1:0"])
            .env("RTMCP_TOOLS", Cache::locate()?.tools_in_use())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("could not start `rtmcp {}`", arguments.join(" ")))?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let address = line
            .split_whitespace()
            .find(|word| word.starts_with("http://"));
        let Some(address) = address.map(str::to_owned) else {
            let status = child.wait()?;
            bail!(
                "`rtmcp {}` ended with {status} before it was ready",
                arguments.join(" ")
            );
        };
        Ok(Self { child, address })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already needs no ending.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
