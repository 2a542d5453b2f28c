//! [`open`]: a call over WebRTC and the session behind it.

use std::{
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::http::StatusCode;
use futures_util::future::join3;
use rtmcp_core::{ServerEvent, event::server};
use rtmcp_media::webrtc::{
    ConnectError, Connection, ConnectionHandle, Impairment, Listener, PeerConfig, PeerEvent,
    SendError,
};
use tokio::{sync::mpsc, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{
    Counted, Server,
    admission::{Caller, Terms},
    refusal::Refusal,
    socket::{BROKEN, BROKEN_TLS, INBOX, random_seed},
};
use crate::{
    driver::{Arrival, LineId, Stage, drive},
    faults::Dealt,
    outlet::{Drain, Outgoing, outlet},
    session::{Fault, Ids, Moment, Player, RATE, Setup},
};

/// How long the last events of a call may take to leave.
const FAREWELL: Duration = Duration::from_secs(2);

/// How long what was said last is on its way when a call falls silent.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Answers an offer and serves the call in the background; returns its id and the answer.
pub(crate) async fn open(
    server: &Arc<Server>,
    offer: &str,
    terms: Terms,
    caller: Caller,
) -> Result<(String, String), Refusal> {
    let bind = SocketAddr::new(server.ip, 0);
    let config = PeerConfig {
        rate: RATE,
        // Detection of turns and an ear.
        listener: Listener::Program,
        ..PeerConfig::default()
    };
    let answered = Connection::answer(offer, bind, config).await;
    let (connection, answer) = answered.map_err(|error| refusal(&error))?;
    let (counted, seed) = server.count_session();
    let faults = terms.faults.clone();
    connection.handle().impair(faults.network(seed));
    // The session's own ids are made from `seed`.
    let id = Ids::new(!seed).realtime_call();
    let (sender, inbox) = mpsc::channel(INBOX);
    server.calls.open(&id, sender.clone(), caller);
    let call = Call {
        server: Arc::clone(server),
        id: id.clone(),
        setup: server.setup(terms, Player::Server, seed),
        faults,
        counted,
        connection,
        sender,
        inbox,
    };
    server.connections.spawn(call.serve_or_break());
    Ok((id, answer))
}

/// A call that begins.
struct Call {
    server: Arc<Server>,
    id: String,
    setup: Setup,
    faults: Dealt,
    counted: Counted,
    connection: Connection,
    sender: mpsc::Sender<Arrival>,
    inbox: mpsc::Receiver<Arrival>,
}

impl Call {
    /// Serves it until it ends or the server breaks.
    async fn serve_or_break(self) {
        let kill = self.server.kill.clone();
        let handle = self.connection.handle();
        let mut serving = pin!(self.serve());
        tokio::select! {
            () = &mut serving => {}
            () = kill.cancelled() => {
                // While the connection is still there: dropping it would say goodbye.
                handle.abandon();
                tracing::debug!("a call was dropped");
            }
        }
    }

    async fn serve(self) {
        let Self {
            server,
            id,
            setup,
            faults,
            counted,
            connection,
            sender,
            inbox,
        } = self;
        let handle = connection.handle();
        let (outlet, drain) = outlet();
        let state = State::default();
        let stage = Stage {
            engines: server.config.engines.clone(),
            inbox,
            outlet,
            player: Some(handle.clone()),
            faults,
            stop: server.stop.clone(),
        };
        let driving = async {
            let farewell = drive(setup, stage).await;
            server.calls.close(&id);
            drop(counted);
            state.ended.cancel();
            farewell.say();
        };
        let listening = listen(connection, &sender, &state.open);
        join3(driving, listening, write(&handle, drain, &state)).await;
    }
}

/// How far a call is.
#[derive(Default)]
struct State {
    /// Events can be sent.
    open: AtomicBool,
    /// The session has ended.
    ended: CancellationToken,
}

/// Hands what the other side says and does to the session, until the connection has ended.
async fn listen(mut connection: Connection, inbox: &mpsc::Sender<Arrival>, open: &AtomicBool) {
    while let Some(event) = connection.next_event().await {
        let arrival = match event {
            PeerEvent::Message(text) => Arrival::Said(LineId::FIRST, text.into_exposed()),
            PeerEvent::Audio(frame) => Arrival::Sound(frame.samples),
            PeerEvent::Key(key) => Arrival::Key(key.into_exposed()),
            PeerEvent::PlaybackStarted { position } => {
                Arrival::Playback(Moment::Started { position })
            }
            PeerEvent::PlaybackStopped { position } => {
                Arrival::Playback(Moment::Stopped { position })
            }
            PeerEvent::Closed(reason) => {
                tracing::debug!(%reason, "a call's connection has ended");
                Arrival::Over
            }
            PeerEvent::ChannelOpen => {
                open.store(true, Ordering::Relaxed);
                continue;
            }
            _ => continue,
        };
        // When the session has ended, the connection still sends what was said last.
        let _ = inbox.send(arrival).await;
    }
}

/// Sends what there is to send, and then closes the connection; once the session has ended, only
/// for so long.
async fn write(handle: &ConnectionHandle, mut drain: Drain, state: &State) {
    let sending = async {
        while let Some(outgoing) = drain.next().await {
            let text = match outgoing {
                Outgoing::Text(text) => text,
                Outgoing::Close {
                    code: BROKEN | BROKEN_TLS,
                    ..
                } => return handle.abandon(),
                Outgoing::Close { .. } => return,
                Outgoing::Hush => {
                    sleep(LAST_WORDS).await;
                    handle.impair(Impairment::CUT);
                    continue;
                }
            };
            let sent = match handle.send(text).await {
                Err(error @ SendError::TooLong { .. }) => {
                    tracing::warn!(%error, "an event is left out");
                    handle.send(too_long(&error)).await
                }
                sent => sent,
            };
            if matches!(sent, Err(SendError::Closed)) {
                return;
            }
        }
    };
    let too_slow = async {
        state.ended.cancelled().await;
        // A client that was never there reads nothing.
        if state.open.load(Ordering::Relaxed) {
            sleep(FAREWELL).await;
        }
    };
    tokio::select! {
        biased;
        () = sending => {}
        () = too_slow => tracing::debug!("a client didn't get its last events"),
    }
    handle.close();
}

/// What stands in for an event that the other side doesn't take.
fn too_long(error: &SendError) -> String {
    let message = format!("An event is left out: {error}. A WebSocket takes it.");
    let mut event = server::Error {
        event_id: Ids::new(random_seed()).event(),
        error: Fault::new("event_too_long", message).into_body(None),
        ..server::Error::default()
    };
    "server_error".clone_into(&mut event.error.kind);
    ServerEvent::from(event).encode()
}

fn refusal(error: &ConnectError) -> Refusal {
    let message = error.to_string();
    match error {
        ConnectError::Peer(_) => {
            let refusal = Refusal::new(
                StatusCode::BAD_REQUEST,
                format!("Invalid 'sdp': {message}."),
            );
            refusal.code("invalid_offer").at("sdp")
        }
        _ => Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, message),
    }
}
