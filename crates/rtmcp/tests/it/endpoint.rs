//! Endpoints that can't be reached or open no session: what a person is told.

use std::time::Duration;

use rtmcp::{Agent, Config, ConnectError};
use rtmcp_sim::{Sim, SimConfig};
use tokio::net::TcpListener;

use crate::stage::{LOOPBACK, config, endpoint, sim_config};

async fn failure(config: Config) -> ConnectError {
    Agent::new(config).unwrap().connect().await.unwrap_err()
}

#[tokio::test]
async fn nobody_listens() {
    let endpoint = endpoint().await;
    let config = config(&endpoint, &[]);
    endpoint.shutdown().await;
    let error = failure(config).await;
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("is it running"), "{error}");
}

#[tokio::test]
async fn the_key_is_wrong() {
    let sim = SimConfig {
        keys: Some(vec!["right".into()]),
        ..sim_config()
    };
    let endpoint = Sim::bind(LOOPBACK, sim).await.unwrap();
    let error = failure(config(&endpoint, &[]).api_key("wrong-key-4242")).await;
    assert!(
        matches!(error, ConnectError::Unauthorized { .. }),
        "{error}"
    );
    assert!(!error.to_string().contains("4242") && !format!("{error:?}").contains("4242"));
    let agent = Agent::new(config(&endpoint, &[]).api_key("right")).unwrap();
    agent.connect().await.unwrap();
}

#[tokio::test]
async fn no_realtime_endpoint_is_there() {
    let endpoint = endpoint().await;
    let url = endpoint
        .url()
        .replace("/v1/realtime", "/elsewhere/realtime");
    let error = failure(Config::new(url.parse().unwrap())).await;
    assert!(matches!(error, ConnectError::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn somebody_listens_and_says_nothing() {
    let silent = TcpListener::bind(LOOPBACK).await.unwrap();
    let url = format!("http://{}/v1", silent.local_addr().unwrap());
    let mut config = Config::new(url.parse().unwrap());
    config.realtime.connect_timeout = Duration::from_millis(200);
    let error = failure(config).await;
    assert!(matches!(error, ConnectError::TooSlow { .. }), "{error}");
}
