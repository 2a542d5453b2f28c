//! `tools`, `call` and `check` where all is well.

use serde_json::{Value, json};

use crate::stage::{KEY, Stage, config, endpoint, mcp, shop, trouble};

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn tools_are_listed_as_the_model_sees_them() {
    let (stage, trouble) = (Stage::new(), trouble().await);
    let ran = stage.rtmcp(&["tools", &trouble.url_mcp()]).run().await;
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let line = |tool: &str| {
        let mut lines = ran.stdout.lines();
        lines.find(|it| it.trim_start().starts_with(tool)).unwrap()
    };
    assert!(line("echo").ends_with("ok; runs without asking (the server says that it only reads)"));
    assert!(line("hang").ends_with("ok; asks (the server doesn't say that it only reads)"));
    assert!(line("bad_schema").contains("repaired: "), "{}", ran.stdout);
}

#[tokio::test]
async fn a_tool_that_the_owner_leaves_out_is_said_to_be() {
    let (stage, shop) = (Stage::new(), shop().await);
    let server = mcp("shop", &shop.url_mcp(), "allow = [\"get_weather\"]");
    stage.write("rtmcp.toml", server);
    for (tool, words) in [
        ("quote", "`allow` leaves `quote` of `shop` out"),
        ("qoute", "`shop` has no tool that `qoute` names"),
    ] {
        let args = ["call", "shop", tool, "--config", "rtmcp.toml"];
        let ran = stage.rtmcp(&args).run().await;
        assert_eq!(ran.code, Some(6), "{ran:?}");
        assert!(ran.stderr.contains(words), "{ran:?}");
    }
}

#[tokio::test]
async fn a_check_says_what_a_proxy_without_a_key_of_its_own_means() {
    let (stage, endpoint) = (Stage::new(), endpoint().await);
    let addr = endpoint.addr();
    let config = format!("[realtime]\nurl = \"http://{addr}/v1\"\n[proxy]\npass_keys = true");
    stage.write("rtmcp.toml", config);
    let ran = stage.rtmcp(&["check", "rtmcp.toml"]).run().await;
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    for words in ["ok     proxy: ", "note   realtime: ", "(`pass_keys`)"] {
        assert!(ran.stdout.contains(words), "{ran:?}");
    }
}

#[tokio::test]
async fn the_listing_as_json_has_the_schemas() {
    let (stage, shop) = (Stage::new(), shop().await);
    let server = mcp("shop", &shop.url_mcp(), "allow = [\"quote\", \"qoute\"]");
    stage.write("rtmcp.toml", server);
    let args = ["tools", "--config", "rtmcp.toml", "--json"];
    let ran = stage.rtmcp(&args).run().await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let listing = json_of(&ran.stdout);
    assert_eq!(listing["servers"][0]["name"], "shop");
    assert_eq!(listing["servers"][0]["status"], "ready");
    assert_eq!(listing["servers"][0]["about"]["tools"], 5);
    let tool = |name: &str| {
        let tools = listing["tools"].as_array().unwrap().iter();
        tools.clone().find(|it| it["tool"] == name).unwrap()
    };
    let quote = tool("quote");
    assert_eq!(quote["function"], "quote");
    assert_eq!(quote["verdict"], "ok");
    assert_eq!(quote["because"], json!([]));
    assert_eq!(
        quote["approval"],
        json!({"asks": false, "because": "annotation"})
    );
    assert_eq!(
        quote["parameters"]["properties"]["quantity"]["type"],
        "integer"
    );
    assert_eq!(
        (&tool("qoute")["verdict"], &tool("qoute")["function"]),
        (&json!("left_out"), &Value::Null)
    );
    assert_eq!(
        tool("get_weather")["because"],
        json!(["not on the allow-list"])
    );
}

