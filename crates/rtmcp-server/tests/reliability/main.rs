//! Everything that the simulator can do wrong, over every way to an endpoint, and what an
//! application sees of it: `docs/reliability.md`.

#![expect(clippy::unwrap_used, reason = "a test stops at what it doesn't expect")]

mod page;
mod rows;
mod scene;
mod seen;
mod stage;

use std::sync::Arc;

use futures_util::future::join_all;
use rtmcp_sim::faults::Faults;
use tokio::sync::Semaphore;

use rows::{Row, SECTIONS};
use scene::Way;

/// Sessions at once: more would only make each wait for the others.
const AT_ONCE: usize = 12;

/// Each fault has an endpoint, a server and a session of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reliability_is_as_documented() {
    let rows = SECTIONS.iter().flat_map(|it| it.rows);
    let cells = rows.flat_map(|row| Way::ALL.map(|way| (row, way)));
    let cells = cells.filter(|(row, way)| row.said(*way).is_some());
    let mut cells: Vec<_> = cells.collect();
    // What takes longest comes first.
    cells.sort_by_key(|(row, _)| row.kind() != "half-open");
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let tasks = cells.into_iter().map(|(row, way)| {
        let places = Arc::clone(&places);
        async move {
            let playing = tokio::spawn(async move {
                let _place = places.acquire().await.unwrap();
                scene::play(way, row).await
            });
            (row, way, playing.await.unwrap())
        }
    });
    let mut wrong = Vec::new();
    for (row, way, seen) in join_all(tasks).await {
        let said = row.said(way).unwrap_or_default();
        if said != seen {
            let fault = row.fault;
            wrong.push(format!(
                "{fault}, {}:\n  said  {said}\n  seen  {seen}",
                way.name()
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    page::compare();
}

#[test]
fn every_kind_of_fault_has_a_row() {
    let kinds = Faults::list();
    let kinds = kinds
        .lines()
        .filter_map(|it| it.split([' ', '=']).find(|it| !it.is_empty()));
    let has_row = |kind: &&str| {
        let mut rows = SECTIONS.iter().flat_map(|it| it.rows);
        rows.any(|row: &Row| row.kind() == *kind)
    };
    let missing: Vec<&str> = kinds.filter(|it| !has_row(it)).collect();
    assert_eq!(missing, [""; 0]);
}
