//! A backend with a proxy, before an endpoint that is played by hand or by the simulator.

use std::net::SocketAddr;

use rtmcp::{NativeTools, ProxyConfig, ProxyKeys, ProxyOrigins};
use rtmcp_server::serve::BackendConfig;

use super::{
    client::{Client, PROXY_KEY, request},
    far::{Far, FarEnd},
};
use crate::serve::stage::Stage;

/// A proxy with a key of its own.
pub(super) fn own() -> ProxyConfig {
    ProxyConfig {
        keys: ProxyKeys::Own(vec!["another-key-of-it".into(), PROXY_KEY.into()]),
        native: NativeTools::Pass,
        origins: ProxyOrigins::Any,
    }
}

/// A proxy whose clients show keys of the endpoint.
pub(super) fn passing() -> ProxyConfig {
    ProxyConfig {
        keys: ProxyKeys::Pass,
        origins: ProxyOrigins::These(vec!["https://app.example".to_owned()]),
        ..own()
    }
}

/// A stage with a proxy.
pub(super) async fn proxied(proxy: ProxyConfig) -> Stage {
    Stage::with(|it| it.proxy = Some(proxy)).await
}

/// A stage with a proxy before another endpoint.
pub(super) async fn before(endpoint: SocketAddr, change: impl FnOnce(&mut BackendConfig)) -> Stage {
    Stage::with(|it| {
        it.proxy = Some(own());
        it.endpoints[0].realtime.url = format!("http://{endpoint}/v1").parse().unwrap();
        change(it);
    })
    .await
}

/// A stage without tools, and both ends of a connection.
pub(super) async fn pair() -> (Stage, Client, FarEnd) {
    pair_at(&Far::new().await).await
}

/// A stage before an endpoint, without tools, and both ends of a connection.
pub(super) async fn pair_at(far: &Far) -> (Stage, Client, FarEnd) {
    let stage = before(far.addr(), |it| {
        it.servers.clear();
        it.router.servers.clear();
    })
    .await;
    let asked = request(stage.addr, "?model=gpt-realtime-2.1");
    let (client, end) = tokio::join!(Client::open(asked), far.accept());
    (stage, client.unwrap(), end)
}
