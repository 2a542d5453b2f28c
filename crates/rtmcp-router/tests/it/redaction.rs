//! No secret that a rule describes comes out anywhere, whatever stands around it, wherever it is, and
//! however the result is cut and read.

use std::sync::Arc;

use proptest::{
    collection::vec,
    prelude::{Just, ProptestConfig, prop_oneof, proptest},
    strategy::Strategy,
};
use rtmcp_core::{Private, ResourceBody, ToolContent, ToolOutcome};
use rtmcp_router::{
    Reader, RedactFor, RedactKind, RedactRule, Redaction, Route, Router, Shaped, Shaping, shape,
};
use serde_json::{Value, json};

use crate::fixture::{call, shop, tool};

fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        cases: 192,
        ..ProptestConfig::default()
    }
}

/// A secret as it may be written, and the signs of it that must not come out in a row.
#[derive(Clone, Debug)]
struct Secret {
    written: String,
    signs: String,
}

fn secrets() -> impl Strategy<Value = Secret> {
    let between = prop_oneof![
        Just(""),
        Just(" "),
        Just("-"),
        Just(" - "),
        Just("\u{a0}"),
        Just("\n"),
        Just("\u{200b}"),
    ];
    let numbers = prop_oneof![
        Just("4242424242424242"),
        Just("5555555555554444"),
        Just("6011111111111117"),
        Just("4000056655665556"),
    ];
    let card = (numbers, between, 1..=4_usize).prop_map(|(number, between, size)| {
        let size = if size == 3 { 4 } else { size };
        let groups: Vec<String> = number
            .as_bytes()
            .chunks(size)
            .map(|it| String::from_utf8(it.to_vec()).unwrap())
            .collect();
        Secret {
            written: groups.join(between),
            signs: number.to_owned(),
        }
    });
    let plain = prop_oneof![
        Just("ghp_abcdefghij0123456789"),
        Just("AKIAIOSFODNN7EXAMPLE"),
        Just("jane.doe@example.com"),
        Just("DE89370400440532013000"),
        Just("MRN-12345678"),
    ];
    let plain = plain.prop_map(|it| Secret {
        written: it.to_owned(),
        signs: signs(it),
    });
    prop_oneof![card, plain]
}

fn signs(text: &str) -> String {
    text.chars().filter(|it| it.is_alphanumeric()).collect()
}

fn rules(hide_from: RedactFor) -> Redaction {
    let kinds = [
        RedactKind::Card,
        RedactKind::Account,
        RedactKind::Email,
        RedactKind::Key,
        RedactKind::Pattern(r"MRN-\d{8}".to_owned()),
    ];
    let rules = kinds.map(|kind| RedactRule {
        hide_from,
        ..RedactRule::new(kind)
    });
    Redaction::new(&rules).unwrap()
}

/// Words of any kind that end and begin so that they don't lengthen what is between them.
fn around() -> impl Strategy<Value = String> {
    let words = prop_oneof![
        "[a-z ,.!?]{0,200}",
        "(\\PC| |\n){0,60}",
        Just("word ".repeat(150)),
        Just("{\"a\":[1,2".to_owned()),
        Just("\u{1b}[31m".to_owned()),
        Just("line\n".repeat(40)),
    ];
    words.prop_map(|it| format!(" {it} ;"))
}

/// Puts a text somewhere in a result.
fn result(text: String, place: usize) -> ToolOutcome {
    let words = |text: String| ToolContent::Text(Private::new(text));
    let resource = |uri: String, text: String| ToolContent::Resource {
        uri,
        mime: Some("text/plain".to_owned()),
        body: ResourceBody::Text(Private::new(text)),
    };
    let content = match place {
        0 => vec![words(text)],
        1 => vec![words(
            json!({ "rows": [{ "id": 1, "note": text }], "n": 2 }).to_string(),
        )],
        2 => vec![words(json!({ "names": { text: 1 } }).to_string())],
        3 => vec![
            words("First.".to_owned()),
            resource("file:///a".to_owned(), text),
        ],
        4 => vec![resource(text, "Read.".to_owned())],
        5 => vec![ToolContent::Link {
            uri: text.clone(),
            name: text,
            mime: None,
        }],
        6 => {
            let middle = text.floor_char_boundary(text.len() / 2);
            vec![
                words(text[..middle].to_owned()),
                words(text[middle..].to_owned()),
            ]
        }
        7 => vec![words(
            serde_json::to_string_pretty(&json!([json!({ "in": text }).to_string()])).unwrap(),
        )],
        _ => {
            let structured = Some(Private::new(json!({ "list": vec![json!(text); 5] })));
            return ToolOutcome {
                structured,
                ..ToolOutcome::default()
            };
        }
    };
    ToolOutcome {
        content,
        ..ToolOutcome::default()
    }
}

