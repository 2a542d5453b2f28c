//! A server that is a program on this machine.

use std::{io, process::Stdio, sync::Arc};

use process_wrap::tokio::{CommandWrap, KillOnDrop};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{ChildStderr, Command},
};
use tracing::Instrument;

use super::{Connector, Handshake, child::ChildTransport};
use crate::{Endpoint, client::Client, failure::Failure, loss::Loss};

pub(super) async fn connect(connector: &Connector) -> Result<Client, Failure> {
    match start(connector, Handshake::Probe).await {
        // Older servers end when the first message is not `initialize`.
        Err(Failure::Closed) => start(connector, Handshake::Initialize).await,
        result => result,
    }
}

async fn start(connector: &Connector, mode: Handshake) -> Result<Client, Failure> {
    let child = command(&connector.config.endpoint)?.spawn();
    let mut child = child.map_err(|error| from_spawn(&error))?;
    if let Some(stderr) = child.stderr().take() {
        tokio::spawn(log_lines(stderr).in_current_span());
    }
    let transport = ChildTransport::new(child).map_err(|error| from_spawn(&error))?;
    connector
        .handshake(transport, Arc::new(Loss::default()), mode)
        .await
}

fn command(endpoint: &Endpoint) -> Result<CommandWrap, Failure> {
    let Endpoint::Stdio {
        command,
        args,
        env,
        cwd,
    } = endpoint
    else {
        return Err(Failure::Config("it has no command".to_owned()));
    };
    let mut child = Command::new(command);
    child
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    child.args(args);
    child.envs(env.iter().map(|(name, value)| (name, value.expose())));
    if let Some(folder) = cwd {
        // A missing folder is reported as a missing program by the system.
        if !folder.is_dir() {
            return Err(Failure::Config("its `cwd` is no folder".to_owned()));
        }
        child.current_dir(folder);
    }
    let mut child = CommandWrap::from(child);
    child.wrap(KillOnDrop);
    // `npx` and shells start the server as a grandchild; the group ends as one, and Ctrl-C in our
    // terminal is ours to handle.
    #[cfg(unix)]
    child.wrap(process_wrap::tokio::ProcessGroup::leader());
    Ok(child)
}

fn from_spawn(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::NotFound => Failure::CommandNotFound,
        kind => Failure::Spawn(kind.to_string()),
    }
}

/// Passes on what the child writes to its stderr, for whoever looks for the reason of a failure.
async fn log_lines(stderr: ChildStderr) {
    let mut stderr = BufReader::new(stderr);
    let mut line = Vec::new();
    loop {
        line.clear();
        // A line without end is cut, not collected.
        let mut part = (&mut stderr).take(LINE_BYTES);
        match part.read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => tracing::debug!(stderr = %String::from_utf8_lossy(&line).trim_end()),
        }
    }
}

const LINE_BYTES: u64 = 4096;