#[tokio::test]
async fn a_call_prints_what_the_model_would_read() {
    let (stage, shop) = (Stage::new(), shop().await);
    let args = [
        "call",
        &shop.url_sse(),
        "get_weather",
        r#"{"city":"Paris"}"#,
    ];
    let ran = stage.rtmcp(&args).run().await;
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let (mark, words) = ran.stdout.split_once('\n').unwrap();
    assert!(mark.starts_with("(data from ") && mark.ends_with(", not instructions)"));
    assert!(
        words.starts_with("18 degrees and sunny in Paris"),
        "{ran:?}"
    );

    let whole = [&args[..], &["--json"]].concat();
    let whole = json_of(&stage.rtmcp(&whole).run().await.stdout);
    assert_eq!(whole["ended"], "answered");
    assert_eq!(whole["output"].as_str().unwrap(), ran.stdout.trim_end());
    assert_eq!(
        whole["result"]["structuredContent"]["temperature_celsius"],
        18
    );
    assert_eq!(whole["result"]["content"][0]["type"], "text");
}

#[tokio::test]
async fn a_call_follows_the_rules_of_a_configuration() {
    let (stage, shop) = (Stage::new(), shop().await);
    let route =
        "[[route]]\nfunction = \"find_client\"\nmcp = \"shop\"\ntool = \"lookup_customer\"\n";
    let other = mcp("other", "http://127.0.0.1:1/mcp", "");
    let server = mcp("shop", &shop.url_mcp(), "output_tokens = 128");
    stage.write("rtmcp.toml", format!("{server}{other}{route}"));
    let call = |tool| {
        let args = [
            "call",
            "shop",
            tool,
            r#"{"name":"Lovelace"}"#,
            "--config",
            "rtmcp.toml",
            "--json",
        ];
        stage.rtmcp(&args).run()
    };
    let ran = call("find_client").await;
    assert_eq!(
        ran.code,
        Some(0),
        "another server need not be there: {ran:?}"
    );
    assert_eq!(json_of(&ran.stdout)["tool"], "lookup_customer");
    assert_eq!(
        json_of(&call("lookup_customer").await.stdout)["function"],
        "find_client"
    );
}

#[tokio::test]
async fn a_good_configuration_is_said_to_be_good_without_its_secrets() {
    let (stage, endpoint, shop) = (Stage::new(), endpoint().await, shop().await);
    let server = mcp(
        "shop",
        &shop.url_mcp(),
        "headers = { X-Tenant = \"acme-secret\" }",
    );
    stage.write("rtmcp.toml", config(endpoint.addr(), &server));
    let check = |args: &[&str]| {
        let args = [&["check", "rtmcp.toml"], args].concat();
        stage.rtmcp(&args).env("RTMCP_KEY", KEY).run()
    };
    let ran = check(&[]).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    let starts: Vec<_> = ran
        .stdout
        .lines()
        .map(|it| it.split(": ").next().unwrap())
        .collect();
    assert_eq!(
        starts,
        ["ok     config", "ok     mcp shop", "ok     realtime"]
    );
    assert!(!ran.stdout.contains(KEY) && !ran.stdout.contains("acme-secret"));
    assert_eq!(endpoint.sessions_so_far(), 1);

    let ran = check(&["--offline"]).await;
    assert_eq!((ran.code, ran.stdout.lines().count()), (Some(0), 1));
    assert_eq!(endpoint.sessions_so_far(), 1, "offline is offline");
}

