//! Calls that don't come to their tool, or not back from it.

use super::Scene;
use crate::{
    approvals::terminal,
    page::{Case, Stdout},
    stage::{KEY, config, endpoint, mcp, shop, trouble},
};

const REFUND: &str = r#"{"order":1042,"amount":20}"#;

pub(super) async fn cases() -> Vec<Case> {
    let (mut scene, _) = Scene::new().await;
    let (shop, trouble) = (shop().await, trouble().await);
    scene.place(shop.addr(), "127.0.0.1:8091");
    scene.place(trouble.addr(), "127.0.0.1:8092");
    let (url, bad) = (shop.url_mcp(), trouble.url_mcp());
    let all: &[(&str, &[&str])] = &[
        (
            "There is no such tool.",
            &["call", &url, "get_wether", "{}"],
        ),
        ("Arguments are missing.", &["call", &url, "get_weather"]),
        (
            "Arguments don't fit.",
            &["call", &url, "quote", r#"{"product":"chair","quantity":0}"#],
        ),
        (
            "Arguments aren't JSON.",
            &["call", &url, "get_weather", "city=Paris"],
        ),
        (
            "The tool reports an error.",
            &["call", &url, "lookup_customer", r#"{"name":"Nobody"}"#],
        ),
        (
            "The server answers with an error of the protocol.",
            &["call", &bad, "protocol_error", "{}", "--approve", "all"],
        ),
        (
            "The tool takes too long.",
            &[
                "call",
                &bad,
                "slow",
                r#"{"ms":60000}"#,
                "--timeout",
                "300ms",
            ],
        ),
        (
            "A call needs a yes, and stdin is no terminal.",
            &["call", &url, "issue_refund", REFUND],
        ),
        (
            "A call is denied.",
            &["call", &url, "issue_refund", REFUND, "--approve", "never"],
        ),
    ];
    for (what, args) in all {
        scene.all(what, args).await;
    }
    unanswered(&mut scene, &url).await;
    assert_eq!(shop.stats().tool("issue_refund").started, 0);
    in_a_turn(&mut scene, &url).await;
    scene.cases
}

/// Somebody is asked, and doesn't answer.
async fn unanswered(scene: &mut Scene, url: &str) {
    let server = mcp("shop", url, "approval_expires = \"1s\"");
    scene.stage.write("rtmcp.toml", server);
    let args = [
        "call",
        "shop",
        "issue_refund",
        REFUND,
        "--config",
        "rtmcp.toml",
    ];
    let (keyboard, screen) = terminal();
    let ran = scene.stage.rtmcp(&args).stdin(screen).run().await;
    scene.note(
        "Nobody answers the question in time.",
        &args,
        &ran,
        Stdout::Shown,
    );
    drop(keyboard);
}

/// The same in a turn: the model is told, and the turn goes on.
async fn in_a_turn(scene: &mut Scene, url: &str) {
    let sim = endpoint().await;
    let server = mcp("shop", url, "approval_expires = \"1s\"");
    scene.stage.write("rtmcp.toml", config(sim.addr(), &server));
    let args = ["say", "--text", "A refund, please", "--approve", "never"];
    scene.err("A call of a turn is denied.", &args).await;
    let args = ["say", "--text", "A refund, please"];
    let (keyboard, screen) = terminal();
    let say = scene.stage.rtmcp(&args).env("RTMCP_KEY", KEY);
    let ran = say.stdin(screen).run().await;
    assert!(ran.stdout.contains("reply     Done."), "{ran:?}");
    scene.note(
        "Nobody answers the question of a turn in time.",
        &args,
        &ran,
        Stdout::Left,
    );
    drop(keyboard);
    let args = ["say", "--text", "Talk nonsense"];
    scene.err("The model's arguments don't fit.", &args).await;
}
