//! What is left of values in little room, and that it is never more than there is.

use serde_json::json;

use super::*;
use crate::redact::Redaction;

fn fit(value: &Value, room: usize) -> (Value, Vec<Lost>) {
    let redaction = Redaction::default();
    let mut fit = Fit::new(Seam::new(&redaction));
    let shown = fit.value(value, room, "");
    (shown, fit.lost)
}

fn lost(path: &str, what: What, shown: usize, total: usize) -> Lost {
    Lost {
        path: path.to_owned(),
        what,
        shown,
        total,
    }
}

#[test]
fn what_fits_is_whole() {
    let value = json!({ "a": [1, 2, { "b": "c" }] });
    assert_eq!(fit(&value, value.to_string().len()), (value, vec![]));
}

#[test]
fn a_list_shows_its_first_items_and_counts_the_rest() {
    let (shown, missing) = fit(&json!((0..500).collect::<Vec<u32>>()), 100);
    let items = shown.as_array().unwrap();
    let count = items.len() - 1;
    assert_eq!(
        items[..count],
        (0..count).map(|n| json!(n)).collect::<Vec<_>>()
    );
    assert_eq!(items[count], format!("… {} more items", 500 - count));
    assert_eq!(missing, [lost("", What::Items, count, 500)]);
}

#[test]
fn short_fields_stay_and_long_ones_share_the_rest() {
    let value =
        json!({ "note": "word ".repeat(100), "id": 7, "body": "word ".repeat(100), "name": "Ada" });
    let (shown, missing) = fit(&value, 240);
    assert_eq!((&shown["id"], &shown["name"]), (&json!(7), &json!("Ada")));
    for field in ["note", "body"] {
        let text = shown[field].as_str().unwrap();
        assert!(
            text.starts_with("word word") && text.ends_with(" more characters)"),
            "{text}"
        );
    }
    let paths: Vec<&str> = missing.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["/note", "/body"]);
    assert!(shown.to_string().len() <= 240);
    // In the order of the author.
    assert_eq!(
        shown.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["note", "id", "body", "name"]
    );
}

#[test]
fn of_many_fields_single_values_are_shown_first_and_the_others_named() {
    let deep = (0..50).map(|n| (format!("deep_{n}"), json!({ "x": "y".repeat(100) })));
    let flat = (0..3).map(|n| (format!("flat_{n}"), json!(n)));
    let value = Value::Object(deep.chain(flat).collect());
    let (shown, missing) = fit(&value, 300);
    for n in 0..3 {
        assert_eq!(shown[format!("flat_{n}")], n);
    }
    let rest = shown["…"].as_str().unwrap();
    assert!(rest.contains(" more fields: deep_"), "{rest}");
    assert!(
        missing
            .iter()
            .any(|it| it.what == What::Fields && it.total == 53),
        "{missing:?}"
    );
}

#[test]
fn what_there_is_no_room_for_is_a_word_about_it() {
    let value = json!([{ "a": { "b": "x".repeat(300), "c": [1, 2, 3] }, "d": "y".repeat(300) }]);
    let (shown, missing) = fit(&value, 120);
    assert!(shown.to_string().contains("… 2 fields"), "{shown}");
    assert!(
        missing.iter().any(|it| it.what == What::Inner),
        "{missing:?}"
    );
}

#[test]
fn names_in_paths_are_written_as_pointers_have_them() {
    let value = json!({ "a/b~c": "word ".repeat(100) });
    let (_, missing) = fit(&value, 120);
    assert_eq!(missing[0].path, "/a~1b~0c");
    assert_eq!(value.pointer(&missing[0].path), Some(&value["a/b~c"]));
}

#[test]
fn a_length_is_counted_no_further_than_needed() {
    let value = json!(["ä\"\n", 1.5, null, { "a": true }]);
    let whole = value.to_string().len();
    assert_eq!(length(&value, whole), whole);
    assert_eq!(length(&value, 5), 6);
    assert_eq!(quoted("ä\"\n\u{1}"), json!("ä\"\n\u{1}").to_string().len());
}
