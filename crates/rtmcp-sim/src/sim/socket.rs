//! [`serve`]: one WebSocket and the session behind it.

use std::{
    future::pending,
    hash::{BuildHasher, RandomState},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures_util::{
    SinkExt, StreamExt,
    future::join3,
    stream::{SplitSink, SplitStream},
};
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    Server,
    admission::{Admission, Terms},
    calls::Line,
};
use crate::{
    driver::{Arrival, LineId, NORMAL, OVER, Stage, drive},
    outlet::{Drain, Outgoing, outlet},
    session::{Fault, Ids, Outbox, Output, Player},
};

/// Events of the client that may wait for the session; beyond that TCP makes the client wait.
pub(crate) const INBOX: usize = 64;
/// How long a client may take to read the last events and to answer the close.
const FAREWELL: Duration = Duration::from_secs(2);
/// The close code of a session that isn't admitted.
const NOT_ADMITTED: u16 = 4000;
/// What stands for a close frame without a code.
const NO_CODE: u16 = 1005;
/// What stands for a connection that breaks.
pub(crate) const BROKEN: u16 = 1006;
/// What stands for one that breaks as TLS begins.
pub(crate) const BROKEN_TLS: u16 = 1015;
/// The most bytes of a close reason.
const REASON_BYTES: usize = 123;

/// Serves a connection until either side ends it.
pub(crate) async fn serve(server: Arc<Server>, socket: WebSocket, admission: Admission) {
    let kill = server.kill.clone();
    let connection = async {
        match admission {
            Admission::Session(terms) => converse(&server, socket, terms).await,
            Admission::Call(line) => attend(socket, line).await,
            Admission::Fault(fault) => turn_away(socket, fault).await,
        }
    };
    // A killed connection is dropped with all that belongs to it.
    if kill.run_until_cancelled(connection).await.is_none() {
        tracing::debug!("a connection was dropped");
    }
}

/// A seed that differs from run to run.
pub(crate) fn random_seed() -> u64 {
    RandomState::new().hash_one(0)
}

/// Opens a session for a connection.
async fn converse(server: &Arc<Server>, socket: WebSocket, terms: Terms) {
    let (counted, seed) = server.count_session();
    let faults = terms.faults.clone();
    let (sink, mut stream) = socket.split();
    let (sender, inbox) = mpsc::channel(INBOX);
    let (outlet, drain) = outlet();
    let setup = server.setup(terms, Player::Client, seed);
    let stage = Stage {
        engines: server.config.engines.clone(),
        inbox,
        outlet,
        player: None,
        faults,
        stop: server.stop.clone(),
    };
    let ended = CancellationToken::new();
    let deaf = CancellationToken::new();
    let driving = async {
        // Boxed, as a session with all that it holds is large.
        Box::pin(drive(setup, stage)).await.say();
        ended.cancel();
    };
    let reading = async {
        let reading = read(&mut stream, LineId::FIRST, &sender);
        if deaf.run_until_cancelled(reading).await.is_some() {
            // It comes too late only for a session that is over.
            let _ = sender.send(Arrival::Over).await;
        }
    };
    let reading = ended.run_until_cancelled(reading);
    let writing = write(sink, drain, &deaf, ended.cancelled());
    let ((), _, parting) = join3(driving, reading, writing).await;
    drop(counted);
    part(stream, parting).await;
}

/// Joins a connection to a call. The call goes on when it leaves.
async fn attend(socket: WebSocket, Line { id, inbox }: Line) {
    let (sink, mut stream) = socket.split();
    let (outlet, drain) = outlet();
    if let Err(refused) = inbox.send(Arrival::Joined(id, outlet)).await
        && let Arrival::Joined(_, mut outlet) = refused.0
    {
        outlet.close(NORMAL, OVER.to_owned());
    }
    let deaf = CancellationToken::new();
    let reading = async {
        let reading = read(&mut stream, id, &inbox);
        let left = deaf.run_until_cancelled(reading).await.is_some();
        if !left || inbox.is_closed() {
            // It hears nothing more, or the last events and the close are still to be sent.
            pending::<()>().await;
        }
    };
    let parting = tokio::select! {
        () = reading => return,
        parting = write(sink, drain, &deaf, inbox.closed()) => parting,
    };
    part(stream, parting).await;
}

