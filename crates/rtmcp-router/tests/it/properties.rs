//! What holds for all inputs.

use std::{collections::BTreeSet, sync::Arc};

use proptest::{
    collection::vec, prelude::ProptestConfig, proptest, strategy::Strategy, string::string_regex,
};
use rtmcp_core::{Private, ResourceBody, ServerName, ToolContent, ToolOutcome};
use rtmcp_router::{Route, Router, ServerRules, Shaping, estimate_tokens, shape};
use serde_json::json;

use crate::fixture::{call, configured, offer, shop, tool, with_schema};

fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Names that are likely to collide: few characters, among them those that names are joined with.
fn name() -> impl Strategy<Value = String> {
    string_regex("[ab_./é]{1,6}|[ab]{1,2}__[ab]{1,2}|[a-z_-]{50,70}").expect("a valid pattern")
}

fn servers() -> impl Strategy<Value = Vec<(String, Vec<String>)>> {
    let names = vec(name(), 0..6).prop_map(distinct);
    vec((name(), names), 1..5).prop_map(|servers| {
        let mut seen = BTreeSet::new();
        servers
            .into_iter()
            .filter(|(name, _)| seen.insert(name.clone()))
            .collect()
    })
}

fn distinct(names: Vec<String>) -> Vec<String> {
    names
        .into_iter()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

fn build(servers: &[(String, Vec<String>)], order: impl Iterator<Item = usize>) -> Router {
    let rules = servers
        .iter()
        .map(|(name, _)| ServerRules::new(name.clone()));
    let mut router = configured(rules.collect());
    for at in order {
        let (server, tools) = &servers[at];
        offer(&mut router, server, tools.iter().map(|t| tool(t)).collect());
    }
    router
}

fn named(router: &Router) -> Vec<(String, String, String)> {
    let rows = router.report().iter().filter_map(|r| {
        let function = r.function.as_ref()?.to_string();
        Some((r.server.to_string(), r.tool.clone(), function))
    });
    rows.collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn names_are_distinct_and_lead_back(servers in servers()) {
        let router = build(&servers, 0..servers.len());
        let rows = named(&router);
        let tools: usize = servers.iter().map(|(_, tools)| tools.len()).sum();
        assert_eq!(rows.len(), tools, "every tool has a name");
        let functions: BTreeSet<&str> = rows.iter().map(|(_, _, f)| f.as_str()).collect();
        assert_eq!(functions.len(), tools, "no two tools have one name");
        for (server, tool, function) in &rows {
            let found = router.resolve(function).expect("a name that was handed out");
            assert_eq!((found.server.as_str(), &found.tool), (server.as_str(), tool));
        }
    }

    #[test]
    fn names_do_not_depend_on_the_order(servers in servers()) {
        let forwards = build(&servers, 0..servers.len());
        let backwards = build(&servers, (0..servers.len()).rev());
        assert_eq!(named(&forwards), named(&backwards));
    }

    #[test]
    fn a_server_can_not_take_a_name_that_has_another_meaning(servers in servers()) {
        // Each name stands for the same tool before and after another server comes up, or for none.
        let last = servers.len() - 1;
        let before = build(&servers, 0..last);
        let after = build(&servers, 0..servers.len());
        for (server, tool, function) in named(&before) {
            for (other, same, name) in named(&after) {
                if name == function {
                    assert_eq!((&other, &same), (&server, &tool));
                }
            }
        }
    }

    #[test]
    fn any_call_gets_a_decision_and_every_refusal_has_words(name in ".{0,80}", arguments in ".{0,200}") {
        let mut router = shop(with_schema("t", json!({
            "type": "object",
            "properties": { "n": { "type": "integer" } },
            "required": ["n"],
        })));
        router.clear_tools(&ServerName::from("nobody"));
        for name in [name.as_str(), "t"] {
            if let Route::Refuse(refusal) = router.clone().route(&call(name, &arguments)) {
                assert!(!refusal.output().is_empty());
                assert!(refusal.output().len() < 2000);
            }
        }
    }

    #[test]
    fn a_shaped_result_is_never_empty_and_never_over_budget(
        parts in vec((0..5_usize, "(?s).{0,300}"), 0..6),
        is_error in proptest::bool::ANY,
        structured in proptest::option::of("(?s).{0,300}"),
        tokens in 128..400_usize,
        stranger in proptest::bool::ANY,
    ) {
        let outcome = ToolOutcome {
            is_error,
            content: parts.into_iter().map(part).collect(),
            structured: structured.map(|text| Private::new(json!({ "text": text }))),
        };
        let shaping = Shaping {
            stranger: stranger.then(|| "shop".into()),
            ..Shaping::new(tokens)
        };
        let shaped = shape(&outcome, &Arc::new(shaping), "result-1");
        let text = shaped.text.expose();
        assert!(!text.is_empty());
        assert!(estimate_tokens(text) <= tokens);
        if let Some(cut) = shaped.cut {
            assert!(cut.shown <= tokens && cut.total > tokens);
            assert!(text.ends_with(cut.notice.expose()));
        }
    }
}

fn part((kind, words): (usize, String)) -> ToolContent {
    let data = Private::new(words.clone());
    match kind {
        0 => ToolContent::Text(data),
        1 => ToolContent::Image { mime: words, data },
        2 => ToolContent::Link {
            uri: words.clone(),
            name: words,
            mime: None,
        },
        3 => ToolContent::Resource {
            uri: words,
            mime: None,
            body: ResourceBody::Text(data),
        },
        _ => ToolContent::Resource {
            uri: words,
            mime: None,
            body: ResourceBody::Blob(data),
        },
    }
}

#[test]
fn a_router_can_be_shared_between_tasks() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Router>();
}
