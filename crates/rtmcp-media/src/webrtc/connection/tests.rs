//! Two connections over the loopback.

use std::{net::SocketAddr, time::Duration};

use tokio::time::timeout;

use super::{ConnectError, Connection, Impairment};
use crate::{
    compare,
    webrtc::{CloseReason, PeerConfig, PeerEvent, SendError, tests::speech},
};

const LOOPBACK: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

async fn pair(bind: SocketAddr) -> (Connection, Connection) {
    let (caller, offer) = Connection::offer(bind, PeerConfig::default())
        .await
        .unwrap();
    let answered = Connection::answer(&offer, bind, PeerConfig::default()).await;
    let (callee, answer) = answered.unwrap();
    caller.handle().accept_answer(&answer).unwrap();
    (caller, callee)
}

/// The next event that is so.
async fn until<T>(connection: &mut Connection, is: impl Fn(PeerEvent) -> Option<T>) -> T {
    let found = async {
        loop {
            let event = connection.next_event().await.unwrap();
            if let Some(found) = is(event) {
                return found;
            }
        }
    };
    timeout(Duration::from_secs(30), found).await.unwrap()
}

fn text(event: PeerEvent) -> Option<String> {
    match event {
        PeerEvent::Message(text) => Some(text.into_exposed()),
        _ => None,
    }
}

