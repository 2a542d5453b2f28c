//! What was cut of a result, and how it is read on.

use std::sync::Arc;

use rtmcp_core::ToolOutcome;
use rtmcp_router::{Route, Router, ServerRules, Shaping, Target, shape};
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::{
    fixture::{self, configured, offer, target, tool},
    shaping::{outcome, text, within},
};

#[test]
fn a_cut_text_says_how_to_read_on_and_read_more_reads_on_to_the_end() {
    let lines: Vec<String> = (0..1000).map(|n| format!("line number {n}")).collect();
    let first = within(&ToolOutcome::text(lines.join("\n")), 200);
    let text = first.text.expose();
    let (shown, notice) = text.split_once("\n… (").unwrap();
    let count = shown.lines().count();
    assert!((20..100).contains(&count));
    assert_eq!(shown, lines[..count].join("\n"));
    let rest = 1000 - count;
    assert_eq!(
        notice,
        format!(
            "{rest} more lines)\n[cut: {count} of 1000 lines are shown. To read on: read_more \
             {{\"handle\":\"result-1\",\"from\":{count}}}]"
        )
    );

    let (mut router, to) = routed();
    assert_eq!(to.handle, "result-1");
    router.keep(first.kept.unwrap());
    let mut read = shown.to_owned();
    let mut from = Some(count);
    while let Some(next) = from {
        let piece = read_more(&mut router, &json!({ "handle": "result-1", "from": next }));
        let (words, notice) = match piece.split_once("\n[") {
            Some((words, notice)) => (words.to_owned(), notice.to_owned()),
            None => (piece, String::new()),
        };
        read = format!("{read}\n{words}");
        from = notice
            .rsplit_once("\"from\":")
            .map(|(_, it)| it.trim_end_matches("}]").parse().unwrap());
    }
    assert_eq!(read, lines.join("\n"));
}

#[test]
fn several_parts_share_the_budget_and_have_names() {
    let list: Vec<u32> = (0..2000).collect();
    let parts = vec![
        text("Short."),
        text(&"word ".repeat(2000)),
        text(&json!(list).to_string()),
    ];
    let first = within(&outcome(parts, None), 400);
    let text = first.text.expose();
    assert!(text.starts_with("Short.\nword word"));
    assert!(text.contains("\n[0,1,2,"), "{text}");
    let (mut router, _) = routed();
    router.keep(first.kept.clone().unwrap());
    let piece = read_more(
        &mut router,
        &json!({ "handle": "result-1.3", "from": 1990 }),
    );
    assert_eq!(piece, "[1990,1991,1992,1993,1994,1995,1996,1997,1998,1999]");
}

#[test]
fn a_result_of_a_thousand_parts_says_how_many_are_missing() {
    let parts = (0..1000).map(|n| text(&format!("Part {n}."))).collect();
    let first = within(&outcome(parts, None), 200);
    let text = first.text.expose();
    assert!(text.starts_with("Part 0.\nPart 1.\n"));
    assert!(
        text.contains(" of 1000 parts of the result are shown"),
        "{text}"
    );
    let (mut router, _) = routed();
    router.keep(first.kept.clone().unwrap());
    assert_eq!(
        read_more(&mut router, &json!({ "handle": "result-1.1000" })),
        "Part 999."
    );
}

