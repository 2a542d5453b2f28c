//! Tools of last time, offered before a server is there.

use std::{path::Path, time::Duration};

use rtmcp_mcp::{CallOptions, Notice, Pool, ServerConfig, ServerState, Status};
use rtmcp_mock::{
    talker::Talker,
    trouble::{Faults, Pace, Trouble},
};
use serde_json::json;

use crate::support::{PATIENCE, call, call_with, http, ready, serve, serve_at, soon, text};

fn caching(url: &str, folder: &Path) -> ServerConfig {
    let mut config = http(url);
    config.cache = Some(folder.to_owned());
    config
}

/// Fills the cache, and waits until the file is there.
async fn fill(config: ServerConfig) -> usize {
    let folder = config.cache.clone().unwrap();
    let pool = ready(config).await;
    let Some(ServerState::Ready { tools }) = soon(pool.changes().next()).await.map(|it| it.what)
    else {
        panic!("ready");
    };
    let kept = async {
        let is_kept = || {
            let files = std::fs::read_dir(&folder).into_iter().flatten().flatten();
            files
                .map(|file| file.path())
                .any(|path| path.extension().is_some_and(|it| it == "json"))
        };
        while !is_kept() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    soon(kept).await;
    soon(pool.shutdown()).await;
    tools.len()
}

#[tokio::test]
async fn the_tools_of_a_slow_server_are_there_at_once_and_a_call_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(Trouble::new()).await;
    let address = server.addr();
    let config = caching(&server.url_mcp(), folder.path());
    let count = fill(config.clone()).await;
    server.abort().await;

    let faults = Faults {
        opening: Pace::After(Duration::from_millis(800)),
        ..Faults::default()
    };
    let _slow = serve_at(Trouble::with(faults), address).await;
    let pool = Pool::new(vec![config]);
    let mut changes = pool.changes();
    let first = soon(changes.next()).await.unwrap().what;
    let ServerState::Cached { tools, age } = first else {
        panic!("cached instead of {first:?}");
    };
    assert_eq!(pool.status(&"mock".into()), Some(Status::Connecting));
    assert_eq!(tools.len(), count);
    assert!(age < Duration::from_secs(60));
    let outcome = call(&pool, "echo", json!({"text": "patience"}))
        .await
        .unwrap();
    assert_eq!(text(&outcome), "patience");
    let second = soon(changes.next()).await.unwrap().what;
    assert!(matches!(second, ServerState::Ready { .. }), "{second:?}");
}

#[tokio::test]
async fn a_call_waits_no_longer_than_its_own_time() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(Trouble::new()).await;
    let address = server.addr();
    let config = caching(&server.url_mcp(), folder.path());
    fill(config.clone()).await;
    server.abort().await;
    let faults = Faults {
        opening: Pace::Never,
        ..Faults::default()
    };
    let _silent = serve_at(Trouble::with(faults), address).await;
    let pool = Pool::new(vec![config]);
    let options = CallOptions {
        timeout: Duration::from_millis(200),
        ..CallOptions::default()
    };
    let error = soon(call_with(&pool, "echo", json!({"text": "x"}), options)).await;
    let error = error.unwrap_err();
    assert!(error.is_timeout() && !error.may_have_run(), "{error:?}");
}

#[tokio::test]
async fn what_changed_meanwhile_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let talker = Talker::new();
    talker.learn("juggle");
    let server = serve(talker.clone()).await;
    let config = caching(&server.url_mcp(), folder.path());
    fill(config.clone()).await;
    talker.forget("juggle");
    talker.learn("sing");

    let pool = Pool::new(vec![config]);
    let mut notices = pool.notices();
    let Some(Notice::ToolsChanged { diff, .. }) = soon(notices.next()).await else {
        panic!("a notice");
    };
    assert_eq!(
        (diff.added, diff.removed),
        (vec!["sing".to_owned()], vec!["juggle".to_owned()])
    );
    assert!(diff.changed.is_empty());
}

#[tokio::test]
async fn an_observer_who_comes_late_still_sees_the_tools_of_a_server_that_is_down() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(Trouble::new()).await;
    let config = caching(&server.url_mcp(), folder.path());
    let count = fill(config.clone()).await;
    server.abort().await;
    let pool = Pool::new(vec![config]);
    assert!(pool.settled(PATIENCE).await);
    let mut changes = pool.changes();
    let first = soon(changes.next()).await.unwrap().what;
    assert!(matches!(first, ServerState::Cached { tools, .. } if tools.len() == count));
    let second = soon(changes.next()).await.unwrap().what;
    assert!(matches!(second, ServerState::Down { .. }), "{second:?}");
}
