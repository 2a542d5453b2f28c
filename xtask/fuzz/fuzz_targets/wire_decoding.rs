//! Texts of an endpoint or a client, in every dialect: reading is total, and what was written is
//! read as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rtmcp_core::{ClientEvent, Dialect, ServerEvent, kind_of};
use serde_json::Value;

fuzz_target!(|text: &str| {
    let _ = kind_of(text);
    Dialect::ALL.iter().for_each(|it| drop(it.decode(text)));
    // Of two fields of one name no JSON library promises which one counts.
    let once = serde_json::from_str::<Value>(text).map(|it| it.to_string());
    let text = once.as_deref().unwrap_or(text);
    for dialect in Dialect::ALL {
        let event = dialect.decode(text);
        let written = event.encode();
        let again = ServerEvent::decode(&written);
        assert_eq!(again.encode(), written, "{dialect}: an event of a server");
        let _ = (event.kind(), event.misread().len());
    }
    let event = ClientEvent::decode(text);
    let written = event.encode();
    let again = ClientEvent::decode(&written);
    assert_eq!(again.encode(), written, "an event of a client");
    for dialect in Dialect::ALL {
        let text = dialect.encode(&event);
        assert!(serde_json::from_str::<Value>(&text).is_ok());
    }
});
