//! The task between a [`Peer`](crate::webrtc::Peer), its socket and its owner.

use std::{collections::VecDeque, net::SocketAddr, sync::Arc};

use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};
use tracing::trace;

use super::{
    Shared,
    socket::{LONGEST_DATAGRAM, Socket},
};
use crate::webrtc::event::{PeerEvent, Transmit};

/// Datagrams taken at once, before what comes of them is sent.
const BATCH: usize = 64;
/// Events that wait beyond the channel before sound is dropped: 3 s of it.
const MOST_SOUND_WAITING: usize = 150;
/// Events that wait before the socket isn't read any more. What the other side sends is lost then,
/// so that it slows down, and its messages come again once there is a reader.
const MOST_WAITING: usize = 1_000;

/// Runs until the connection has ended and its owner knows.
pub(super) async fn drive(socket: Socket, shared: Arc<Shared>, events: mpsc::Sender<PeerEvent>) {
    let mut waiting = VecDeque::new();
    let mut room = [0; LONGEST_DATAGRAM];
    loop {
        let (transmits, deadline) = collect(&shared, &mut waiting);
        for Transmit {
            bytes, destination, ..
        } in transmits
        {
            socket.send(&bytes, destination).await;
        }
        shared.room.notify_waiters();
        let Some(deadline) = deadline else {
            break;
        };
        tokio::select! {
            received = socket.receive(&mut room), if waiting.len() < MOST_WAITING => match received {
                Ok((length, source)) => receive(&shared, &socket, &mut room, length, source),
                // Such as that a datagram before it didn't find anybody.
                Err(error) => trace!(%error, "nothing received"),
            },
            () = sleep_until(Instant::from_std(deadline)) => {
                shared.lock().wake(Instant::now().into_std());
            }
            () = shared.changed.notified() => {}
            permit = events.reserve(), if !waiting.is_empty() => match permit {
                Ok(permit) => {
                    if let Some(event) = waiting.pop_front() {
                        permit.send(event);
                    }
                }
                Err(_) => shared.lock().close(),
            },
            () = events.closed() => shared.lock().close(),
        }
    }
    for event in waiting {
        if events.send(event).await.is_err() {
            break;
        }
    }
}

/// Takes what the peer has for the network and for its owner.
fn collect(
    shared: &Shared,
    waiting: &mut VecDeque<PeerEvent>,
) -> (Vec<Transmit>, Option<std::time::Instant>) {
    let mut peer = shared.lock();
    while let Some(event) = peer.poll_event() {
        let sound = matches!(event, PeerEvent::Audio(_));
        if !sound || waiting.len() < MOST_SOUND_WAITING {
            waiting.push_back(event);
        }
    }
    let transmits = std::iter::from_fn(|| peer.poll_transmit()).collect();
    (transmits, peer.deadline())
}

/// Hands over a datagram, and those behind it.
fn receive(shared: &Shared, socket: &Socket, room: &mut [u8], length: usize, source: SocketAddr) {
    let mut peer = shared.lock();
    let mut received = (length, source);
    for _ in 0..BATCH {
        let (length, source) = received;
        if let Some(destination) = socket.reached_by(source) {
            let now = Instant::now().into_std();
            peer.receive(now, source, destination, &room[..length]);
        }
        received = match socket.try_receive(room) {
            Some(it) => it,
            None => break,
        };
    }
}
