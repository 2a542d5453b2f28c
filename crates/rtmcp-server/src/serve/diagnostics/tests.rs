//! What readers are told, whenever they come.

use tokio::time::Instant;

use super::*;

fn diagnostics(events: usize, event_bytes: usize) -> Arc<Diagnostics> {
    let limits = Limits {
        events,
        event_bytes,
        readers: 2,
        ..Limits::default()
    };
    Diagnostics::new(&limits, Scrub::default())
}

fn trouble(message: &str) -> Happening {
    Happening::Trouble {
        message: message.to_owned(),
    }
}

fn closed() -> Happening {
    Happening::Closed {
        reason: "asked".to_owned(),
        message: String::new(),
    }
}

async fn all(diagnostics: &Arc<Diagnostics>, after: Option<u64>) -> Vec<Diagnostic> {
    let mut reader = diagnostics.read(after).unwrap().unwrap();
    let mut read = Vec::new();
    while let Some(entry) = reader.next().await {
        let diagnostic: Diagnostic = serde_json::from_str(&entry.json).unwrap();
        assert_eq!(diagnostic.seq, entry.seq);
        read.push(diagnostic);
    }
    read
}

#[tokio::test]
async fn each_reader_is_told_all_from_where_it_was() {
    let diagnostics = diagnostics(10, 10_000);
    diagnostics.push(1, trouble("one"));
    let mut early = diagnostics.read(None).unwrap().unwrap();
    assert_eq!(early.next().await.unwrap().seq, 1);
    diagnostics.push(2, trouble("two"));
    diagnostics.push(3, closed());
    diagnostics.push(4, trouble("after the end"));
    let late = all(&diagnostics, None).await;
    let seqs: Vec<_> = late.iter().map(|it| it.seq).collect();
    assert_eq!(seqs, [1, 2, 3]);
    assert_eq!(late[1].what, trouble("two"));
    assert_eq!(all(&diagnostics, Some(1)).await, late[1..]);
    assert_eq!(
        all(&diagnostics, Some(99)).await,
        late,
        "an id of another session"
    );
    assert!(diagnostics.read(Some(3)).unwrap().is_none());
    assert_eq!(early.next().await.unwrap().seq, 2);
    assert_eq!(early.next().await.unwrap().seq, 3);
    assert!(early.next().await.is_none());
}

#[tokio::test]
async fn a_reader_that_comes_too_late_is_told_what_it_missed() {
    let by_count = diagnostics(3, 10_000);
    let by_bytes = diagnostics(100, 200);
    for (diagnostics, expected) in [(by_count, 3), (by_bytes, 3)] {
        for at in 1..=10 {
            diagnostics.push(at, trouble("x"));
        }
        diagnostics.push(11, closed());
        let read = all(&diagnostics, Some(2)).await;
        let missing = u64::try_from(11 - expected - 2).unwrap();
        assert_eq!(read[0].what, Happening::Missed { events: missing });
        assert_eq!((read[0].seq, read[0].at_ms), (missing + 2, missing + 2));
        let seqs: Vec<_> = read[1..].iter().map(|it| it.seq).collect();
        assert_eq!(seqs, [9, 10, 11]);
    }
}

#[tokio::test]
async fn the_newest_event_is_kept_however_long_it_is() {
    let diagnostics = diagnostics(10, 100);
    diagnostics.push(1, trouble(&"x".repeat(1000)));
    let mut reader = diagnostics.read(None).unwrap().unwrap();
    assert_eq!(reader.next().await.unwrap().seq, 1);
}

#[tokio::test]
async fn readers_are_counted() {
    let diagnostics = diagnostics(10, 10_000);
    let first = diagnostics.read(None).unwrap();
    let _second = diagnostics.read(None).unwrap();
    assert!(diagnostics.read(None).is_err());
    drop(first);
    assert!(diagnostics.read(None).is_ok());
}

#[tokio::test(start_paused = true)]
async fn nobody_has_read_for_a_while() {
    let diagnostics = diagnostics(10, 10_000);
    let unread = Duration::from_secs(20);
    let start = Instant::now();
    diagnostics.left(unread).await;
    assert_eq!(start.elapsed(), unread, "nobody came");
    let left = diagnostics.left(unread);
    tokio::pin!(left);
    // Somebody comes in time, stays long, goes, and comes back in time.
    for _ in 0..2 {
        let absent = tokio::time::timeout(unread * 3 / 4, &mut left).await;
        assert!(absent.is_err());
        let reader = diagnostics.read(None).unwrap();
        let present = tokio::time::timeout(unread * 5, &mut left).await;
        assert!(present.is_err());
        drop(reader);
    }
    let gone = Instant::now();
    left.await;
    assert_eq!(gone.elapsed(), unread);
}
