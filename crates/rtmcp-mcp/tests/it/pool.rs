//! Several servers: nobody waits for a slow one, and each is reported by name.

use std::{num::NonZeroUsize, time::Duration};

use rtmcp_mcp::{CallOptions, Pool, ServerConfig, ServerState, Status};
use rtmcp_mock::{
    shop::Shop,
    trouble::{Faults, Pace, Trouble},
};
use serde_json::{Map, json};

use crate::support::{call, http, ready, serve, soon};

fn named(name: &str, url: &str) -> ServerConfig {
    ServerConfig::http(name, url.parse().unwrap())
}

#[tokio::test]
async fn a_slow_or_dead_server_delays_nobody_and_is_reported_by_name() {
    let shop = serve(Shop::new()).await;
    let silent = Faults {
        opening: Pace::Never,
        ..Faults::default()
    };
    let silent = serve(Trouble::with(silent)).await;
    let mut slow = named("silent", &silent.url_mcp());
    slow.connect_timeout = Duration::from_millis(1500);
    let dead = named("dead", "http://127.0.0.1:1/mcp");
    let pool = Pool::new(vec![slow, dead, named("shop", &shop.url_mcp())]);

    let mut changes = pool.changes();
    let mut order = Vec::new();
    while order.len() < 3 {
        let change = soon(changes.next()).await.unwrap();
        if change.server.as_str() == "shop" {
            // Ready and of use while the silent one still connects.
            assert_eq!(pool.status(&"silent".into()), Some(Status::Connecting));
            let mut args = Map::new();
            args.insert("city".to_owned(), "Paris".into());
            let options = CallOptions::default();
            let outcome = pool
                .call(&"shop".into(), "get_weather", args, options)
                .await;
            assert!(!outcome.unwrap().is_error);
        }
        order.push((change.server.to_string(), change.what));
    }
    let Some((name, ServerState::Down { error })) = order.last() else {
        panic!("the silent one last: {order:?}");
    };
    assert_eq!(name, "silent");
    assert!(error.is_timeout());
    assert!(error.to_string().contains("`silent`"), "{error}");
    assert!(
        error.to_string().contains("was not ready within 1.5s"),
        "{error}"
    );
}

#[tokio::test]
async fn settled_waits_for_all_and_no_longer_than_it_may() {
    let silent = Faults {
        opening: Pace::Never,
        ..Faults::default()
    };
    let silent = serve(Trouble::with(silent)).await;
    let mut config = http(silent.url_mcp());
    config.connect_timeout = Duration::from_secs(5);
    let pool = Pool::new(vec![config]);
    assert!(!pool.settled(Duration::from_millis(100)).await);
    soon(pool.shutdown()).await;
}

#[tokio::test]
async fn a_slow_list_has_its_own_limit() {
    let faults = Faults {
        listing: Pace::Never,
        ..Faults::default()
    };
    let server = serve(Trouble::with(faults)).await;
    let mut config = http(server.url_mcp());
    config.list_timeout = Duration::from_millis(200);
    let pool = Pool::new(vec![config]);
    assert!(soon(pool.settled(Duration::from_secs(10))).await);
    let Some(Status::Down(error)) = pool.status(&"mock".into()) else {
        panic!("down");
    };
    assert!(
        error
            .to_string()
            .contains("did not list its tools within 200ms"),
        "{error}"
    );
}

#[tokio::test]
async fn all_pages_are_listed() {
    let all = serve(Trouble::new()).await;
    let faults = Faults {
        page_size: NonZeroUsize::new(2),
        ..Faults::default()
    };
    let paged = serve(Trouble::with(faults)).await;
    let mut lists = Vec::new();
    for server in [&all, &paged] {
        for url in [server.url_mcp(), server.url_sse()] {
            let pool = ready(http(url)).await;
            let change = soon(pool.changes().next()).await.unwrap();
            let ServerState::Ready { tools } = change.what else {
                panic!("ready");
            };
            lists.push(tools);
        }
    }
    assert!(lists[0].len() > 10);
    assert!(lists.iter().all(|list| *list == lists[0]));
    assert_eq!(
        paged.stats().now().listed as usize,
        2 * lists[0].len().div_ceil(2)
    );
}

#[tokio::test]
async fn an_unknown_server_is_said_to_be_unknown() {
    let pool = Pool::new(Vec::new());
    assert!(pool.settled(Duration::ZERO).await);
    assert_eq!(pool.status(&"mock".into()), None);
    let error = call(&pool, "echo", json!({})).await.unwrap_err();
    assert!(error.is_unknown_server());
    assert_eq!(
        error.to_string(),
        "no server is called `mock`: check the configuration"
    );
}

#[tokio::test]
async fn after_shutdown_there_are_no_changes_and_no_calls() {
    let server = serve(Trouble::new()).await;
    let pool = ready(http(server.url_mcp())).await;
    let mut changes = pool.changes();
    soon(changes.next()).await;
    soon(pool.shutdown()).await;
    assert_eq!(soon(changes.next()).await, None);
    let error = soon(call(&pool, "echo", json!({"text": "x"})))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the connection to server `mock` was shut down"
    );
}

#[tokio::test]
async fn of_two_servers_with_one_name_the_first_is_kept() {
    let first = serve(Shop::new()).await;
    let second = serve(Trouble::new()).await;
    let pool = Pool::new(vec![http(first.url_mcp()), http(second.url_mcp())]);
    assert_eq!(pool.servers().count(), 1);
    assert!(soon(pool.settled(Duration::from_secs(10))).await);
    assert_eq!(second.stats().now().connections, 0);
}
