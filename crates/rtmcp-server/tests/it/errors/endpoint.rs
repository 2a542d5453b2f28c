//! Realtime endpoints that aren't there, refuse, or go away.

use std::net::SocketAddr;

use rtmcp_media::webrtc::{Connection, PeerConfig};
use rtmcp_sim::{
    Sim, SimConfig,
    faults::{FaultSpec, Faults},
};

use super::Scene;
use crate::{
    page::{Case, Stdout},
    stage::{KEY, LOOPBACK, config, endpoint, mcp, shop, sim_config, trouble},
};

const SAY: &[&str] = &["say", "--text", "Hello", "--config", "rtmcp.toml"];
const HANG: &[&str] = &["say", "--text", "Please hang", "--approve", "all"];

pub(super) async fn cases() -> Vec<Case> {
    let (mut scene, nowhere) = Scene::new().await;
    scene.stage.write("rtmcp.toml", config(nowhere, ""));
    scene.err("Nobody listens at `realtime.url`.", SAY).await;
    let shop = shop().await;
    scene.place(shop.addr(), "127.0.0.1:8091");
    scene.stage.write("rtmcp.toml", config(shop.addr(), ""));
    scene
        .err("`realtime.url` leads to something else.", SAY)
        .await;

    let sim = endpoint().await;
    scene.place(sim.addr(), "127.0.0.1:8090");
    let good = config(sim.addr(), "");
    scene
        .stage
        .write("rtmcp.toml", good.replace("http://", "https://"));
    scene.err("The endpoint speaks no TLS.", SAY).await;
    scene
        .stage
        .write("rtmcp.toml", good.replace("\napi_key", "\n# api_key"));
    scene.err("No key is given.", SAY).await;
    scene.stage.write("rtmcp.toml", &good);
    let say = scene.stage.rtmcp(SAY).env("RTMCP_KEY", "sk-wrong");
    let ran = say.run().await;
    assert!(!ran.stderr.contains("sk-wrong"));
    scene.note("The key is wrong.", SAY, &ran, Stdout::Left);
    let key = scene.stage.rtmcp(SAY).env("RTMCP_KEY", "sk\nwrong");
    let ran = key.run().await;
    scene.note("The key can't be sent.", SAY, &ran, Stdout::Left);
    scene.stage.write(
        "rtmcp.toml",
        good.replace("[realtime]", "[realtime]\nmodel = \"gpt-2\""),
    );
    scene.err("There is no such model.", SAY).await;
    let check = ["check", "rtmcp.toml"];
    scene.all("The same, seen by `check`.", &check).await;

    refused(&mut scene).await;
    calls(&mut scene, &good).await;
    lost(&mut scene).await;
    scene.cases
}

/// Sessions that the endpoint doesn't want, at the door or just behind it.
async fn refused(scene: &mut Scene) {
    for (what, faults) in [
        (
            "The account has no quota left.",
            &["refuse=insufficient_quota"][..],
        ),
        (
            "The same, said on the open connection.",
            &["turn-away=insufficient_quota"],
        ),
        (
            "Too much was asked for in too short a time.",
            &["refuse=rate_limit_exceeded"],
        ),
        ("The endpoint fails.", &["refuse=server_error"]),
        (
            "The same, said on the open connection.",
            &["turn-away=server_error"],
        ),
        (
            "It closes the connection in a way that asks for no other.",
            &["close=4000@event=2"],
        ),
        (
            "The connection breaks, and the key isn't valid any more.",
            &["close=1011@response=1", "refuse=invalid_api_key@session=2"],
        ),
    ] {
        let faults = faults.iter().map(|it| it.parse::<FaultSpec>().unwrap());
        let sim = SimConfig {
            faults: Faults::from_iter(faults),
            ..sim_config()
        };
        let sim = Sim::bind(LOOPBACK, sim).await.unwrap();
        scene.place(sim.addr(), "127.0.0.1:8090");
        scene.stage.write("rtmcp.toml", config(sim.addr(), ""));
        scene.err(what, SAY).await;
    }
}

/// Calls that aren't there, or can't be.
async fn calls(scene: &mut Scene, good: &str) {
    scene.stage.write("rtmcp.toml", good);
    let attach = ["attach", "rtc_gone"];
    scene.err("There is no such call.", &attach).await;
    let named = ["attach", "the call"];
    scene.err("A call has no such name.", &named).await;
    // It answers to an offer, and nobody is at the other end of its answer.
    let deaf = deaf().await;
    scene.place(deaf, "127.0.0.1:8090");
    let config = config(deaf, "").replace("[realtime]", "[realtime]\nconnect_timeout = \"1s\"");
    scene.stage.write("rtmcp.toml", config);
    let say = ["say", "--text", "Hello", "--transport", "webrtc"];
    scene.err("UDP doesn't get through.", &say).await;
}

/// Returns the address of an endpoint whose calls nobody takes.
async fn deaf() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind(LOOPBACK).await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = |body: String| async move {
        let offer = body.split("\r\n\r\n").find(|it| it.starts_with("v=0"));
        let offer = offer.unwrap().split("\r\n--").next().unwrap();
        let config = PeerConfig::default();
        let (_, answer) = Connection::answer(offer, LOOPBACK, config).await.unwrap();
        let location = [("location", "/v1/realtime/calls/rtc_1")];
        (axum::http::StatusCode::CREATED, location, answer)
    };
    let router = axum::Router::new().route("/v1/realtime/calls", axum::routing::post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// Endpoints that go away in the middle of a call.
async fn lost(scene: &mut Scene) {
    let trouble = trouble().await;
    let server = mcp("trouble", &trouble.url_mcp(), "");
    scene.place(trouble.addr(), "127.0.0.1:8092");
    let sim = endpoint().await;
    scene.place(sim.addr(), "127.0.0.1:8090");
    scene.stage.write("rtmcp.toml", config(sim.addr(), &server));
    let say = scene.stage.rtmcp(HANG).env("RTMCP_KEY", KEY);
    let kill = async {
        trouble
            .stats()
            .wait_until(|it| it.tool("hang").running() == 1)
            .await;
        sim.abort();
    };
    let (ran, ()) = tokio::join!(say.run(), kill);
    scene.note(
        "The endpoint dies in the middle of a call.",
        HANG,
        &ran,
        Stdout::Left,
    );
    trouble
        .stats()
        .wait_until(|it| it.tool("hang").cancelled == 1)
        .await;

    let short = SimConfig {
        session_seconds: 3,
        ..sim_config()
    };
    let sim = Sim::bind(LOOPBACK, short).await.unwrap();
    let alone = config(sim.addr(), &server);
    let alone = alone.replace("[realtime]", "[realtime]\nreconnect = false");
    scene.stage.write("rtmcp.toml", alone);
    scene
        .err(
            "The endpoint ends the session, and `realtime.reconnect` is off.",
            HANG,
        )
        .await;
}
