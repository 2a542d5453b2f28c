//! Parts of a text are found as a parser finds them, and edits leave the rest alone.

use serde_json::{Value, json};

use super::{Edits, elements, get, get_str, kind, made_whole, members, quote};

#[test]
fn the_kind_is_found_wherever_it_stands() {
    let found = [
        r#"{"type":"response.done","x":1}"#,
        r#" { "event_id" : "a\"b\\" , "type" : "response.done" }"#,
        r#"{"a":{"type":"no"},"b":[{"type":"no"},"]"],"type":"response.done"}"#,
        r#"{"audio":"AAAA","type":"response.done""#,
    ];
    for text in found {
        assert_eq!(kind(text), Some("response.done"), "{text}");
    }
    let unsure = [
        r#"{"ty\u0070e":"response.done"}"#,
        r#"{"type":"response\u002edone"}"#,
        r#"{"type":7}"#,
        r#"["type","response.done"]"#,
        r#"{"type"#,
        "hello",
        "",
    ];
    for text in unsure {
        assert_eq!(kind(text), None, "{text}");
    }
}

#[test]
fn parts_are_those_of_a_parser() {
    let text = r#" {"a" : [ 1.50, "x,]\"", {"b":[]} , null ],"c":{},"d":"\\","a":[ ]} "#;
    let value: Value = serde_json::from_str(text).unwrap();
    for member in members(text).skip(1) {
        let read: Value = serde_json::from_str(member.value).unwrap();
        assert_eq!(read, value[member.key]);
    }
    let array = members(text).next().unwrap().value;
    let parts: Vec<&str> = elements(array).collect();
    assert_eq!(parts, ["1.50", r#""x,]\"""#, r#"{"b":[]}"#, "null"]);
    assert_eq!(get(text, &["a"]), Some("[ ]"), "the last one counts");
    assert_eq!(elements("[]").count() + elements("[ ]").count(), 0);
    assert_eq!(members("{}").count() + members("7").count(), 0);
    assert_eq!(
        get_str(r#"{"a":{"b":"\u00e9"}}"#, &["a", "b"]).unwrap(),
        "é"
    );
}

#[test]
fn a_key_is_the_same_however_it_is_written() {
    let text = r#"{"to\u006fls":[1],"\"":2,"tools\\":3}"#;
    assert_eq!(get(text, &["tools"]), Some("[1]"));
    assert_eq!(get(text, &["\""]), Some("2"));
    let mut edits = Edits::new(text);
    edits.set(text, "tools", "[]");
    assert_eq!(
        edits.finish().unwrap(),
        r#"{"to\u006fls":[],"\"":2,"tools\\":3}"#
    );
}

#[test]
fn an_edit_leaves_the_rest_as_it_was() {
    let text = r#"{ "n":1.50e1,"tools":[{"a":1} , {"b":2}],"x":{"y":null,"z":{}} }"#;
    let mut edits = Edits::new(text);
    let get = |path: &[&str]| get(text, path).unwrap();
    edits.set(get(&["x"]), "y", "7");
    edits.set(get(&["x", "z"]), "q", &quote("\""));
    edits.set(text, "k", "true");
    edits.keep_elements(get(&["tools"]), |element| element.contains('b'));
    let expected = r#"{"k":true, "n":1.50e1,"tools":[{"b":2}],"x":{"y":7,"z":{"q":"\""}} }"#;
    assert_eq!(edits.finish().unwrap(), expected);

    let mut edits = Edits::new(text);
    edits.keep_elements(get(&["tools"]), |_| true);
    edits.keep_members(get(&["x"]), |_| true);
    assert_eq!(edits.finish(), None, "nothing was changed");

    let mut edits = Edits::new(text);
    edits.keep_members(get(&["x"]), |member| member.key == "z");
    let edited: Value = serde_json::from_str(&edits.finish().unwrap()).unwrap();
    assert_eq!(edited["x"], json!({"z": {}}));
}

#[test]
fn halves_of_characters_are_replaced_and_nothing_else() {
    for whole in [r#""\ud83d\ude00 \\ud83d é\n""#, r#""\"#, r"\u12", "\\é"] {
        assert_eq!(made_whole(whole), None, "{whole}");
    }
    for (halved, whole) in [
        (r#""\ud83d""#, r#""\ufffd""#),
        (r#""\uDE00\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
        (
            r#""\ud83d\ud83d\ude00\ud83d""#,
            r#""\ufffd\ud83d\ude00\ufffd""#,
        ),
    ] {
        assert_eq!(made_whole(halved).unwrap(), whole);
    }
}
