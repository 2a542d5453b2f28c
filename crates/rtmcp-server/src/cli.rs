//! [`Cli`]: what can be asked of the command, and how its end becomes an exit code.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{
    command::{attach, call, check, mock, replay, say, serve, sign_in, sim, tools},
    console,
    failure::{ExitStatus, Failure, Outcome},
    logging,
};

/// Give any Realtime voice model any MCP tools.
#[derive(Debug, Parser)]
#[command(
    name = "rtmcp",
    version,
    arg_required_else_help = true,
    after_help = EXAMPLES,
    after_long_help = EXAMPLES
)]
pub struct Cli {
    /// Log what happens to stderr; `RUST_LOG` says it in detail. Never speech, arguments or keys,
    /// unless `RUST_LOG` names `rmcp` or `tungstenite`, which log whole messages.
    #[arg(short, long, global = true)]
    verbose: bool,

    /// What to do.
    #[command(subcommand)]
    command: Command,
}

// Each variant's help is that of its arguments.
#[derive(Debug, Subcommand)]
enum Command {
    Sim(sim::Args),
    Mock(mock::Args),
    Tools(tools::Args),
    Call(call::Args),
    Say(say::Args),
    Attach(attach::Args),
    Serve(serve::Args),
    SignIn(sign_in::Args),
    Replay(replay::Args),
    Check(check::Args),
}

/// Does what was asked, to its end.
pub fn run(cli: Cli) -> ExitCode {
    let serves = matches!(cli.command, Command::Serve(_));
    logging::start(cli.verbose, serves);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => {
            let outcome = runtime.block_on(dispatch(cli.command));
            // Somebody may still be asked something on the terminal: nobody waits for the answer.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(Failure::new(
            ExitStatus::Failed,
            format!("can't start: {error}"),
        )),
    };
    let status = match outcome {
        Ok(()) => ExitStatus::Ok,
        Err(failure) => {
            failure.lines().iter().for_each(|line| console::error(line));
            failure.status()
        }
    };
    status.into()
}

async fn dispatch(command: Command) -> Outcome {
    match command {
        Command::Sim(args) => sim::run(args).await,
        Command::Mock(args) => mock::run(args).await,
        Command::Tools(args) => tools::run(args).await,
        Command::Call(args) => call::run(args).await,
        Command::Say(args) => say::run(args).await,
        Command::Attach(args) => attach::run(args).await,
        Command::Serve(args) => serve::run(args).await,
        Command::SignIn(args) => sign_in::run(args).await,
        Command::Replay(args) => replay::run(&args),
        Command::Check(args) => check::run(args).await,
    }
}

const EXAMPLES: &str = "\
Examples:
  rtmcp sim                                     a Realtime endpoint on http://127.0.0.1:8090/v1
  rtmcp mock shop                               an MCP server on http://127.0.0.1:8091/mcp
  rtmcp tools http://127.0.0.1:8091/mcp         its tools, as a model sees them
  rtmcp call http://127.0.0.1:8091/mcp get_weather '{\"city\":\"Paris\"}'
  rtmcp check rtmcp.toml
  rtmcp say question.wav --config rtmcp.toml --out reply.wav
  rtmcp attach rtc_u1_9c6574da8b8a41a18da9308f4ad974ce
  rtmcp serve --config rtmcp.toml               the HTTP API on http://127.0.0.1:8080/api
  rtmcp sign-in crm --config rtmcp.toml         lets all sessions use a server in your name
  rtmcp replay recordings/2026-03-01T12-00-00Z-5ca1ab1e.rtmcp.jsonl

Exit codes:
  0  done
  1  failed, as the message says: no speech heard, no reply, a file that can't be read
  2  wrong usage of this command
  3  bad configuration
  4  an MCP server can't be reached or refuses; what could be done without it was done
  5  the Realtime endpoint can't be reached, refuses the session, or hung up
  6  a call was refused or denied, or the tool reported an error
  130  stopped by Ctrl-C or SIGTERM (servers end with 0)";