#[test]
fn read_more_goes_where_a_path_leads() {
    let rows: Vec<Value> = (0..300)
        .map(|n| json!({ "id": n, "note": "word ".repeat(100) }))
        .collect();
    let first = within(&outcome(vec![], Some(json!({ "a/b": rows }))), 200);
    let (mut router, _) = routed();
    router.keep(first.kept.unwrap());
    let mut read = |arguments: &Value| read_more(&mut router, arguments);
    let note = read(&json!({ "handle": "result-1", "path": "/a~1b/299/note" }));
    assert_eq!(note, "word ".repeat(100));
    let row = read(&json!({ "handle": "result-1", "path": "a~1b/7/id" }));
    assert_eq!(row, "7");
    let some = read(&json!({ "handle": "result-1", "path": "/a~1b/0", "from": 0, "count": 1 }));
    assert_eq!(some, "{\"id\":0}\n[1 to 1 of 2. To read on: read_more {\"handle\":\"result-1\",\"path\":\"/a~1b\"}]".replace("/a~1b\"}", "/a~1b/0\",\"from\":1}"));
    let nowhere = read(&json!({ "handle": "result-1", "path": "/rows" }));
    assert_eq!(
        nowhere,
        "`result-1` has nothing at that path. It has: /a~1b."
    );
    let list = read(&json!({ "handle": "result-1", "path": "/a~1b", "from": 298, "count": 1 }));
    assert!(list.starts_with("[{\"id\":298,"), "{list}");
    assert!(list.contains("[299 to 299 of 300. To read on: "), "{list}");
}

#[test]
fn read_more_says_what_is_wrong_with_a_call() {
    let (mut router, _) = routed();
    let mut read = |arguments: &Value| read_more(&mut router, arguments);
    assert_eq!(
        read(&json!({ "handle": "result-9" })),
        "There is no result `result-9`: none was cut."
    );
    assert!(read(&json!({ "handle": 3 })).starts_with("`read_more` can't read its arguments"));
    for n in 1..=40 {
        let kept = shape(
            &ToolOutcome::text("word ".repeat(2000)),
            &Arc::new(Shaping::new(128)),
            &format!("result-{n}"),
        );
        router.keep(kept.kept.unwrap());
    }
    let mut read = |arguments: &Value| read_more(&mut router, arguments);
    assert!(
        read(&json!({ "handle": "result-1" }))
            .contains("kept no longer: only the newest 32 results are, and 4 MiB")
    );
    assert!(
        read(&json!({ "handle": "result-99" }))
            .starts_with("There is no result `result-99`. There are: result-40, result-39")
    );
    assert!(read(&json!({ "handle": "result-40", "path": "/a" })).contains("is text, not JSON"));
}

#[test]
fn results_that_are_kept_are_bounded_in_bytes() {
    let (mut router, _) = routed();
    let long = ToolOutcome::text("word ".repeat(300_000));
    for n in 1..=4 {
        let kept = shape(&long, &Arc::new(Shaping::new(128)), &format!("result-{n}")).kept;
        router.keep(kept.unwrap());
    }
    assert!(read_more(&mut router, &json!({ "handle": "result-2" })).contains("kept no longer"));
    assert!(read_more(&mut router, &json!({ "handle": "result-4" })).starts_with("word"));

    // What is larger than all of that is not kept, and says so.
    let huge = within(&ToolOutcome::text("word ".repeat(1_000_000)), 128);
    assert_eq!(huge.kept, None);
    assert!(
        huge.text
            .expose()
            .ends_with("The rest is too large to be kept]")
    );
}

#[test]
fn a_router_offers_read_more_with_tools_and_keeps_results_when_tools_change() {
    let (mut router, _) = routed();
    assert!(router.functions().any(|it| it.name.as_str() == "read_more"));
    assert!(configured(vec![]).functions().next().is_none());
    let kept = within(&ToolOutcome::text("word ".repeat(2000)), 128).kept;
    router.keep(kept.unwrap());
    let (newer, _) = routed();
    router.renew(newer);
    assert!(read_more(&mut router, &json!({ "handle": "result-1" })).starts_with("word"));

    // A tool of that name gets another one.
    let router = fixture::shop(tool("read_more"));
    let names = fixture::functions(&router);
    assert_eq!(names, ["shop__read_more"]);
}

pub(crate) fn routed() -> (Router, Target) {
    let mut router = configured(vec![ServerRules::new("shop")]);
    offer(&mut router, "shop", vec![tool("t")]);
    let to = target(&router, "t", "{}");
    (router, to)
}

pub(crate) fn read_more(router: &mut Router, arguments: &Value) -> String {
    match router.route(&fixture::call("read_more", &arguments.to_string())) {
        Route::Answer(shaped) => shaped.text.expose().clone(),
        other => panic!("not answered: {other:?}"),
    }
}
