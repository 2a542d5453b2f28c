//! Results of a stranger's tools: the first line is a budget in tokens, the rest the result as MCP has
//! it. What the model reads is never empty and never over the budget, what is hidden stays hidden, and
//! the rest of what was cut can be read.

#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use rtmcp_core::{Private, ResourceBody, ToolCall, ToolContent, ToolOutcome};
use rtmcp_router::{
    READ_MORE, Reader, RedactKind, RedactRule, Redaction, Route, Router, RouterConfig, Shaped,
    Shaping, estimate_tokens, shape,
};
use serde_json::Value;

fuzz_target!(|text: &str| {
    let (budget, result) = text.split_once('\n').unwrap_or(("200", text));
    let budget = budget.trim().parse().unwrap_or(200_usize).clamp(1, 1 << 16);
    let shaping = Arc::new(Shaping {
        stranger: Some("stranger".into()),
        redaction: HIDDEN.clone(),
        ..Shaping::new(budget)
    });
    let mut shaped = shape(&outcome(result), &shaping, "result-1");
    let mut router = Router::new(RouterConfig::default()).expect("no server contradicts nothing");
    for _ in 0..READS {
        check(&shaped, &shaping);
        let next = shaped.cut.as_ref().and_then(|cut| next(cut.notice.expose()));
        if let Some(kept) = shaped.kept.take() {
            router.keep(kept);
        }
        let Some(next) = next else { return };
        match router.route(&read_more(next)) {
            Route::Answer(answer) => shaped = *answer,
            other => panic!("more is read: {other:?}"),
        }
    }
});

fn check(shaped: &Shaped, shaping: &Shaping) {
    let text = shaped.text.expose();
    assert!(!text.is_empty());
    let tokens = estimate_tokens(text);
    assert!(tokens <= shaping.tokens, "{tokens} of {}", shaping.tokens);
    if let Some(cut) = &shaped.cut {
        assert!(cut.shown <= cut.total, "{} of {}", cut.shown, cut.total);
    }
    let hidden = shaping.redaction.text(Reader::Model, text);
    assert_eq!(hidden, *text, "all that is hidden is hidden at once");
}

/// What a notice says to read next.
fn next(notice: &str) -> Option<String> {
    let (_, rest) = notice.split_once(READ_MORE)?;
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
    let arguments = values.next()?.expect("a notice has arguments that can be used");
    Some(arguments.to_string())
}

fn read_more(arguments: String) -> ToolCall {
    ToolCall {
        call_id: "call_1".into(),
        response_id: "resp_1".into(),
        item_id: "item_1".into(),
        name: READ_MORE.to_owned(),
        arguments: arguments.into(),
    }
}

/// Rules that hide something of each kind.
static HIDDEN: LazyLock<Redaction> = LazyLock::new(|| {
    let kinds = [RedactKind::Card, RedactKind::Email, RedactKind::Key];
    let rules = kinds.map(RedactRule::new);
    Redaction::new(&rules).expect("rules of our own")
});

const READS: usize = 20;

/// A result as JSON; what is none is a text.
fn outcome(text: &str) -> ToolOutcome {
    let Ok(result @ Value::Object(_)) = serde_json::from_str::<Value>(text) else {
        return ToolOutcome::text(text);
    };
    let content = result["content"].as_array();
    ToolOutcome {
        is_error: result["isError"].as_bool().unwrap_or_default(),
        content: content.into_iter().flatten().map(part).collect(),
        structured: result.get("structuredContent").cloned().map(Private::new),
    }
}

fn part(part: &Value) -> ToolContent {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mime = |value: &Value| value["mimeType"].as_str().map(str::to_owned);
    match part["type"].as_str() {
        Some("image") => ToolContent::Image {
            mime: word(&part["mimeType"]),
            data: word(&part["data"]).into(),
        },
        Some("audio") => ToolContent::Audio {
            mime: word(&part["mimeType"]),
            data: word(&part["data"]).into(),
        },
        Some("resource_link") => ToolContent::Link {
            uri: word(&part["uri"]),
            name: word(&part["name"]),
            mime: mime(part),
        },
        Some("resource") => {
            let resource = &part["resource"];
            ToolContent::Resource {
                uri: word(&resource["uri"]),
                mime: mime(resource),
                body: match resource["blob"].as_str() {
                    Some(blob) => ResourceBody::Blob(blob.into()),
                    None => ResourceBody::Text(word(&resource["text"]).into()),
                },
            }
        }
        _ => ToolContent::Text(word(&part["text"]).into()),
    }
}
