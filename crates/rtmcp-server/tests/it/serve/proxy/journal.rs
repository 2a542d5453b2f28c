//! What the owner of a proxy reads in its log.

use std::net::SocketAddr;

use rustix::process::Signal;

use super::{
    client::{Client, PROXY_KEY, request},
    far::Far,
    moves::{greet, item, obey},
};
use crate::{
    rtmcp::Running,
    stage::{KEY, Stage, config, endpoint, nowhere},
};

const MODEL: &str = "?model=gpt-realtime-2.1";

/// Starts `rtmcp serve` with a proxy, and returns where it listens.
async fn serve(stage: &Stage, endpoint: SocketAddr, key: &str) -> (Running, SocketAddr) {
    let proxy = "[proxy]\nkeys = [{ env = \"RTMCP_PROXY_KEY\" }]";
    stage.write("rtmcp.toml", config(endpoint, proxy));
    let args = ["serve", "--listen", "127.0.0.1:0"];
    let command = stage.rtmcp(&args).env("RTMCP_KEY", key);
    let mut running = command.env("RTMCP_PROXY_KEY", PROXY_KEY).start();
    let line = running.line().await;
    let addr = line.strip_prefix("listening on http://").unwrap();
    let addr = addr.strip_suffix("/api").unwrap().parse().unwrap();
    assert_eq!(
        running.line().await,
        format!("listening on http://{addr}/v1")
    );
    (running, addr)
}

/// Stops it, and returns the lines of its log.
async fn log(running: Running) -> Vec<String> {
    running.signal(Signal::INT);
    let ran = running.end().await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for secret in [KEY, PROXY_KEY, "sk-wrong"] {
        assert!(!ran.stderr.contains(secret), "{ran:?}");
    }
    ran.stderr.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn the_lines_of_a_session_have_one_tag() {
    let (stage, sim) = (Stage::new(), endpoint().await);
    let (running, addr) = serve(&stage, sim.addr(), KEY).await;
    let mut client = Client::open(request(addr, MODEL)).await.unwrap();
    client.until("session.created").await;
    let lines = log(running).await;
    let [began, ended] = lines.as_slice() else {
        panic!("{lines:?}")
    };
    let (_, tag) = began.split_once("proxied session begins session=").unwrap();
    for word in [tag, "proxied session ends", "by=Proxy", "seconds="] {
        assert!(ended.contains(word), "{ended}");
    }
}

#[tokio::test]
async fn what_clients_are_to_ask_the_owner_about_is_there() {
    let (stage, sim) = (Stage::new(), endpoint().await);
    for (endpoint, key, words) in [
        (sim.addr(), "sk-wrong", "refuses `realtime.api_key`"),
        (nowhere().await, KEY, "the endpoint gave no answer"),
    ] {
        let (running, addr) = serve(&stage, endpoint, key).await;
        Client::refused(request(addr, MODEL), 502).await;
        let lines = log(running).await;
        let [line] = lines.as_slice() else {
            panic!("{lines:?}")
        };
        assert!(line.contains("WARN") && line.contains(words), "{line}");
    }
}

#[tokio::test]
async fn a_session_that_goes_over_to_another_connection_says_so() {
    let (stage, far) = (Stage::new(), Far::new().await);
    let (running, addr) = serve(&stage, far.addr(), KEY).await;
    let (client, end) = tokio::join!(Client::open(request(addr, MODEL)), far.accept());
    let (mut client, mut end) = (client.unwrap(), end);
    greet(&mut end).await;
    client.until("session.created").await;
    client.send(item("item_1", "Remember me.")).await;
    while obey(&mut end).await["type"] != "conversation.item.create" {}
    client.until("conversation.item.done").await;
    drop(end);
    let mut next = far.accept().await;
    greet(&mut next).await;
    while obey(&mut next).await["type"] != "conversation.item.create" {}
    next.send(r#"{"type":"vendor.something"}"#).await;
    client.until("vendor.something").await;
    drop((client, next));
    let lines = log(running).await;
    let (_, tag) = lines[0].split_once("session=").unwrap();
    assert!(lines.iter().all(|it| it.contains(tag)), "{lines:?}");
    assert!(!lines.concat().contains("Remember me"), "{lines:?}");
    for words in [
        "needs another connection",
        "proxied session goes on",
        "why=\"dropped\" replayed=1",
    ] {
        assert!(lines.iter().any(|it| it.contains(words)), "{lines:?}");
    }
}