/// Reads all that can be read of a result, in one piece after the other.
fn read_all(shaped: &Shaped) -> Vec<String> {
    let mut router: Router = shop(tool("t"));
    let mut texts = vec![shaped.text.expose().clone()];
    let Some(kept) = shaped.kept.clone() else {
        return texts;
    };
    router.keep(kept);
    let mut next = Some(texts[0].clone());
    let mut reads = 0;
    let mut wanted = vec![
        json!({ "handle": "result-1" }),
        json!({ "handle": "result-1.2" }),
    ];
    wanted.extend((0..40).map(|n| json!({ "handle": "result-1", "from": n * 7, "count": 13 })));
    while reads < 60 {
        let arguments = match next.take().and_then(|text| offered(&text)) {
            Some(arguments) => arguments,
            None => match wanted.pop() {
                Some(arguments) => arguments,
                None => break,
            },
        };
        let Route::Answer(answer) = router.route(&call("read_more", &arguments.to_string())) else {
            panic!("read_more is always answered");
        };
        let text = answer.text.expose().clone();
        next = Some(text.clone());
        texts.push(text);
        reads += 1;
    }
    texts
}

/// Returns the arguments that a notice names.
fn offered(text: &str) -> Option<Value> {
    let (_, arguments) = text.rsplit_once("read_more ")?;
    serde_json::from_str(arguments.strip_suffix(']')?).ok()
}

fn all_words(outcome: &ToolOutcome) -> String {
    let mut words = outcome
        .structured
        .as_ref()
        .map_or(String::new(), |it| it.expose().to_string());
    for part in &outcome.content {
        match part {
            ToolContent::Text(text) => words.push_str(text.expose()),
            ToolContent::Resource {
                uri,
                body: ResourceBody::Text(text),
                ..
            } => {
                words.push_str(uri);
                words.push_str(text.expose());
            }
            ToolContent::Link { uri, name, .. } => words.push_str(&format!("{uri} {name}")),
            _ => {}
        }
    }
    words
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_secret_survives_for_model_or_people(
        (secret, before, after) in (secrets(), around(), around()),
        place in 0..9_usize,
        tokens in 128..400_usize,
    ) {
        let text = format!("{before}{}{after}", secret.written);
        let outcome = result(text, place);
        let shaping = Arc::new(Shaping { redaction: rules(RedactFor::Both), ..Shaping::new(tokens) });
        let shaped = shape(&outcome, &shaping, "result-1");
        for text in read_all(&shaped) {
            assert!(!signs(&text).contains(&secret.signs), "{text}");
        }
        let people = all_words(shaped.result.as_ref().unwrap());
        assert!(!signs(&people).contains(&secret.signs), "{people}");
    }

    #[test]
    fn logs_of_what_the_model_reads_piece_by_piece_have_no_secret(
        (secret, before, after) in (secrets(), around(), around()),
        place in 0..9_usize,
        tokens in 128..400_usize,
    ) {
        let text = format!("{before}{}{after}", secret.written);
        let redaction = rules(RedactFor::Logs);
        let shaping = Arc::new(Shaping { redaction: redaction.clone(), ..Shaping::new(tokens) });
        let shaped = shape(&result(text, place), &shaping, "result-1");
        let event = |text: &String| {
            let event = json!({ "type": "conversation.item.create", "item": { "output": text } });
            redaction.text(Reader::Logs, &event.to_string()).into_owned()
        };
        for text in read_all(&shaped).iter().map(event) {
            assert!(!signs(&text).contains(&secret.signs), "{text}");
        }
    }

    #[test]
    fn what_rules_hide_from_the_model_people_see_and_the_other_way_round(
        (secret, before, after) in (secrets(), vec("[a-z]{1,8}", 0..9), vec("[a-z]{1,8}", 0..9)),
    ) {
        let text = format!("{} {} {}", before.join(" "), secret.written, after.join(" "));
        let outcome = ToolOutcome::text(text.clone());
        let shaped = |hide_from| {
            let shaping = Shaping { redaction: rules(hide_from), ..Shaping::new(1000) };
            let shaped = shape(&outcome, &Arc::new(shaping), "result-1");
            (signs(shaped.text.expose()), signs(&all_words(&shaped.result.unwrap())))
        };
        let (model, people) = shaped(RedactFor::Model);
        assert!(!model.contains(&secret.signs) && people.contains(&secret.signs));
        let (model, people) = shaped(RedactFor::Logs);
        assert!(model.contains(&secret.signs) && !people.contains(&secret.signs));
    }
}
