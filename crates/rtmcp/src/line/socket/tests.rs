//! A line whose other end is played by hand, over a connection that holds next to nothing.

use tokio::{
    io::{DuplexStream, duplex},
    time::{Duration, sleep, timeout_at},
};
use tokio_tungstenite::tungstenite::protocol::Role;

use super::*;
use crate::line::{
    EndKind,
    watchdog::{ANSWER, SILENCE},
};

async fn line() -> (SocketLine<DuplexStream>, WebSocketStream<DuplexStream>) {
    let (ours, theirs) = duplex(1024);
    let ours = WebSocketStream::from_raw_socket(ours, Role::Client, None);
    let theirs = WebSocketStream::from_raw_socket(theirs, Role::Server, None);
    let (ours, theirs) = tokio::join!(ours, theirs);
    (SocketLine::new(ours), theirs)
}

/// Sends as a person speaks, for as long, or until the line is gone. Returns the end, and the bytes
/// of sound that were dropped: 100 of each event.
async fn speak(line: &mut SocketLine<DuplexStream>, span: Duration) -> (Option<End>, u64) {
    let end = Instant::now() + span;
    let mut dropped = 0;
    while Instant::now() < end {
        line.send("A".repeat(5000), Sending::Sound(100));
        let next = Instant::now() + Duration::from_millis(80);
        while let Ok(received) = timeout_at(next, line.receive()).await {
            match received {
                Received::Over(end) => return (Some(end), dropped),
                Received::Dropped(bytes) => dropped += bytes,
                other => panic!("{other:?}"),
            }
        }
    }
    (None, dropped)
}

/// Reads everything that there is, every 20 seconds.
async fn read_now_and_then(mut theirs: WebSocketStream<DuplexStream>) {
    loop {
        sleep(Duration::from_secs(20)).await;
        let moment = Duration::from_millis(1);
        while timeout(moment, theirs.next()).await.is_ok() {}
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_takes_nothing_is_given_up_before_much_waits() {
    let (mut line, _theirs) = line().await;
    let start = Instant::now();
    let (gone, dropped) = speak(&mut line, Duration::from_secs(3600)).await;
    let gone = gone.unwrap();
    assert!(gone.words.contains("takes nothing"), "{gone:?}");
    assert_eq!(gone.kind, EndKind::Broken);
    assert!(start.elapsed() <= STUCK + Duration::from_secs(5));
    assert!(dropped > 0, "and what of it was dropped was told before");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_takes_its_time_is_waited_for() {
    let (mut line, theirs) = line().await;
    let reader = tokio::spawn(read_now_and_then(theirs));
    let (gone, _) = speak(&mut line, Duration::from_secs(600)).await;
    assert!(gone.is_none(), "{gone:?}");
    reader.abort();
}

/// Reads so many messages a second.
async fn read_slowly(mut theirs: WebSocketStream<DuplexStream>, rate: u32) -> Vec<String> {
    let mut texts = Vec::new();
    loop {
        sleep(Duration::from_secs(1) / rate).await;
        match theirs.next().await {
            Some(Ok(Message::Text(text))) => texts.push(text.as_str().to_owned()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return texts,
            Some(Ok(_)) => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_too_slow_for_speech_loses_sound_and_no_event() {
    let (mut line, theirs) = line().await;
    // Speech is twelve events a second.
    let reader = tokio::spawn(read_slowly(theirs, 6));
    let mut dropped = 0;
    for at in 0..10 {
        line.send(format!("control {at}"), Sending::Control);
        let (gone, lost) = speak(&mut line, Duration::from_secs(12)).await;
        assert!(gone.is_none(), "{gone:?}");
        dropped += lost;
    }
    assert!(dropped > 100 * 300, "a good part of 1500 events: {dropped}");
    while let Ok(received) = timeout(Duration::from_secs(120), line.receive()).await {
        assert!(matches!(received, Received::Dropped(_)), "{received:?}");
    }
    line.close().await;
    let texts = reader.await.unwrap();
    let control = texts.iter().filter(|it| it.starts_with("control"));
    assert_eq!(control.count(), 10);
    let sound = (texts.len() - 10) as u64;
    assert_eq!(sound, 10 * 150 - dropped / 100, "all but what was told");
}

#[tokio::test(start_paused = true)]
async fn a_connection_whose_other_end_is_gone_is_found_out() {
    let (mut line, theirs) = line().await;
    let start = Instant::now();
    // Open, and nobody reads: the ping is taken and never answered.
    let end = line.receive().await;
    assert!(
        matches!(&end, Received::Over(end) if end.words.contains("doesn't answer") && end.kind == EndKind::Broken),
        "{end:?}"
    );
    assert_eq!(start.elapsed().as_secs(), (SILENCE + ANSWER).as_secs());
    drop(theirs);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_has_nothing_to_say_and_answers_is_there() {
    let (mut line, mut theirs) = line().await;
    let reader = tokio::spawn(async move {
        let mut pings = 0;
        loop {
            let message = theirs.next().await;
            pings += u32::from(matches!(message, Some(Ok(Message::Ping(_)))));
            if !matches!(message, Some(Ok(Message::Ping(_)))) {
                return pings;
            }
        }
    });
    let hour = Duration::from_secs(3600);
    assert!(timeout(hour, line.receive()).await.is_err());
    line.close().await;
    assert_eq!(u64::from(reader.await.unwrap()), 3600 / SILENCE.as_secs());
}

#[tokio::test(start_paused = true)]
async fn whoever_talks_is_not_asked() {
    let (mut line, mut theirs) = line().await;
    let talker = tokio::spawn(async move {
        for _ in 0..20 {
            sleep(SILENCE - Duration::from_secs(1)).await;
            theirs.send(Message::text("word")).await.unwrap();
        }
        theirs
    });
    for _ in 0..20 {
        assert!(matches!(line.receive().await, Received::Text(_)));
    }
    let mut theirs = talker.await.unwrap();
    line.send("last".to_owned(), Sending::Control);
    let _ = timeout(Duration::from_secs(1), line.receive()).await;
    let first = theirs.next().await.unwrap().unwrap();
    assert_eq!(first, Message::text("last"), "no ping before it");
}
