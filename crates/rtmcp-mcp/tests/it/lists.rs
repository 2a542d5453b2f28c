//! Tools that change while a server is connected, and log messages.

use std::time::Duration;

use rtmcp_mcp::{LogLevel, Notice, Pool, ServerState};
use rtmcp_mock::{serve::Running, talker::Talker};
use serde_json::json;
use tokio::time::timeout;

use crate::{
    front::Front,
    support::{call, http, ready, serve, soon, text},
};

/// Both revisions over Streamable HTTP, and HTTP+SSE.
async fn ways(server: &Running) -> (Front, [String; 3]) {
    let front = Front::stateful(server.addr()).await;
    let urls = [front.url("/mcp"), server.url_mcp(), server.url_sse()];
    (front, urls)
}

/// The next list of a pool's only server.
async fn names(changes: &mut rtmcp_mcp::Changes) -> Vec<String> {
    match soon(changes.next()).await.unwrap().what {
        ServerState::Ready { tools } => tools.into_iter().map(|tool| tool.name).collect(),
        other => panic!("ready instead of {other:?}"),
    }
}

/// Waits until the server would tell this client of a change.
async fn subscribed(pool: &Pool, server: &Running) {
    // A session is told as soon as it is; the stateless revision tells whoever listens.
    let Some(rtmcp_mcp::Status::Ready(info)) = pool.status(&"mock".into()) else {
        panic!("ready");
    };
    if info.revision == "2026-07-28" {
        soon(server.stats().wait_until(|seen| seen.listening > 0)).await;
    }
}

#[tokio::test]
async fn tools_that_come_and_go_are_listed_anew_in_every_revision() {
    let talker = Talker::new();
    let server = serve(talker.clone()).await;
    let (_front, urls) = ways(&server).await;
    for url in urls {
        let pool = ready(http(&url)).await;
        let (mut changes, mut notices) = (pool.changes(), pool.notices());
        let before = names(&mut changes).await;
        subscribed(&pool, &server).await;

        talker.learn("juggle");
        let now = names(&mut changes).await;
        assert_eq!(now.len(), before.len() + 1, "{url}");
        assert!(now.contains(&"juggle".to_owned()));
        let outcome = call(&pool, "juggle", json!({})).await.unwrap();
        assert_eq!(text(&outcome), "juggle");
        let Some(Notice::ToolsChanged { diff, .. }) = soon(notices.next()).await else {
            panic!("a notice");
        };
        assert_eq!(
            (diff.added, diff.removed.len()),
            (vec!["juggle".to_owned()], 0)
        );

        talker.forget("juggle");
        assert_eq!(names(&mut changes).await, before);
        soon(pool.shutdown()).await;
    }
}

#[tokio::test]
async fn a_server_that_cries_wolf_is_listed_seldom_and_changes_nothing() {
    let talker = Talker::new();
    let server = serve(talker.clone()).await;
    let front = Front::stateful(server.addr()).await;
    let pool = ready(http(front.url("/mcp"))).await;
    let mut changes = pool.changes();
    names(&mut changes).await;
    let before = server.stats().now().listed;
    let spam = async {
        loop {
            talker.cry_wolf();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    // Lists after 0.1 s, 2 s more, 4 s more …
    let quiet = Duration::from_millis(2500);
    tokio::select! {
        () = spam => {}
        change = timeout(quiet, changes.next()) => assert!(change.is_err(), "{change:?}"),
    }
    let listed = server.stats().now().listed - before;
    assert!((1..=2).contains(&listed), "{listed}");
    // It is still heard.
    talker.learn("sing");
    assert!(names(&mut changes).await.contains(&"sing".to_owned()));
}

#[tokio::test]
async fn log_messages_are_told_and_a_flood_is_counted() {
    let server = serve(Talker::new()).await;
    let (_front, urls) = ways(&server).await;
    for url in urls {
        let mut config = http(&url);
        config.log_level = Some(LogLevel::Notice);
        let pool = ready(config).await;
        let mut notices = pool.notices();
        call(&pool, "log", json!({"text": "no paper", "times": 30}))
            .await
            .unwrap();
        let mut heard = 0;
        while heard < 20 {
            let Some(Notice::Log { level, message, .. }) = soon(notices.next()).await else {
                panic!("a message");
            };
            assert_eq!(
                (level, message.expose().as_str()),
                (LogLevel::Error, "no paper")
            );
            heard += 1;
        }
        let more = timeout(Duration::from_millis(50), notices.next()).await;
        assert!(more.is_err(), "{more:?}");
        soon(pool.shutdown()).await;
    }
    // Sessions were asked for them once.
    assert_eq!(server.stats().now().log_level.as_deref(), Some("notice"));
}
