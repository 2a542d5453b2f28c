//! What people say and tools answer never shows in `Debug`.

use rtmcp_core::{Private, ToolOutcome};
use rtmcp_router::Ending;
use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::fixture::{call, refusal, shop, target, with_schema};

const SECRET: &str = "4242-4242";

#[test]
fn debug_shows_no_arguments_results_or_reasons() {
    let router = shop(with_schema(
        "pay",
        json!({
            "type": "object",
            "properties": { "card": { "type": "string" }, "cents": { "type": "integer" } },
        }),
    ));
    let good = router
        .clone()
        .route(&call("pay", &json!({ "card": SECRET }).to_string()));
    let invalid = refusal(&router, "pay", &json!({ "cents": SECRET }).to_string());
    let broken = refusal(&router, "pay", &format!("{{\"card\":\"{SECRET}\""));
    let array = refusal(&router, "pay", &json!([SECRET]).to_string());
    let to = target(&router, "pay", &json!({ "card": SECRET }).to_string());
    let shaped = router.shape(&to, &ToolOutcome::text(SECRET));
    let denied = Ending::Denied {
        reason: Some(Private::from(SECRET)),
    };
    let failed = Ending::ProtocolError {
        code: Some(-32602),
        message: Private::from(SECRET),
    };

    // The model does read what is wrong; a log doesn't.
    assert!(invalid.output().contains(SECRET));
    assert!(denied.output(&to).contains(SECRET));
    for debug in [
        format!("{good:?}"),
        format!("{invalid:?}"),
        format!("{broken:?} {}", broken.output()),
        format!("{array:?} {}", array.output()),
        format!("{shaped:?}"),
        format!("{denied:?}"),
        format!("{failed:?}"),
    ] {
        assert!(!debug.contains(SECRET), "{debug}");
    }
}
