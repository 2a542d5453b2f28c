//! The processes that are measured: what stands between a client and the endpoint.

use std::{
    io::{BufRead, BufReader, Write, stdin},
    net::{Ipv4Addr, SocketAddr},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, bail};
use rtmcp::{Agent, Config, ProxyRequest, mcp::ServerConfig};
use tokio::{
    io::copy_bidirectional_with_sizes,
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

use crate::usage;

/// Which process it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Proxy,
    Copy,
}

/// A process that runs. It ends when this is dropped.
pub(crate) struct Between {
    child: Child,
    pub(crate) addr: SocketAddr,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Proxy => "proxy",
            Self::Copy => "copy",
        }
    }
}

impl Between {
    pub(crate) fn start(kind: Kind, endpoint: SocketAddr, shop: &str) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--between", kind.as_str(), &endpoint.to_string(), shop])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let told = child.stdout.take().context("no stdout")?;
        let mut line = String::new();
        BufReader::new(told).read_line(&mut line)?;
        let addr = line.trim().parse()?;
        Ok(Self { child, addr })
    }

    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        usage::cpu(self.child.id())
    }

    pub(crate) fn resident(&self) -> anyhow::Result<u64> {
        usage::resident(self.child.id())
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // One that has ended already needs no end.
        let _ = self.child.wait();
    }
}

/// Takes connections until stdin is closed.
pub(crate) fn run(kind: &str, endpoint: &str, shop: &str) -> anyhow::Result<()> {
    std::thread::spawn(|| {
        // What ends it ends this process, too.
        let _ = stdin().lock().lines().count();
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let addr = listener.local_addr()?;
        match kind {
            "proxy" => proxy(listener, addr, endpoint, shop).await,
            "copy" => copy(listener, addr, endpoint.parse()?).await,
            other => bail!("no process `{other}`: there are `proxy` and `copy`"),
        }
    })
}

fn ready(addr: SocketAddr) -> anyhow::Result<()> {
    println!("{addr}");
    Ok(std::io::stdout().flush()?)
}

async fn proxy(
    listener: TcpListener,
    addr: SocketAddr,
    endpoint: &str,
    shop: &str,
) -> anyhow::Result<()> {
    let config = Config::new(format!("http://{endpoint}/v1").parse()?);
    let config = config.server(ServerConfig::http("shop", shop.parse()?));
    let agent = Agent::new(config)?;
    agent.settled().await;
    ready(addr)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let proxied = agent.proxy(ProxyRequest::default()).await?;
        // The client says nothing before it has heard from the endpoint, so that nothing is lost.
        let client = tokio_tungstenite::accept_async(stream).await?.into_inner();
        tokio::spawn(proxied.serve(client, CancellationToken::new()));
    }
}

async fn copy(listener: TcpListener, addr: SocketAddr, endpoint: SocketAddr) -> anyhow::Result<()> {
    ready(addr)?;
    loop {
        let (mut client, _) = listener.accept().await?;
        let mut endpoint = TcpStream::connect(endpoint).await?;
        client.set_nodelay(true)?;
        endpoint.set_nodelay(true)?;
        tokio::spawn(async move {
            // It ends when either side does, which is nobody's fault.
            let copied = copy_bidirectional_with_sizes(&mut client, &mut endpoint, PIECE, PIECE);
            let _ = copied.await;
        });
    }
}

/// Eight times what tokio copies at once by default: the most that a copy gains by.
const PIECE: usize = 64 * 1024;
