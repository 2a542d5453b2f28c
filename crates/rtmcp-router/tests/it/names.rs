//! Names: legal, distinct, reversible, and the same whatever comes up first.

use rtmcp_core::{FunctionName, ServerName, limits};
use rtmcp_router::{
    Discover, OfferRules, Refusal, Router, RouterConfig, ServerRules, StaticRoute, Verdict,
};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{configured, functions, hand_out, offer, refusal, router, shop, target, tool};

/// Servers with their tools, and the functions that the model sees.
type Row<'a> = (&'a [(&'a str, &'a [&'a str])], &'a [&'a str]);

#[test]
fn each_tool_gets_the_shortest_name_that_is_safe() {
    let long = "a".repeat(65);
    let table: &[Row<'_>] = &[
        // Legal and unique: as it is.
        (
            &[("shop", &["get_weather", "quote-2"])],
            &["get_weather", "quote-2"],
        ),
        // Two servers have it: qualified on both.
        (
            &[("a", &["search"]), ("b", &["search", "x"])],
            &["a__search", "b__search", "x"],
        ),
        // Characters that endpoints refuse.
        (
            &[("fs", &["files/read", "files.list"])],
            &["fs__files_read", "fs__files_list"],
        ),
        // Made legal they would be alike: the names end with a hash.
        (
            &[("fs", &["a/b", "a.b"])],
            &["fs__a_b_fcc42aea", "fs__a_b_c4a74418"],
        ),
        // A legal name keeps its reading; what looks like it gets the hash.
        (&[("fs", &["a_b", "a.b"])], &["a_b", "fs__a_b_c4a74418"]),
        // A plain name can't be mistaken for a qualified one.
        (&[("a", &["b__c"]), ("a__b", &["c"])], &["a__b__c", "c"]),
        (
            &[("a", &["b__c", "c"]), ("a__b", &["c"])],
            &["a__b__c", "a__c", "a__b__c_39bcdfea"],
        ),
        // Too long.
        (
            &[("s", &[&long])],
            &["s__aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_cec56ac3"],
        ),
        // Nothing legal in the tool, or in either.
        (&[("shop", &["天气"])], &["shop___"]),
        (&[("天", &["天"])], &["_____95660f2d"]),
    ];
    for (servers, expected) in table {
        assert_eq!(functions(&router(servers)), *expected, "{servers:?}");
    }
}

#[test]
fn names_do_not_depend_on_who_comes_up_first() {
    let rules = || ["a", "b", "c"].map(ServerRules::new).to_vec();
    let tools = |server: &str| match server {
        "a" => vec![tool("search"), tool("x.y")],
        "b" => vec![tool("search"), tool("find")],
        _ => vec![tool("find"), tool("solo")],
    };
    let expected = [
        "a__search",
        "a__x_y",
        "b__search",
        "b__find",
        "c__find",
        "solo",
    ];
    for order in [
        ["a", "b", "c"],
        ["c", "b", "a"],
        ["b", "a", "c"],
        ["b", "c", "a"],
    ] {
        let mut router = configured(rules());
        for server in order {
            offer(&mut router, server, tools(server));
        }
        assert_eq!(functions(&router), expected, "{order:?}");
    }
}

#[test]
fn an_allow_list_fixes_the_names_before_its_server_is_up() {
    let late = ServerRules {
        allow: Some(vec!["search".into()]),
        ..ServerRules::new("late")
    };
    let mut router = configured(vec![ServerRules::new("early"), late]);
    offer(&mut router, "early", vec![tool("search")]);
    assert_eq!(functions(&router), ["early__search"]);
    offer(&mut router, "late", vec![tool("search")]);
    assert_eq!(functions(&router), ["early__search", "late__search"]);
}

#[test]
fn a_name_handed_out_earlier_still_finds_its_tool() {
    let mut router = configured(["a", "b"].map(ServerRules::new).to_vec());
    offer(&mut router, "a", vec![tool("search")]);
    assert_eq!(hand_out(&mut router), ["search"]);
    offer(&mut router, "b", vec![tool("search")]);
    assert_eq!(hand_out(&mut router), ["a__search", "b__search"]);

    let to = target(&router, "search", "{}");
    assert_eq!(
        (to.server.as_str(), to.function.as_str()),
        ("a", "a__search")
    );

    // Once it was the name of both, it is nobody's.
    router.clear_tools(&ServerName::from("a"));
    assert_eq!(hand_out(&mut router), ["search"]);
    offer(&mut router, "a", vec![tool("search")]);
    let refused = refusal(&router, "search", "{}");
    assert_eq!(refused.kind(), "ambiguous_function");
    assert!(
        refused.output().contains("`a__search`, `b__search`"),
        "{}",
        refused.output()
    );
}

#[test]
fn a_name_that_no_session_was_given_is_nobodys() {
    for order in [["a", "b"], ["b", "a"]] {
        let mut router = configured(["a", "b"].map(ServerRules::new).to_vec());
        for server in order {
            offer(&mut router, server, vec![tool("search")]);
        }
        let refused = refusal(&router, "search", "{}");
        assert_eq!(refused.kind(), "ambiguous_function", "{order:?}");
    }
}

#[test]
fn a_call_to_a_server_that_left_is_told_so() {
    let mut router = router(&[("a", &["search"])]);
    assert_eq!(hand_out(&mut router), ["search"]);
    router.clear_tools(&ServerName::from("a"));
    assert_eq!(functions(&router), [""; 0]);
    let refused = refusal(&router, "search", "{}");
    assert_eq!(
        refused.output(),
        "`search` can't be used right now: its server `a` is not connected. Nothing was done. Tell \
         the user; try again only if they ask."
    );
}

#[test]
fn a_withdrawn_tool_is_gone_under_every_name() {
    let mut router = router(&[("a", &["search"]), ("b", &["search"])]);
    assert_eq!(hand_out(&mut router), ["a__search", "b__search"]);
    offer(&mut router, "a", vec![tool("other")]);
    assert_eq!(target(&router, "search", "{}").server.as_str(), "b");
    assert_eq!(
        refusal(&router, "a__search", "{}").kind(),
        "unknown_function"
    );
}

#[test]
fn other_spellings_are_routed_while_one_tool_can_be_meant() {
    let router = router(&[
        ("shop", &["quote", "files/read"]),
        ("web", &["search"]),
        ("db", &["search"]),
    ]);
    let table = [
        ("quote", "shop", "quote"),
        (" quote ", "shop", "quote"),
        ("shop.quote", "shop", "quote"),
        ("shop/quote", "shop", "quote"),
        ("shop:quote", "shop", "quote"),
        ("shop__quote", "shop", "quote"),
        ("files/read", "shop", "files/read"),
        ("files_read", "shop", "files/read"),
        ("shop.files/read", "shop", "files/read"),
        ("web.search", "web", "search"),
        ("db__search", "db", "search"),
    ];
    for (name, server, tool) in table {
        let to = target(&router, name, "{}");
        assert_eq!(
            (to.server.as_str(), to.tool.as_str()),
            (server, tool),
            "{name}"
        );
        let found = router.resolve(name).unwrap();
        assert_eq!(
            (found.server.as_str(), found.tool.as_str()),
            (server, tool),
            "{name}"
        );
    }
    assert_eq!(
        refusal(&router, "search", "{}").kind(),
        "ambiguous_function"
    );
    assert!(router.resolve("search").is_none());
    assert!(router.resolve("").is_none());
}

#[test]
fn an_unknown_name_is_answered_with_the_nearest() {
    let router = router(&[("shop", &["get_weather", "get_quote", "issue_refund"])]);
    let table = [
        (
            "get_wether",
            "There is no function `get_wether`, so nothing was called. Did you mean `get_weather`?",
        ),
        (
            "GetWeather",
            "There is no function `GetWeather`, so nothing was called. Did you mean `get_weather`?",
        ),
        (
            "functions.get_weather",
            "There is no function `functions.get_weather`, so nothing was called. Did you mean `get_weather`?",
        ),
        (
            "play_music",
            "There is no function `play_music`, so nothing was called. Use only the functions of this session.",
        ),
    ];
    for (name, expected) in table {
        assert_eq!(refusal(&router, name, "{}").output(), expected);
    }
}

#[test]
fn the_owners_name_replaces_the_tools() {
    let route = StaticRoute {
        description: Some("Finds a client.".into()),
        ..StaticRoute::new(
            FunctionName::new("find_client").unwrap(),
            "crm",
            "lookup_customer",
        )
    };
    let mut router = Router::new(RouterConfig {
        servers: vec![ServerRules::new("crm")],
        routes: vec![route],
        ..RouterConfig::default()
    })
    .unwrap();

    // Known before the server is up, and refused honestly.
    let waiting = refusal(&router, "find_client", "{}");
    assert!(matches!(&waiting, Refusal::ServerNotReady { server, .. } if server.as_str() == "crm"));

    offer(
        &mut router,
        "crm",
        vec![tool("lookup_customer"), tool("other")],
    );
    assert_eq!(functions(&router), ["find_client", "other"]);
    let described = router.functions().next().unwrap().description;
    assert_eq!(described, Some("Finds a client."));
    assert_eq!(target(&router, "find_client", "{}").tool, "lookup_customer");
    assert_eq!(
        target(&router, "lookup_customer", "{}").function.as_str(),
        "find_client"
    );
}

#[test]
fn a_route_from_code_goes_through_the_same_door() {
    let mut router = router(&[("crm", &["lookup"]), ("web", &["find"])]);
    let find = FunctionName::new("find").unwrap();
    router
        .add_route(StaticRoute::new(find.clone(), "crm", "lookup"))
        .unwrap();
    // The owner's name wins; the tool that had it gets its qualified one.
    assert_eq!(functions(&router), ["find", "web__find"]);
    assert_eq!(target(&router, "find", "{}").server.as_str(), "crm");

    let again = router.add_route(StaticRoute::new(find, "web", "find"));
    assert!(again.is_err());
    assert_eq!(functions(&router), ["find", "web__find"]);

    router.add_server(ServerRules::new("late")).unwrap();
    offer(&mut router, "late", vec![tool("ping")]);
    assert_eq!(functions(&router), ["find", "web__find", "ping"]);
}

#[test]
fn only_allowed_tools_are_offered_and_every_other_is_accounted_for() {
    let rules = ServerRules {
        allow: Some(vec!["quote".into(), "get_wether".into()]),
        ..ServerRules::new("shop")
    };
    let mut router = configured(vec![rules]);
    offer(
        &mut router,
        "shop",
        vec![
            tool("quote"),
            tool("issue_refund"),
            tool("get_weather"),
            tool("quote"),
        ],
    );
    assert_eq!(functions(&router), ["quote"]);
    assert_eq!(
        refusal(&router, "issue_refund", "{}").kind(),
        "unknown_function"
    );
    assert_eq!(
        refusal(&router, "shop.issue_refund", "{}").kind(),
        "unknown_function"
    );

    let rows: Vec<(&str, Option<&str>, &Verdict)> = router
        .report()
        .iter()
        .map(|r| {
            (
                r.tool.as_str(),
                r.function.as_ref().map(FunctionName::as_str),
                &r.verdict,
            )
        })
        .collect();
    let out = |why: &str| Verdict::LeftOut(why.to_owned());
    let expected = [
        ("quote", Some("quote"), Verdict::Ok),
        ("issue_refund", None, out("not on the allow-list")),
        ("get_weather", None, out("not on the allow-list")),
        (
            "quote",
            None,
            out("the server lists this name twice; the first one counts"),
        ),
        (
            "get_wether",
            None,
            out("configured, but the server has no such tool; did you mean `get_weather`?"),
        ),
    ];
    assert_eq!(rows.len(), expected.len());
    for (row, (tool, function, verdict)) in rows.iter().zip(&expected) {
        assert_eq!(*row, (*tool, *function, verdict));
    }
}

#[test]
fn a_session_is_never_offered_more_tools_than_it_takes() {
    let names: Vec<String> = (0..limits::TOOLS_PER_SESSION + 2)
        .map(|n| format!("t{n}"))
        .collect();
    let mut router = Router::new(RouterConfig {
        servers: vec![ServerRules::new("big")],
        offer: OfferRules {
            discover: Discover::Off,
            ..OfferRules::default()
        },
        ..RouterConfig::default()
    })
    .unwrap();
    offer(&mut router, "big", names.iter().map(|t| tool(t)).collect());
    assert_eq!(router.functions().count(), limits::TOOLS_PER_SESSION);
    let left: Vec<&str> = router
        .report()
        .iter()
        .filter(|r| !r.verdict.is_offered())
        .map(|r| r.tool.as_str())
        .collect();
    // One place is for reading on in results.
    assert_eq!(left, ["t127", "t128", "t129"]);
    assert_eq!(refusal(&router, "t129", "{}").kind(), "unknown_function");
}

#[test]
fn a_name_of_another_length_is_no_trouble() {
    let router = shop(tool("quote"));
    let refused = refusal(&router, &"q".repeat(10_000), "{}");
    assert!(refused.output().len() < 300);
}
