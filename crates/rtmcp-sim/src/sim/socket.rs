//! [`serve`]: one WebSocket and the session behind it.

use std::{
    future::pending,
    hash::{BuildHasher, RandomState},
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
    let (sink, mut stream) = socket.split();
    let (sender, inbox) = mpsc::channel(INBOX);
    let (outlet, drain) = outlet();
    let setup = server.setup(terms, Player::Client, seed);
    let stage = Stage {
        engines: server.config.engines.clone(),
        inbox,
        outlet,
        player: None,
        stop: server.stop.clone(),
    };
    let ended = CancellationToken::new();
    let driving = async {
        drive(setup, stage).await.say();
        ended.cancel();
    };
    let reading = async {
        read(&mut stream, LineId::FIRST, &sender).await;
        // It comes too late only for a session that is over.
        let _ = sender.send(Arrival::Over).await;
    };
    let reading = ended.run_until_cancelled(reading);
    join3(driving, reading, write(sink, drain, ended.cancelled())).await;
    drop(counted);
    say_goodbye(&mut stream).await;
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
    let reading = async {
        read(&mut stream, id, &inbox).await;
        if inbox.is_closed() {
            // The last events and the close are still to be sent.
            pending::<()>().await;
        }
    };
    tokio::select! {
        () = reading => return,
        () = write(sink, drain, inbox.closed()) => {}
    }
    say_goodbye(&mut stream).await;
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

/// Sends what there is to send; once the session has `ended`, only for so long.
async fn write(
    mut sink: SplitSink<WebSocket, Message>,
    mut drain: Drain,
    ended: impl Future<Output = ()>,
) {
    let sending = async {
        while let Some(outgoing) = drain.next().await {
            let message = match outgoing {
                Outgoing::Text(text) => Message::Text(text.into()),
                Outgoing::Close { code, reason } => close_frame(code, &reason),
            };
            if sink.send(message).await.is_err() {
                return;
            }
        }
    };
    let too_long = async {
        ended.await;
        tokio::time::sleep(FAREWELL).await;
    };
    tokio::select! {
        () = sending => {}
        () = too_long => tracing::debug!("a client didn't read its last events"),
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
    let reason = &reason[..reason.floor_char_boundary(REASON_BYTES)];
    Message::Close(Some(CloseFrame {
        code,
        reason: Utf8Bytes::from(reason),
    }))
}