#[tokio::test]
async fn they_connect_at_once_and_messages_wait_for_it() {
    let (caller, mut callee) = pair(LOOPBACK).await;
    let begun = tokio::time::Instant::now();
    caller.handle().send("early".to_owned()).await.unwrap();
    assert_eq!(until(&mut callee, text).await, "early");
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn a_slow_reader_holds_the_sender_back_and_loses_nothing() {
    let (caller, mut callee) = pair(LOOPBACK).await;
    let count: usize = 60;
    let sent: Vec<String> = (0..count)
        .map(|nth| nth.to_string() + &"x".repeat(200_000))
        .collect();
    let handle = caller.handle();
    let sending = tokio::spawn({
        let sent = sent.clone();
        async move {
            for message in sent {
                handle.send(message).await.unwrap();
            }
        }
    });
    let handle = caller.handle();
    let queued = || handle.lock().queued_bytes();
    for expected in sent {
        assert!(until(&mut callee, text).await == expected);
        assert!(queued() < (1 << 20) + 200_000, "{} bytes", queued());
    }
    sending.await.unwrap();
}

#[tokio::test]
async fn speech_crosses_in_its_own_time() {
    let (caller, mut callee) = pair(LOOPBACK).await;
    let second = &speech()[..24_000];
    until(&mut callee, |it| {
        (it == PeerEvent::ChannelOpen).then_some(())
    })
    .await;
    assert_eq!(caller.handle().play(second), 0..24_000);
    caller.handle().finish_playback();
    let mut caller = caller;
    let stopped = until(&mut caller, |it| match it {
        PeerEvent::PlaybackStopped { position } => Some(position),
        _ => None,
    });
    let hear = async {
        let mut heard: Vec<i16> = Vec::new();
        while heard.len() < 36_000 {
            let frame = until(&mut callee, |it| match it {
                PeerEvent::Audio(frame) => Some(frame),
                _ => None,
            });
            heard.extend(frame.await.samples);
        }
        heard
    };
    let (stopped, heard) = tokio::join!(stopped, hear);
    assert_eq!(stopped, 24_000);
    let likeness = compare::speech_likeness(second, &heard);
    assert!(likeness > 0.8, "{likeness}");
}

#[tokio::test]
async fn who_is_dropped_says_goodbye() {
    let (caller, mut callee) = pair(LOOPBACK).await;
    until(&mut callee, |it| {
        (it == PeerEvent::ChannelOpen).then_some(())
    })
    .await;
    drop(caller);
    let reason = until(&mut callee, |it| match it {
        PeerEvent::Closed(reason) => Some(reason),
        _ => None,
    });
    assert_eq!(reason.await, CloseReason::Remote);
    assert_eq!(callee.next_event().await, None);
    assert_eq!(
        callee.handle().send("{}".to_owned()).await,
        Err(SendError::Closed)
    );
}

#[tokio::test]
async fn who_is_abandoned_finds_out_alone() {
    let (mut caller, mut callee) = pair(LOOPBACK).await;
    until(&mut callee, |it| {
        (it == PeerEvent::ChannelOpen).then_some(())
    })
    .await;
    caller.handle().abandon();
    let closed = |it| match it {
        PeerEvent::Closed(reason) => Some(reason),
        _ => None,
    };
    assert_eq!(until(&mut caller, closed).await, CloseReason::Local);
    assert_eq!(until(&mut callee, closed).await, CloseReason::Lost);
}

/// Sends so many messages of mixed lengths, and takes as many of the other side.
async fn exchange(connection: &mut Connection, name: &str, count: usize) -> Vec<String> {
    let handle = connection.handle();
    let sent: Vec<String> = (0..count)
        .map(|nth| format!("{name} {nth} {}", "x".repeat(nth * 37 % 1_000)))
        .collect();
    let sending = async {
        for message in &sent {
            handle.send(message.clone()).await.unwrap();
        }
    };
    let receiving = async {
        let mut received = Vec::new();
        while received.len() < count {
            received.push(until(connection, text).await);
        }
        received
    };
    tokio::join!(sending, receiving).1
}

#[tokio::test]
async fn no_message_is_lost_either_way_on_a_bad_network() {
    const COUNT: usize = 50;
    let (mut caller, mut callee) = pair(LOOPBACK).await;
    callee.handle().impair(Impairment {
        loss_percent: 5.0,
        delay: Duration::from_millis(5),
        jitter: Duration::from_millis(40),
        seed: 1,
    });
    // Sound takes its share of the network meanwhile.
    for connection in [&caller, &callee] {
        connection.handle().play(&speech());
    }
    let exchanges = (
        exchange(&mut caller, "there", COUNT),
        exchange(&mut callee, "back", COUNT),
    );
    let (back, there) = tokio::join!(exchanges.0, exchanges.1);
    for (name, messages) in [("there", there), ("back", back)] {
        let numbers = messages.iter().zip(0..COUNT);
        for (message, nth) in numbers {
            assert!(
                message.starts_with(&format!("{name} {nth} ")),
                "{message:.40}"
            );
        }
        assert_eq!(messages.len(), COUNT);
    }
}

#[tokio::test]
async fn both_sides_of_a_cut_cable_find_out() {
    let (mut caller, mut callee) = pair(LOOPBACK).await;
    for connection in [&mut caller, &mut callee] {
        until(connection, |it| {
            (it == PeerEvent::ChannelOpen).then_some(())
        })
        .await;
    }
    callee.handle().impair(Impairment::CUT);
    let closed = |it| match it {
        PeerEvent::Closed(reason) => Some(reason),
        _ => None,
    };
    let (here, there) = tokio::join!(until(&mut caller, closed), until(&mut callee, closed));
    assert_eq!((here, there), (CloseReason::Lost, CloseReason::Lost));
}

#[tokio::test]
async fn a_socket_on_all_addresses_is_reached_by_the_loopback() {
    let all = SocketAddr::from(([0, 0, 0, 0], 0));
    let (caller, mut callee) = pair(all).await;
    caller.handle().send("{}".to_owned()).await.unwrap();
    assert_eq!(until(&mut callee, text).await, "{}");
}

#[tokio::test]
async fn an_address_that_is_taken_is_an_error() {
    let taken = tokio::net::UdpSocket::bind(LOOPBACK).await.unwrap();
    let address = taken.local_addr().unwrap();
    let error = Connection::offer(address, PeerConfig::default())
        .await
        .unwrap_err();
    assert!(matches!(error, ConnectError::Bind { address: it, .. } if it == address));
}
