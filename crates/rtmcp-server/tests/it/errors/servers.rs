//! MCP servers that aren't there, refuse, or go away.

use rtmcp_mock::{serve::Server, shop::Shop};

use super::Scene;
use crate::{
    page::{Case, Stdout},
    stage::{KEY, LOOPBACK, config, endpoint, mcp, shop, trouble},
};

pub(super) async fn cases() -> Vec<Case> {
    let (mut scene, nowhere) = Scene::new().await;
    let nobody = format!("http://{nowhere}/mcp");
    scene
        .err("Nobody listens there.", &["tools", &nobody])
        .await;
    let shop = shop().await;
    scene.place(shop.addr(), "127.0.0.1:8091");
    let url = shop.url_mcp();
    scene
        .err(
            "One of two servers is down (the other's tools are listed).",
            &["tools", &url, &nobody],
        )
        .await;
    let wrong = url.replace("/mcp", "/api");
    scene.err("The path is wrong.", &["tools", &wrong]).await;
    scene
        .err(
            "The transport is wrong.",
            &["tools", &url, "--transport", "sse"],
        )
        .await;
    let sim = endpoint().await;
    scene.place(sim.addr(), "127.0.0.1:8090");
    let realtime = format!("http://{}/v1/realtime", sim.addr());
    scene
        .err("It is no MCP server.", &["tools", &realtime])
        .await;
    scene
        .err(
            "It speaks no TLS.",
            &["tools", &url.replace("http", "https")],
        )
        .await;

    locked(&mut scene).await;
    commands(&mut scene).await;
    lost(&mut scene).await;
    scene.cases
}

/// Servers that want a token.
async fn locked(scene: &mut Scene) {
    let locked = Server::new(Shop::new()).bearer("open-sesame");
    let locked = locked.bind(LOOPBACK).await.unwrap();
    scene.place(locked.addr(), "127.0.0.1:8091");
    let url = locked.url_mcp();
    scene
        .err("It wants a token, and none is given.", &["tools", &url])
        .await;
    let args = ["tools", &url, "--bearer-env", "SHOP_TOKEN"];
    let tools = scene.stage.rtmcp(&args).env("SHOP_TOKEN", "sesame");
    let ran = tools.run().await;
    assert!(!ran.stderr.contains("sesame"));
    scene.note("The token is wrong.", &args, &ran, Stdout::Left);
}

/// Servers that are programs.
async fn commands(scene: &mut Scene) {
    let args = ["tools", "--config", "rtmcp.toml"];
    for (what, command) in [
        ("Its program isn't installed.", "no-such-server"),
        ("Its program ends at once.", "true"),
    ] {
        let server = format!("[[mcp]]\nname = \"shop\"\ncommand = [\"{command}\"]");
        scene.stage.write("rtmcp.toml", server);
        scene.err(what, &args).await;
    }
}

/// Servers that go away in the middle of a call.
async fn lost(scene: &mut Scene) {
    let server = trouble().await;
    scene.place(server.addr(), "127.0.0.1:8092");
    let args = ["call", &server.url_mcp(), "hang", "{}", "--approve", "all"];
    let call = scene.stage.rtmcp(&args);
    let (ran, ()) = tokio::join!(call.run(), kill(server));
    scene.note(
        "It dies in the middle of a call.",
        &args,
        &ran,
        Stdout::Shown,
    );

    let (server, sim) = (trouble().await, endpoint().await);
    scene.place(server.addr(), "127.0.0.1:8092");
    let config = config(sim.addr(), &mcp("trouble", &server.url_mcp(), ""));
    scene.stage.write("rtmcp.toml", config);
    let args = ["say", "--text", "Please hang", "--approve", "all"];
    let say = scene.stage.rtmcp(&args).env("RTMCP_KEY", KEY);
    let (ran, ()) = tokio::join!(say.run(), kill(server));
    assert!(ran.stdout.contains("reply     Done."), "{ran:?}");
    scene.note(
        "It dies in the middle of a turn.",
        &args,
        &ran,
        Stdout::Left,
    );
}

async fn kill(server: rtmcp_mock::serve::Running) {
    let stats = server.stats();
    stats.wait_until(|it| it.tool("hang").running() == 1).await;
    server.abort().await;
}