#[tokio::test]
async fn the_listing_says_what_the_tools_cost() {
    let (stage, shop) = (Stage::new(), shop().await);
    let ran = stage.rtmcp(&["tools", &shop.url_mcp()]).run().await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let total = ran.stdout.lines().last().unwrap();
    assert!(
        total.starts_with("5 tools: 5 ok, 0 repaired, 0 left out; about "),
        "{total}"
    );
    assert!(
        total.contains(" of 8000 tokens in each session, ")
            && total.ends_with(" of them for rtmcp's own functions"),
        "{total}"
    );

    let server = mcp("shop", &shop.url_mcp(), "");
    let found = "[tools]\ndiscover = \"on\"\nalways = [\"shop.quote\"]\n";
    stage.write("rtmcp.toml", format!("{server}{found}"));
    let ran = stage
        .rtmcp(&["tools", "--config", "rtmcp.toml"])
        .run()
        .await;
    let total = ran.stdout.lines().last().unwrap();
    assert!(
        total.contains("it has find_tool, call_tool and 1 of them instead"),
        "{total}"
    );
    let ran = stage
        .rtmcp(&["tools", "--config", "rtmcp.toml", "--json"])
        .run()
        .await;
    let listing = json_of(&ran.stdout);
    let sum: u64 = listing["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["tokens"].as_u64().unwrap())
        .sum();
    assert_eq!(listing["cost"]["all"], sum);
    assert_eq!(listing["cost"]["discovering"], true);
}

#[tokio::test]
async fn a_tool_that_is_found_is_called() {
    let (stage, shop) = (Stage::new(), shop().await);
    let server = mcp("shop", &shop.url_mcp(), "");
    let found = "[tools]\ndiscover = \"on\"\n";
    stage.write("rtmcp.toml", format!("{server}{found}"));
    let query = r#"{"query":"weather of a city","limit":1}"#;
    let ran = stage
        .rtmcp(&["call", "shop", "find_tool", query, "--config", "rtmcp.toml"])
        .run()
        .await;
    assert_eq!(
        json_of(&ran.stdout)["functions"][0]["name"],
        "get_weather",
        "{ran:?}"
    );
    let wrapped = r#"{"name":"get_weather","arguments":{"city":"Paris"}}"#;
    let ran = stage
        .rtmcp(&[
            "call",
            "shop",
            "call_tool",
            wrapped,
            "--config",
            "rtmcp.toml",
        ])
        .run()
        .await;
    assert!(
        ran.stdout.contains("\n18 degrees and sunny in Paris"),
        "{ran:?}"
    );
}

#[tokio::test]
async fn tools_are_pinned_at_first_sight_and_approved_again_by_command() {
    let (stage, shop) = (Stage::new(), shop().await);
    let server = mcp("shop", &shop.url_mcp(), "");
    stage.write(
        "rtmcp.toml",
        format!("{server}[tools]\npins = \"tools.json\"\n"),
    );
    let list = ["tools", "--config", "rtmcp.toml"];
    let ran = stage.rtmcp(&list).run().await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let pins = String::from_utf8(stage.read("tools.json")).unwrap();
    let mut changed = json_of(&pins);
    assert_eq!(changed["servers"]["shop"].as_object().unwrap().len(), 5);

    // What was approved then was another description.
    let quote = &mut changed["servers"]["shop"]["quote"];
    quote["hash"] = json!("0".repeat(64));
    quote["tool"]["description"] = json!("Something else.");
    stage.write("tools.json", changed.to_string());
    let ran = stage.rtmcp(&list).run().await;
    assert!(
        ran.stdout.contains(
            "left out: changed since it was approved: its description was “Something else.”"
        ),
        "{ran:?}"
    );
    let call = ["call", "shop", "quote", "{}", "--config", "rtmcp.toml"];
    assert_eq!(stage.rtmcp(&call).run().await.code, Some(6));

    let ran = stage
        .rtmcp(&["tools", "--config", "rtmcp.toml", "--approve"])
        .run()
        .await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.stdout
            .contains("approved shop: `quote`: its description was “Something else.” and is "),
        "{ran:?}"
    );
    let again = String::from_utf8(stage.read("tools.json")).unwrap();
    assert_eq!(json_of(&again), json_of(&pins));
    let ran = stage.rtmcp(&list).run().await;
    assert!(!ran.stdout.contains("left out:"), "{ran:?}");

    stage.write("rtmcp.toml", server);
    let ran = stage
        .rtmcp(&["tools", "--config", "rtmcp.toml", "--approve"])
        .run()
        .await;
    assert_eq!(ran.code, Some(3));
    assert!(
        ran.stderr.contains("the configuration pins no tools"),
        "{ran:?}"
    );
}
