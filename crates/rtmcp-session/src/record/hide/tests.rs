//! What is hidden of everything that a session may be told or do.

use rtmcp_core::ServerEvent;
use serde_json::json;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::Input;

const NOTHING: Keep = Keep {
    words: false,
    sound: false,
};

const WORDS: Keep = Keep {
    words: true,
    sound: false,
};

fn kept(keep: Keep, mut value: Value) -> Value {
    Hide::but(keep).step(&mut value);
    value
}

#[test]
fn halves_of_a_hidden_text_are_the_hidden_halves() {
    let text = "Größe 42, \u{1f600}\u{2009}日本!\n";
    for (at, _) in text.char_indices() {
        let halves = hidden(&text[..at]) + &hidden(&text[at..]);
        assert_eq!(halves, hidden(text));
        assert_eq!(hidden(&text[..at]).len(), at);
    }
    assert_eq!(hidden(text), "xx××x xxx 𝚡\u{2009}✕✕x\n");
}

#[test]
fn sound_is_kept_as_its_length() {
    for text in ["", "QUJD", "QUI=", "QQ=="] {
        let long = long(&length(text)).unwrap();
        assert_eq!(long.len(), text.len());
        assert_eq!(
            rtmcp_core::decoded_len(&long),
            rtmcp_core::decoded_len(text)
        );
    }
    assert_eq!(length("QUI="), "~3=");
    for text in ["QUJD", "~", "~x", "~-1", "~99999999999"] {
        assert_eq!(long(text), None, "{text}");
    }
}

#[test]
fn words_are_hidden_wherever_they_stand() {
    let event = json!({"event": {
        "type": "conversation.item.done", "event_id": "e1", "nickname": "Anna", "phone": 4242,
        "item": {"type": "message", "id": "i1", "role": "user", "name": "Anna", "content": [
            {"type": "input_audio", "transcript": "my card is 4242", "audio": "QUJD"},
            {"type": "input_image", "image_url": "data:image/png;base64,QUJD"}]}
    }});
    let hidden = json!({"event": {
        "type": "conversation.item.done", "event_id": "e1", "nickname": "xxxx", "phone": 0,
        "item": {"type": "message", "id": "i1", "role": "user", "name": "xxxx", "content": [
            {"type": "input_audio", "transcript": "xx xxxx xx xxxx", "audio": "~4"},
            {"type": "input_image", "image_url": "~26"}]}
    }});
    assert_eq!(kept(NOTHING, event.clone()), hidden);
    let words = kept(WORDS, event.clone());
    assert_eq!(words["event"]["nickname"], "Anna");
    assert_eq!(words["event"]["item"]["content"][0]["audio"], "~4");
    let all = Keep {
        words: true,
        sound: true,
    };
    assert_eq!(kept(all, event.clone()), event);
}

#[test]
fn a_call_keeps_its_name_and_hides_what_it_is_given() {
    let call = json!({"send": {"item": {"type": "function_call", "call_id": "c1", "name": "pay",
        "arguments": "{\"to\":\"Bo\"}"}}});
    let hidden = json!({"send": {"item": {"type": "function_call", "call_id": "c1", "name": "pay",
        "arguments": "xxxxxxxxxxx"}}});
    assert_eq!(kept(NOTHING, call), hidden);
    let news = json!({"tool": ["c1", {"finished": {"end": "answered", "output": "paid 3"}}]});
    let hidden = json!({"tool": ["c1", {"finished": {"end": "answered", "output": "xxxx x"}}]});
    assert_eq!(kept(NOTHING, news), hidden);
}

#[test]
fn secrets_are_hidden_even_where_words_are_kept() {
    let mut config = json!({"config": {"instructions": "be kind"}, "tools": [
        {"name": "pay", "description": "pays", "parameters": {"type": "object"}},
        {"type": "mcp", "server_label": "bank", "server_url": "http://b", "authorization": "k1",
         "headers": {"X-Key": ["k2"]}}]});
    Hide::but(WORDS).options(&mut config);
    let hidden = json!({"config": {"instructions": "be kind"}, "tools": [
        {"name": "pay", "description": "pays", "parameters": {"type": "object"}},
        {"type": "mcp", "server_label": "bank", "server_url": "xxxxxxxx", "authorization": "xx",
         "headers": {"X-Key": ["xx"]}}]});
    assert_eq!(config, hidden);
    Hide::but(NOTHING).options(&mut config);
    assert_eq!(config["config"]["instructions"], "xx xxxx");
}

#[test]
fn of_what_is_not_understood_only_ids_and_kinds_stay() {
    for text in [
        r#"{"type":"new.event","item_id":"i1","model":"Anna","tools":["Anna"],"n":4242}"#,
        r#"{"type":"response.done","response":"Anna 4242","event_id":"e1"}"#,
        "Anna 4242",
        "[4242.5]",
    ] {
        let input = json!(Input::from(ServerEvent::decode(text)));
        let hidden = kept(NOTHING, input);
        let shown = hidden.to_string();
        assert!(
            !shown.contains("Anna") && !shown.contains("4242"),
            "{shown}"
        );
        let input: Input = serde_json::from_value(hidden).unwrap();
        let Input::Event(event) = input else {
            panic!("an event")
        };
        let (ServerEvent::Unknown(then), ServerEvent::Unknown(now)) =
            (ServerEvent::decode(text), *event)
        else {
            panic!("not understood")
        };
        assert_eq!((then.kind, then.trouble), (now.kind, now.trouble));
    }
}
