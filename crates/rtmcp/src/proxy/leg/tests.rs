//! Sides that are slow, deaf, silent or gone.

use std::future::poll_fn;

use tokio::{
    io::{DuplexStream, duplex},
    time::{sleep, timeout},
};
use tokio_tungstenite::tungstenite::protocol::Role;

use super::*;
use crate::proxy::counted::Counted;

type Ours = Leg<Counted<DuplexStream>>;

async fn pair() -> (Ours, WebSocketStream<DuplexStream>) {
    let (ours, theirs) = duplex(1024);
    let ours = Counted::new(ours);
    let ours = WebSocketStream::from_raw_socket(ours, Role::Server, Some(socket_config())).await;
    let theirs = WebSocketStream::from_raw_socket(theirs, Role::Client, None).await;
    (Leg::new(ours), theirs)
}

/// Looks after a side as a driver does, for as long; returns why and when it is given up.
async fn watch(leg: &mut Ours, span: Duration, is_read: bool) -> Option<(Parting, Duration)> {
    let begun = Instant::now();
    while begun.elapsed() < span {
        let due = leg.due().unwrap().min(begun + span);
        let heard = async {
            poll_fn(|context| {
                leg.flush(context);
                let now = Instant::now();
                match is_read {
                    true => leg.receive(now, context),
                    false => Poll::Pending,
                }
            })
            .await
        };
        let heard = timeout(due.duration_since(Instant::now()), heard).await;
        if let Ok(Received::Parted(parting)) = heard {
            return Some((parting, begun.elapsed()));
        }
        if let Some(parting) = leg.look_after(Instant::now(), is_read) {
            return Some((parting, begun.elapsed()));
        }
    }
    None
}

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn one_that_answers_pings_is_never_given_up() {
    let (mut leg, mut theirs) = pair().await;
    // Reading answers them.
    let reader = tokio::spawn(async move { while let Some(Ok(_)) = theirs.next().await {} });
    assert!(watch(&mut leg, HOUR, true).await.is_none());
    reader.abort();
}

#[tokio::test(start_paused = true)]
async fn one_that_is_gone_without_a_word_is_given_up_in_time() {
    let (mut leg, _theirs) = pair().await;
    let (parting, after) = watch(&mut leg, HOUR, true).await.unwrap();
    assert!(parting.reason().contains("answer"), "{parting:?}");
    assert!(
        after <= QUIET + ANSWER + Duration::from_secs(1),
        "{after:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn one_that_takes_nothing_is_given_up_and_one_that_takes_little_is_not() {
    let (mut leg, _theirs) = pair().await;
    leg.send(Message::text("A".repeat(5000)));
    let (parting, after) = watch(&mut leg, HOUR, false).await.unwrap();
    assert!(parting.reason().contains("takes nothing"), "{parting:?}");
    assert!(after <= STUCK * 2 + Duration::from_secs(1), "{after:?}");

    let (mut leg, theirs) = pair().await;
    leg.send(Message::text("A".repeat(200_000)));
    let reader = tokio::spawn(async move {
        let mut raw = theirs.into_inner();
        let mut some = [0; 1024];
        while tokio::io::AsyncReadExt::read(&mut raw, &mut some)
            .await
            .is_ok()
        {
            sleep(STUCK / 2).await;
        }
    });
    let given_up = watch(&mut leg, STUCK * 10, false).await;
    assert!(given_up.is_none(), "{given_up:?}");
    reader.abort();
}

#[tokio::test(start_paused = true)]
async fn one_that_isnt_read_isnt_asked() {
    let (mut leg, _theirs) = pair().await;
    assert!(watch(&mut leg, HOUR, false).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn what_waits_from_long_ago_doesnt_count() {
    let (mut leg, _theirs) = pair().await;
    sleep(STUCK * 2).await;
    leg.send(Message::text("A".repeat(5000)));
    poll_fn(|context| {
        leg.flush(context);
        Poll::Ready(())
    })
    .await;
    assert!(leg.look_after(Instant::now(), false).is_none());
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_bounded() {
    let (mut leg, _theirs) = pair().await;
    let event = "A".repeat(1000);
    let mut taken = 0;
    poll_fn(|context| {
        while leg.has_room(context) {
            leg.send(Message::text(event.clone()));
            taken += event.len();
        }
        Poll::Ready(())
    })
    .await;
    assert!(
        (WRITE_BUFFER..=WRITE_BUFFER + 4096).contains(&taken),
        "{taken}"
    );
}
