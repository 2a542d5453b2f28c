//! Configurations that can't be used.

use super::Scene;
use crate::{
    page::Case,
    stage::{config, endpoint, mcp, shop},
};

/// What is wrong, and the configuration.
const BAD: &[(&str, &str)] = &[
    ("It isn't TOML.", "[realtime\nurl = 1"),
    ("A field is unknown.", "[realtime]\nvioce = \"marin\""),
    (
        "A server has both `url` and `command`.",
        "[[mcp]]\nname = \"shop\"\nurl = \"http://127.0.0.1:8091/mcp\"\ncommand = [\"shop\"]",
    ),
    (
        "A server has neither `url` nor `command`.",
        "[[mcp]]\nname = \"shop\"",
    ),
    (
        "A secret's variable isn't set.",
        "[realtime]\napi_key = { env = \"RTMCP_UNSET\" }",
    ),
    (
        "A secret's file isn't there.",
        "[realtime]\napi_key = { file = \"key.txt\" }",
    ),
    (
        "A key stands in the file.",
        "[realtime]\napi_key = \"sk-in-the-open\"",
    ),
    (
        "A duration can't be read.",
        "[[mcp]]\nname = \"shop\"\nurl = \"http://127.0.0.1:8091/mcp\"\ntimeout = \"soon\"",
    ),
    (
        "Two servers have one name.",
        "[[mcp]]\nname = \"shop\"\nurl = \"http://127.0.0.1:8091/mcp\"\n\
         [[mcp]]\nname = \"shop\"\nurl = \"http://127.0.0.1:8092/mcp\"",
    ),
    (
        "A function name has characters that models don't know.",
        "[[mcp]]\nname = \"shop\"\nurl = \"http://127.0.0.1:8091/mcp\"\n\
         [[route]]\nfunction = \"find client\"\nmcp = \"shop\"\ntool = \"lookup_customer\"",
    ),
    (
        "A route leads to a server that isn't there.",
        "[[route]]\nfunction = \"find_client\"\nmcp = \"shop\"\ntool = \"lookup_customer\"",
    ),
    (
        "A route leads to a tool that isn't allowed.",
        "[[mcp]]\nname = \"shop\"\nurl = \"http://127.0.0.1:8091/mcp\"\nallow = [\"quote\"]\n\
         [[route]]\nfunction = \"find_client\"\nmcp = \"shop\"\ntool = \"lookup_customer\"",
    ),
    ("A proxy lets nobody in.", "[proxy]"),
    (
        "A proxy is to take keys of its own and of the endpoint.",
        "[proxy]\nkeys = [{ env = \"PATH\" }]\npass_keys = true",
    ),
    (
        "A proxy's native tools are run by nobody that there is.",
        "[proxy]\npass_keys = true\nnative = \"both\"",
    ),
    (
        "A transport doesn't go with a URL.",
        "[[mcp]]\nname = \"shop\"\nurl = \"http://127.0.0.1:8091/mcp\"\ntransport = \"stdio\"",
    ),
    (
        "`approve` has a word that it doesn't know.",
        "[[mcp]]\nname = \"shop\"\nurl = \"http://127.0.0.1:8091/mcp\"\napprove = \"sometimes\"",
    ),
    (
        "A URL isn't one.",
        "[realtime]\nurl = \"127.0.0.1:8090/v1\"",
    ),
];

pub(super) async fn cases() -> Vec<Case> {
    let (mut scene, _) = Scene::new().await;
    scene
        .err("There is no such file.", &["check", "nowhere.toml"])
        .await;
    for (what, config) in BAD {
        scene.stage.write("rtmcp.toml", config);
        scene.err(what, &["check", "rtmcp.toml"]).await;
    }
    let text = format!("{:?}", scene.cases);
    assert!(!text.contains("sk-in-the-open"), "a key is shown: {text}");

    let shop = shop().await;
    scene.place(shop.addr(), "127.0.0.1:8091");
    let endpoint = endpoint().await;
    scene.place(endpoint.addr(), "127.0.0.1:8090");
    let server = mcp("shop", &shop.url_mcp(), "allow = [\"get_wether\"]");
    let config = config(endpoint.addr(), &server);
    scene.stage.write("rtmcp.toml", config);
    scene
        .all(
            "A tool that it names isn't on the server.",
            &["check", "rtmcp.toml"],
        )
        .await;
    scene
        .err(
            "There is no server of that name in it.",
            &["call", "store", "quote", "{}", "--config", "rtmcp.toml"],
        )
        .await;
    let args = [
        "tools",
        "--config",
        "rtmcp.toml",
        "--bearer-env",
        "RTMCP_UNSET",
        "http://127.0.0.1:9/mcp",
    ];
    scene.err("The token's variable isn't set.", &args).await;
    scene.cases
}
