//! The measurements: how much goes through a core, and how much later it comes.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use rtmcp_mock::{serve::Server, shop::Shop};

use crate::{
    between::{Between, Kind},
    line::Line,
    load::Load,
    report::{Delay, Found, Memory, Sample, Through},
};

/// How much is measured.
pub(crate) struct Size {
    /// Blocks of each process, by turns.
    pairs: usize,
    /// MiB in a block.
    block: usize,
    /// Events whose delay is measured, each way.
    delays: usize,
    /// Sessions that are open at once.
    sessions: u64,
}

pub(crate) const FULL: Size = Size {
    pairs: 15,
    block: 128,
    delays: 4000,
    sessions: 200,
};

pub(crate) const QUICK: Size = Size {
    pairs: 5,
    block: 48,
    delays: 600,
    sessions: 50,
};

/// Events of one block that are kept ready.
const READY: usize = 256;

/// Measures everything.
pub(crate) fn run(size: &Size) -> anyhow::Result<Found> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let shop = runtime.block_on(Server::new(Shop::new()).bind(local))?;
    let endpoint = TcpListener::bind(local)?;
    let start = |kind| Between::start(kind, endpoint.local_addr()?, &shop.url_mcp());
    let (proxy, copy) = (start(Kind::Proxy)?, start(Kind::Copy)?);
    let mut through = Vec::new();
    for load in Load::ALL {
        let mut found = Through::new(load);
        let mut proxied = Line::open(proxy.addr, Some(Kind::Proxy), &endpoint)?;
        let mut copied = Line::open(copy.addr, Some(Kind::Copy), &endpoint)?;
        // The first block warms everything up.
        for nth in 0..=size.pairs {
            let of_proxy = block(&proxy, &mut proxied, load, size.block)?;
            let of_copy = block(&copy, &mut copied, load, size.block)?;
            if nth > 0 {
                found.proxy.push(of_proxy);
                found.copy.push(of_copy);
            }
        }
        through.push(found);
    }
    let mut delays = Vec::new();
    for load in [Load::Speech, Load::Words, Load::Microphone] {
        delays.push(delay(load, size.delays, &endpoint, (&proxy, &copy))?);
    }
    drop((proxy, copy));
    let memory = memory(&start(Kind::Proxy)?, &endpoint, size.sessions)?;
    Ok(Found {
        through,
        delays,
        memory,
    })
}

/// Sends a block of events as fast as they are taken.
fn block(
    between: &Between,
    line: &mut Line,
    load: Load,
    mebibytes: usize,
) -> anyhow::Result<Sample> {
    let frames = load.frames(READY);
    let rounds = mebibytes * 1024 * 1024 / frames.len();
    let (from, to) = ends(line, load);
    let before = between.cpu()?;
    thread::scope(|scope| {
        let sending = scope.spawn(move || (0..rounds).try_for_each(|_| from.write_all(&frames)));
        let read = swallow(to, rounds * load.frames(READY).len());
        sending.join().ok().context("sending failed")??;
        read
    })?;
    Ok(Sample {
        events: rounds * READY,
        bytes: rounds * load.frames(READY).len(),
        cpu: between.cpu()?.saturating_sub(before),
    })
}

/// Returns the end that sends, and the one that receives.
fn ends(line: &mut Line, load: Load) -> (&mut TcpStream, &mut TcpStream) {
    match load.is_asked() {
        true => (&mut line.client, &mut line.endpoint),
        false => (&mut line.endpoint, &mut line.client),
    }
}

/// Reads so many bytes.
fn swallow(from: &mut TcpStream, mut bytes: usize) -> anyhow::Result<()> {
    let mut buffer = vec![0; 256 * 1024];
    while bytes > 0 {
        let most = bytes.min(buffer.len());
        let read = from.read(&mut buffer[..most])?;
        ensure!(read > 0, "the line is closed");
        bytes -= read;
    }
    Ok(())
}

/// Sends single events, each as if after a pause, and takes the time until each is there whole.
fn delay(
    load: Load,
    count: usize,
    endpoint: &TcpListener,
    (proxy, copy): (&Between, &Between),
) -> anyhow::Result<Delay> {
    let mut direct = Line::open(endpoint.local_addr()?, None, endpoint)?;
    let mut copied = Line::open(copy.addr, Some(Kind::Copy), endpoint)?;
    let mut proxied = Line::open(proxy.addr, Some(Kind::Proxy), endpoint)?;
    let mut found = Delay::new(load);
    let frame = load.frames(1);
    for nth in 0..count + count / 10 {
        let times = [&mut direct, &mut copied, &mut proxied].map(|line| once(line, load, &frame));
        let [direct, copied, proxied] = times;
        let times = (direct?, copied?, proxied?);
        // The first ones warm everything up.
        if nth >= count / 10 {
            found.direct.push(times.0);
            found.copy.push(times.1);
            found.proxy.push(times.2);
        }
    }
    Ok(found)
}

fn once(line: &mut Line, load: Load, frame: &[u8]) -> anyhow::Result<Duration> {
    thread::sleep(PAUSE);
    let (from, to) = ends(line, load);
    let begun = Instant::now();
    from.write_all(frame)?;
    swallow(to, frame.len())?;
    Ok(begun.elapsed())
}

/// Everybody has gone to sleep by then.
const PAUSE: Duration = Duration::from_millis(1);

/// Opens sessions in which nobody speaks, and looks at the memory of the first and of all.
fn memory(between: &Between, endpoint: &TcpListener, sessions: u64) -> anyhow::Result<Memory> {
    let open = || Line::open(between.addr, Some(Kind::Proxy), endpoint);
    let first = open()?;
    thread::sleep(REST);
    let one = between.resident()?;
    let others = (1..sessions).map(|_| open());
    let others = others.collect::<anyhow::Result<Vec<_>>>()?;
    thread::sleep(REST);
    let many = between.resident()?;
    drop((first, others));
    Ok(Memory {
        sessions,
        one,
        many,
    })
}

/// What opening leaves to do is done by then.
const REST: Duration = Duration::from_millis(300);
