//! The console: bounded, filtered, paused, copied and saved.

use serde_json::{Value, json};

use super::{Act, Effect, Page};
use crate::model::{
    act::ConsoleAct,
    console::{DRAWN, Direction, Source},
};

fn console(page: &mut Page, act: ConsoleAct) -> Vec<Effect> {
    page.act(Act::Console(act))
}

fn kinds(page: &Page) -> Vec<String> {
    let drawn = page.model.console.drawn().into_iter();
    drawn.map(|record| record.kind.clone()).collect()
}

#[test]
fn both_ways_and_the_backends_too() {
    let mut page = Page::in_call();
    page.say("Hi");
    page.backend(json!({ "kind": "received", "event": { "type": "session.updated" } }));
    page.backend(json!({ "kind": "sent", "event": { "type": "session.update" } }));
    let seen: Vec<_> = page.model.console.drawn().into_iter().collect();
    let seen = seen
        .iter()
        .map(|it| (it.source, it.direction, it.kind.as_str()));
    let (browser, backend) = (Source::Browser, Source::Backend);
    assert_eq!(
        seen.collect::<Vec<_>>(),
        [
            (browser, Direction::Received, "session.created"),
            (Source::Tools, Direction::Happened, "ready"),
            (browser, Direction::Sent, "conversation.item.create"),
            (browser, Direction::Sent, "response.create"),
            (backend, Direction::Received, "session.updated"),
            (backend, Direction::Sent, "session.update"),
        ]
    );
}

#[test]
fn a_filter_reaches_the_type_and_the_text() {
    let mut page = Page::in_call();
    page.endpoint(&json!({ "type": "rate_limits.updated", "name": "Tokens" }));
    page.endpoint(&json!({ "type": "error", "error": { "message": "Größe" } }));
    for (filter, found) in [("TOKENS", 1), ("größe", 1), ("error", 1), ("nothing", 0)] {
        console(&mut page, ConsoleAct::Filter(filter.into()));
        assert_eq!(page.model.console.found(), found, "{filter}");
    }
    console(&mut page, ConsoleAct::Filter("".into()));
    console(&mut page, ConsoleAct::Show(Source::Browser, false));
    assert_eq!(kinds(&page), ["ready"]);
}

#[test]
fn pausing_stands_still_and_loses_nothing() {
    let mut page = Page::in_call();
    let before = page.model.console.found();
    console(&mut page, ConsoleAct::Pause);
    page.endpoint(&json!({ "type": "rate_limits.updated" }));
    assert_eq!(page.model.console.found(), before);
    assert_eq!(page.model.console.waiting(), 1);
    console(&mut page, ConsoleAct::Pause);
    assert_eq!(page.model.console.found(), before + 1);
}

#[test]
fn it_is_bounded() {
    let mut page = Page::in_call();
    for at in 0..2500 {
        page.endpoint(&json!({ "type": "rate_limits.updated", "at": at }));
    }
    assert_eq!(page.model.console.len(), 2000);
    assert_eq!(page.model.console.drawn().len(), DRAWN);
    // Events that are long are fewer.
    let long = "x".repeat(1024 * 1024);
    for _ in 0..20 {
        page.endpoint(&json!({ "type": "rate_limits.updated", "long": long }));
    }
    assert!(page.model.console.len() < 20);
}

#[test]
fn what_is_saved_is_a_line_of_json_each() {
    let mut page = Page::in_call();
    page.endpoint(&json!({ "type": "rate_limits.updated", "rate": 1 }));
    console(&mut page, ConsoleAct::Filter("rate".into()));
    let effects = console(&mut page, ConsoleAct::Export);
    let [Effect::Download { name, text }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert!(name.ends_with(".jsonl"));
    let lines: Vec<Value> = text
        .expose()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["event"]["rate"], 1);
    assert_eq!(lines[0]["source"], "browser");
    let seq = lines[0]["seq"].as_u64().unwrap();
    let copied = console(&mut page, ConsoleAct::Copy(seq));
    let [Effect::Copy(line)] = &copied[..] else {
        panic!("{copied:?}")
    };
    assert_eq!(text.expose(), &format!("{}\n", line.expose()));
    console(&mut page, ConsoleAct::Clear);
    assert!(page.model.console.is_empty());
}

#[test]
fn one_is_shown_whole_at_a_time() {
    let mut page = Page::in_call();
    console(&mut page, ConsoleAct::Expand(1));
    console(&mut page, ConsoleAct::Expand(2));
    assert!(!page.model.console.is_expanded(1) && page.model.console.is_expanded(2));
    console(&mut page, ConsoleAct::Expand(2));
    assert!(!page.model.console.is_expanded(2));
    let first = &page.model.console.drawn()[0];
    assert!(first.pretty().starts_with("{\n"));
}
