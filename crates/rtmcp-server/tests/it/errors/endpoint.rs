//! Realtime endpoints that aren't there, refuse, or go away.

use rtmcp_sim::{Sim, SimConfig};

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

    lost(&mut scene).await;
    scene.cases
}

/// Endpoints that go away in the middle of a call.
async fn lost(scene: &mut Scene) {
    let trouble = trouble().await;
    let server = mcp("trouble", &trouble.url_mcp(), "");
    scene.place(trouble.addr(), "127.0.0.1:8092");
    let sim = endpoint().await;
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
    scene.stage.write("rtmcp.toml", config(sim.addr(), &server));
    scene.err("The endpoint ends the session.", HANG).await;
}
