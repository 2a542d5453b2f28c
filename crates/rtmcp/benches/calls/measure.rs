//! The two measurements: calls in alternating blocks, and the memory of many sessions.

use std::{net::SocketAddr, time::Duration};

use crate::{
    client::Kind,
    endpoint::{Conversation, Endpoint},
    process::Process,
    report::{Calls, Found, Memory, Sample},
    tool_server,
};

/// How much is measured.
pub(crate) struct Size {
    /// Blocks of each client, by turns.
    pairs: usize,
    /// Calls in a block.
    calls: usize,
    /// Calls before anything counts.
    warm_up: usize,
    /// Sessions that are open at once.
    sessions: u64,
}

pub(crate) const FULL: Size = Size {
    pairs: 20,
    calls: 160,
    warm_up: 800,
    sessions: 500,
};

pub(crate) const QUICK: Size = Size {
    pairs: 7,
    calls: 80,
    warm_up: 200,
    sessions: 100,
};

/// Measures everything.
pub(crate) async fn run(size: &Size) -> anyhow::Result<Found> {
    let endpoint = Endpoint::bind().await?;
    let tools = tool_server::start().await?;
    let mut rtmcp = Client::start(Kind::Rtmcp, &endpoint, tools).await?;
    let mut minimum = Client::start(Kind::Minimum, &endpoint, tools).await?;
    let mut calls = Vec::new();
    for at_once in [1, 4] {
        for client in [&mut rtmcp, &mut minimum] {
            client.block(size.warm_up, at_once).await?;
        }
        let mut found = Calls::new(at_once);
        for _ in 0..size.pairs {
            found.rtmcp.push(rtmcp.block(size.calls, at_once).await?);
            found
                .minimum
                .push(minimum.block(size.calls, at_once).await?);
        }
        calls.push(found);
    }
    drop((rtmcp, minimum));
    Ok(Found {
        calls,
        rtmcp: memory(Kind::Rtmcp, &endpoint, tools, size.sessions).await?,
        minimum: memory(Kind::Minimum, &endpoint, tools, size.sessions).await?,
    })
}

/// A client with one session.
struct Client {
    process: Process,
    conversation: Conversation,
}

impl Client {
    async fn start(kind: Kind, endpoint: &Endpoint, tools: SocketAddr) -> anyhow::Result<Self> {
        let mut process = Process::start(kind, endpoint.address()?, tools)?;
        process.open()?;
        Ok(Self {
            process,
            conversation: endpoint.accept().await?,
        })
    }

    /// Makes so many calls, in responses of `at_once` calls.
    async fn block(&mut self, calls: usize, at_once: usize) -> anyhow::Result<Sample> {
        let before = self.process.cpu()?;
        let mut sample = Sample::default();
        for _ in 0..calls / at_once {
            let turn = self.conversation.turn(at_once).await?;
            sample.each.extend(turn.each);
            sample.all.push(turn.all);
        }
        sample.cpu = self.process.cpu()?.saturating_sub(before);
        Ok(sample)
    }
}

/// Opens sessions, has each make a call, and looks at the memory of the first and of all.
async fn memory(
    kind: Kind,
    endpoint: &Endpoint,
    tools: SocketAddr,
    sessions: u64,
) -> anyhow::Result<Memory> {
    let mut client = Client::start(kind, endpoint, tools).await?;
    client.conversation.turn(1).await?;
    // What the last answer leaves to do is done when nothing is heard for a while.
    tokio::time::sleep(REST).await;
    let one = client.process.resident()?;
    let mut others = Vec::new();
    for _ in 1..sessions {
        client.process.open()?;
        let mut conversation = endpoint.accept().await?;
        conversation.turn(1).await?;
        others.push(conversation);
    }
    tokio::time::sleep(REST).await;
    let many = client.process.resident()?;
    // First the client: it would complain of an endpoint that hangs up.
    drop(client);
    Ok(Memory {
        sessions,
        one,
        many,
    })
}

const REST: Duration = Duration::from_millis(300);