/// Hands what a client says to the session, until either is gone.
async fn read(stream: &mut SplitStream<WebSocket>, line: LineId, inbox: &mpsc::Sender<Arrival>) {
    while let Some(Ok(message)) = stream.next().await {
        let text = match message {
            Message::Text(text) => text.as_str().to_owned(),
            // Events are text: the session refuses this as one that can't be read.
            Message::Binary(_) => String::new(),
            // The next turn of the loop answers it.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => continue,
        };
        if inbox.send(Arrival::Said(line, text)).await.is_err() {
            return;
        }
    }
}

/// How a connection ends.
enum Parting {
    /// Each side says that it is over.
    Polite,
    /// It breaks.
    Silent,
}

async fn part(mut stream: SplitStream<WebSocket>, parting: Parting) {
    if let Parting::Polite = parting {
        say_goodbye(&mut stream).await;
    }
}

/// Sends what there is to send; once the session has `ended`, only for so long. When it falls
/// silent the connection is to be `deaf`, too.
async fn write(
    mut sink: SplitSink<WebSocket, Message>,
    mut drain: Drain,
    deaf: &CancellationToken,
    ended: impl Future<Output = ()>,
) -> Parting {
    let mut ended = pin!(ended);
    let sending = async {
        while let Some(outgoing) = drain.next().await {
            let message = match outgoing {
                Outgoing::Text(text) => Message::Text(text.into()),
                Outgoing::Close {
                    code: BROKEN | BROKEN_TLS,
                    ..
                } => return Parting::Silent,
                Outgoing::Close { code, reason } => close_frame(code, &reason),
                Outgoing::Hush => {
                    deaf.cancel();
                    return pending().await;
                }
            };
            if sink.send(message).await.is_err() {
                break;
            }
        }
        Parting::Polite
    };
    let too_long = async {
        ended.as_mut().await;
        if !deaf.is_cancelled() {
            tokio::time::sleep(FAREWELL).await;
        }
    };
    tokio::select! {
        parting = sending => parting,
        () = too_long => {
            tracing::debug!("a client didn't read its last events");
            match deaf.is_cancelled() {
                true => Parting::Silent,
                false => Parting::Polite,
            }
        }
    }
}

/// Ends a connection with an error that the client can read.
async fn turn_away(mut socket: WebSocket, fault: Fault) {
    let code = fault.code();
    let mut out = Outbox::new(Ids::new(random_seed()));
    out.fault(fault);
    for output in out.take() {
        if let Output::Send(event) = output
            && socket
                .send(Message::Text(event.encode().into()))
                .await
                .is_err()
        {
            return;
        }
    }
    let close = close_frame(NOT_ADMITTED, &format!("invalid_request_error.{code}"));
    if socket.send(close).await.is_ok() {
        let (_sink, mut stream) = socket.split();
        say_goodbye(&mut stream).await;
    }
}

/// Waits for the client's side of the close: a socket that is dropped with something unread would
/// take the last events with it.
async fn say_goodbye(stream: &mut SplitStream<WebSocket>) {
    let rest = async { while let Some(Ok(_)) = stream.next().await {} };
    if timeout(FAREWELL, rest).await.is_err() {
        tracing::debug!("a client didn't answer the close");
    }
}

fn close_frame(code: u16, reason: &str) -> Message {
    if code == NO_CODE {
        return Message::Close(None);
    }
    let reason = &reason[..reason.floor_char_boundary(REASON_BYTES)];
    Message::Close(Some(CloseFrame {
        code,
        reason: Utf8Bytes::from(reason),
    }))
}
