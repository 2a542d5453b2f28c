//! Nothing that people say, that tools are given or answer, and no key, is in any `Debug` output.

use rtmcp_core::{Timestamp, ToolSpec, session::FunctionTool};
use rtmcp_session::{
    Handover, ToolEnd, ToolNews,
    proxy::{Native, NativeNews, Proxy, ProxyInput, ProxyOptions},
};

const CLIENT: [&str; 3] = [
    r#"{"type":"session.update","session":{"instructions":"secret","tools":[{"type":"mcp","server_label":"s","server_url":"https://a.example","require_approval":"never","authorization":"secret","headers":{"x":"secret"}}]}}"#,
    r#"{"type":"conversation.item.create","item":{"id":"m","type":"message","role":"user","content":[{"type":"input_text","text":"secret"}]}}"#,
    r#"{"type":"response.create","response":{"instructions":"secret"}}"#,
];

const ENDPOINT: [&str; 3] = [
    r#"{"type":"response.created","response":{"id":"r","conversation_id":"c"}}"#,
    r#"{"type":"response.output_item.done","response_id":"r","item":{"id":"a","type":"function_call","name":"ours","call_id":"c1","arguments":"secret"}}"#,
    r#"{"type":"response.output_item.done","response_id":"r","item":{"id":"b","type":"function_call","name":"look","call_id":"c2","arguments":"secret"}}"#,
];

#[test]
fn a_proxy_keeps_what_it_knows_to_itself() {
    let tool = FunctionTool {
        name: "ours".to_owned(),
        ..FunctionTool::default()
    };
    let mut proxy = Proxy::new(ProxyOptions {
        tools: vec![tool],
        native: Native::Emulate,
        handover: Handover::Replay,
        ..ProxyOptions::default()
    });
    let mut said = String::new();
    let mut tell = |proxy: &mut Proxy, input: ProxyInput<'_>| {
        said.push_str(&format!("{input:?}"));
        for output in proxy.handle(Timestamp::ZERO, input) {
            said.push_str(&format!("{output:?}"));
        }
        said.push_str(&format!("{proxy:?}"));
    };
    tell(
        &mut proxy,
        ProxyInput::Endpoint(r#"{"type":"session.created","session":{}}"#),
    );
    for text in CLIENT {
        tell(&mut proxy, ProxyInput::Client(text));
    }
    let tools = vec![ToolSpec {
        name: "look".to_owned(),
        ..ToolSpec::default()
    }];
    tell(
        &mut proxy,
        ProxyInput::Native(NativeNews::Imported { import: 1, tools }),
    );
    for text in ENDPOINT {
        tell(&mut proxy, ProxyInput::Endpoint(text));
    }
    let (end, output) = (ToolEnd::Answered, "secret".into());
    tell(
        &mut proxy,
        ProxyInput::Tool("c1".into(), ToolNews::finished(end, output)),
    );
    tell(
        &mut proxy,
        ProxyInput::Native(NativeNews::Finished {
            call_id: "c2".into(),
            result: Ok("secret".into()),
        }),
    );
    tell(&mut proxy, ProxyInput::EndpointGone);
    tell(&mut proxy, ProxyInput::Client(CLIENT[1]));
    assert!(said.contains("CallNative") && said.contains("CallTool") && said.contains("Connect"));
    assert!(!said.contains("secret"));
}
