//! The scripted brain, and the one behind a server on loopback.

use axum::{Json, Router, routing::post};
use rtmcp_core::{
    CallId, FunctionCall, FunctionCallOutput, Item, Message, Role,
    session::{FunctionTool, ToolChoice, ToolMode},
};
use serde_json::{Value, json};

use super::{Chat, Script};
use crate::engine::{Brain, Prompt, Scenario, Thought};

fn user(text: &str) -> Item {
    Item::Message(Message::text(Role::User, text))
}

fn call(id: &str, name: &str) -> Item {
    Item::FunctionCall(FunctionCall {
        call_id: Some(CallId::from(id)),
        name: name.to_owned(),
        arguments: "{}".into(),
        ..FunctionCall::default()
    })
}

fn output(id: &str, text: &str) -> Item {
    Item::FunctionCallOutput(FunctionCallOutput {
        call_id: CallId::from(id),
        output: text.into(),
        ..FunctionCallOutput::default()
    })
}

fn prompt(items: Vec<Item>) -> Prompt {
    Prompt {
        items,
        ..Prompt::default()
    }
}

async fn thought(brain: &impl Brain, items: Vec<Item>) -> Vec<String> {
    let thoughts = brain.think(prompt(items)).await.unwrap().into_iter();
    let told = thoughts.map(|it| match it {
        Thought::Say(text) => text.into_exposed(),
        Thought::Call { name, arguments } => format!("{name} {}", arguments.expose()),
        Thought::Fault(kind) => format!("{kind:?}"),
    });
    told.collect()
}

#[tokio::test]
async fn the_example_scenario_is_played() {
    let text = include_str!("../../../scenarios/weather.toml");
    let brain = Script::new(Scenario::parse(text).unwrap());
    let mut items = vec![user("What is the WEATHER in Paris and in Rome?")];
    let calls = [
        "Let me look.",
        r#"get_weather {"city":"Paris"}"#,
        r#"get_weather {"city":"Rome"}"#,
    ];
    assert_eq!(thought(&brain, items.clone()).await, calls);
    items.extend([
        call("c1", "get_weather"),
        call("c2", "get_weather"),
        output("c1", "18."),
        output("c2", "22."),
    ]);
    assert_eq!(
        thought(&brain, items.clone()).await,
        ["This is what I found. 18. 22."]
    );
    items.push(user("Thanks."));
    assert_eq!(thought(&brain, items).await, ["You are welcome."]);
}

#[tokio::test]
async fn turns_are_taken_in_order_and_never_for_their_own_output() {
    let text = r#"
        turn = [
            { steps = [{ call = { name = "first" } }] },
            { steps = [{ say = "You said {heard}" }] },
            { matches = 'order \d+$', steps = [{ say = "An order." }] },
        ]
    "#;
    let brain = Script::new(Scenario::parse(text).unwrap());
    let mut items = vec![user("a")];
    assert_eq!(thought(&brain, items.clone()).await, ["first {}"]);
    items.extend([call("c1", "first"), output("c1", "Done.")]);
    assert_eq!(thought(&brain, items.clone()).await, ["Done."]);
    items.push(user("b"));
    assert_eq!(thought(&brain, items.clone()).await, ["You said b"]);
    items.push(user("c"));
    assert_eq!(thought(&brain, items.clone()).await, ["You said c"]);
    items.push(user("ORDER 12"));
    assert_eq!(thought(&brain, items).await, ["An order."]);
}

#[tokio::test]
async fn a_script_fails_where_it_says_so_and_where_nothing_fits() {
    let fails = Scenario::parse("[[turn]]\nsteps = [{ fail = 'out of order' }]").unwrap();
    let error = Script::new(fails)
        .think(prompt(vec![user("a")]))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "script brain: out of order");
    let error = Script::new(Scenario::default())
        .think(prompt(vec![user("secret")]))
        .await;
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("no turn") && !error.contains("secret"),
        "{error}"
    );
}

async fn serve(answer: Value) -> (String, tokio::sync::mpsc::UnboundedReceiver<Value>) {
    let (seen, requests) = tokio::sync::mpsc::unbounded_channel();
    let route = post(async move |Json(body): Json<Value>| {
        seen.send(body).unwrap();
        Json(answer.clone())
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/v1/chat/completions", route);
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}/v1"), requests)
}

#[tokio::test]
async fn a_server_is_told_the_conversation_and_thinks() {
    let (base, mut requests) = serve(json!({"choices": [{"message": {
        "content": "One moment.",
        "tool_calls": [
            {"id": "x", "type": "function", "function": {"name": "a", "arguments": "{\"n\":1}"}},
            {"id": "y", "type": "function", "function": {"name": "b", "arguments": {"m": 2}}},
        ],
    }}]}))
    .await;
    let brain = Chat::new(&base, "m-1", None);
    let parameters = json!({"type": "object"});
    let asked = Prompt {
        instructions: "Be brief.".into(),
        items: vec![
            user("Hello."),
            call("c1", "a"),
            call("c2", "b"),
            output("c1", "one"),
            Item::Message(Message::text(Role::Assistant, "Well.")),
        ],
        tools: vec![FunctionTool {
            name: "a".to_owned(),
            parameters: parameters.as_object().cloned(),
            ..FunctionTool::default()
        }],
        tool_choice: Some(ToolChoice::Mode(ToolMode::Required)),
    };
    let thoughts = brain.think(asked).await.unwrap();
    let called = |name: &str, arguments: &str| Thought::Call {
        name: name.to_owned(),
        arguments: arguments.into(),
    };
    let wanted = [
        Thought::Say("One moment.".into()),
        called("a", r#"{"n":1}"#),
        called("b", r#"{"m":2}"#),
    ];
    assert_eq!(thoughts, wanted);

    let body = requests.recv().await.unwrap();
    assert_eq!(body["model"], "m-1");
    assert_eq!(body["tool_choice"], "required");
    assert_eq!(body["tools"][0]["function"]["parameters"], parameters);
    let function = |name: &str| json!({"name": name, "arguments": "{}"});
    let messages = json!([
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "tool_calls": [
            {"id": "c1", "type": "function", "function": function("a")},
            {"id": "c2", "type": "function", "function": function("b")},
        ]},
        {"role": "tool", "tool_call_id": "c1", "content": "one"},
        {"role": "tool", "tool_call_id": "c2", "content": "There is no result yet."},
        {"role": "assistant", "content": "Well."},
    ]);
    assert_eq!(body["messages"], messages);
}

#[tokio::test]
async fn an_answer_that_is_none_is_an_error() {
    for (answer, wanted) in [
        (json!({"choices": []}), "no choices"),
        (json!({"hello": 1}), "no chat completion"),
    ] {
        let (base, _requests) = serve(answer).await;
        let brain = Chat::new(&base, "m", None);
        let error = brain
            .think(prompt(vec![user("secret")]))
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(wanted) && !error.contains("secret"),
            "{error}"
        );
    }
}
