//! What it costs to make of a result what the model reads.

use std::fmt::Write as _;

use anyhow::{Context as _, bail};
use rtmcp_core::{Private, ServerName, ToolContent, ToolOutcome, ToolSpec};
use rtmcp_router::{
    Approve, RedactKind, RedactRule, Route, Router, RouterConfig, ServerRules, Target,
};
use serde_json::{Value, json};

use crate::{fixture, time::Effort};

/// Measures, and says it as Markdown.
pub(crate) fn measure(effort: Effort) -> anyhow::Result<String> {
    let mut table = String::from(
        "| a result | redaction | read by the model | p50 | p99 |\n|---|---|---|---|---|\n",
    );
    let kinds = [
        RedactKind::Card,
        RedactKind::Account,
        RedactKind::Email,
        RedactKind::Phone,
        RedactKind::Key,
    ];
    let all: Vec<RedactRule> = kinds.into_iter().map(RedactRule::new).collect();
    for (what, outcome) in outcomes() {
        for (which, rules) in [("none", Vec::new()), ("all five kinds", all.clone())] {
            let (router, target) = routed(rules)?;
            let shaped = router.shape(&target, &outcome);
            let read = match &shaped.cut {
                Some(cut) => format!("{} of {} tokens", cut.shown, cut.total),
                None => "all".to_owned(),
            };
            let times = effort.times(|| (), |()| router.shape(&target, &outcome));
            let (p50, p99) = (times.p50(), times.p99());
            writeln!(table, "| {what} | {which} | {read} | {p50} | {p99} |")?;
        }
    }
    Ok(table)
}

/// A router with rules for redaction, and where a call goes.
fn routed(redact: Vec<RedactRule>) -> anyhow::Result<(Router, Target)> {
    let name = ServerName::from("shop");
    let rules = ServerRules {
        approve: Some(Approve::Never),
        ..ServerRules::new(name.clone())
    };
    let config = RouterConfig {
        servers: vec![rules],
        redact,
        ..RouterConfig::default()
    };
    let mut router = Router::new(config)?;
    let schema = json!({ "type": "object", "properties": {} });
    let orders = ToolSpec {
        name: "orders".to_owned(),
        input_schema: schema.as_object().cloned().context("an object")?,
        ..ToolSpec::default()
    };
    router.set_tools(&name, vec![orders])?;
    match router.route(&fixture::call("orders", &json!({}))) {
        Route::To(target) => Ok((router, target)),
        other => bail!("{other:?}"),
    }
}

fn outcomes() -> [(&'static str, ToolOutcome); 4] {
    let sentence = "Order A-1041 was sent yesterday and arrives on Tuesday before noon.";
    [
        ("a sentence", ToolOutcome::text(sentence)),
        ("20 KB of JSON, as text", written(20_000)),
        ("1 MB of JSON, as text", written(1_000_000)),
        ("1 MB of JSON, structured", structured(1_000_000)),
    ]
}

fn written(bytes: usize) -> ToolOutcome {
    ToolOutcome::text(orders(bytes).to_string())
}

/// As servers give it: the same as data and as text.
fn structured(bytes: usize) -> ToolOutcome {
    let value = orders(bytes);
    ToolOutcome {
        content: vec![ToolContent::Text(Private::new(value.to_string()))],
        structured: Some(Private::new(value)),
        ..ToolOutcome::default()
    }
}

/// Orders of a shop, so many that they have about this length.
fn orders(bytes: usize) -> Value {
    let order = |nth: usize| {
        json!({
            "id": format!("A-{nth}"),
            "customer": { "name": "Ada Lindqvist", "email": format!("ada.{nth}@example.com"), "phone": "+43 1 5880 1000" },
            "paid": { "cents": 1999 + nth, "card": "4242 4242 4242 4242" },
            "lines": [{ "item": "kettle, 1.5 l", "count": 1 }, { "item": "tea, 250 g", "count": nth % 7 }],
            "note": "Please ring twice; the bell of the house is loud, that of the shop is not.",
        })
    };
    let each = order(1000).to_string().len() + 1;
    json!({ "orders": (0..bytes / each).map(order).collect::<Vec<_>>() })
}
