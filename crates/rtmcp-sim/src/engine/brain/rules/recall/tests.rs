//! Questions for what was earlier.

use rtmcp_core::{
    CallId, FunctionCall, FunctionCallOutput, Item, Message, Role, session::FunctionTool,
};

use crate::engine::{Prompt, Thought, brain::rules};

const SHOP: &str = include_str!("../tests/shop.json");

fn user(text: &str) -> Item {
    Item::Message(Message::text(Role::User, text))
}

fn model(text: &str) -> Item {
    Item::Message(Message::text(Role::Assistant, text))
}

fn round(call_id: &str, (name, arguments): (&str, &str), output: &str) -> [Item; 2] {
    let call = FunctionCall {
        call_id: Some(CallId::from(call_id)),
        name: name.to_owned(),
        arguments: arguments.into(),
        ..FunctionCall::default()
    };
    let output = FunctionCallOutput {
        call_id: CallId::from(call_id),
        output: output.into(),
        ..FunctionCallOutput::default()
    };
    [Item::FunctionCall(call), Item::FunctionCallOutput(output)]
}

fn earlier() -> Vec<Item> {
    let mut items = vec![
        user("My name is Ada."),
        model("Hello! I can help."),
        user("What is the weather in Paris and in Rome?"),
    ];
    items.extend(round(
        "c1",
        ("get_weather", r#"{"city":"Paris"}"#),
        "18 degrees.",
    ));
    items.extend(round(
        "c2",
        ("get_weather", r#"{"city":"Rome"}"#),
        "22 degrees.",
    ));
    items.push(model("18 degrees. 22 degrees."));
    items
}

fn answer(question: &str) -> String {
    let mut items = earlier();
    items.push(user(question));
    let prompt = Prompt {
        items,
        tools: serde_json::from_str::<Vec<FunctionTool>>(SHOP).unwrap(),
        ..Prompt::default()
    };
    let thoughts = rules::answer(&prompt).into_iter().map(|it| match it {
        Thought::Say(text) => text.into_exposed(),
        other => format!("{other:?}"),
    });
    thoughts.collect::<Vec<_>>().join(" ")
}

#[test]
fn what_the_person_said_is_told_again() {
    for question in [
        "What is my name?",
        "what's my name",
        "Do you remember my name?",
        "What did I say my name was?",
    ] {
        assert_eq!(answer(question), "You said: My name is Ada.", "{question}");
    }
}

#[test]
fn what_a_tool_answered_is_told_again_and_not_asked_again() {
    for question in [
        "What was the weather in Rome earlier?",
        "What did you tell me about the weather in Rome?",
        "Can you remember the weather in Rome?",
    ] {
        assert_eq!(answer(question), "22 degrees.", "{question}");
    }
    assert_eq!(
        answer("What was the weather in Paris earlier?"),
        "18 degrees."
    );
    assert_eq!(
        answer("What did you say?"),
        "I said: 18 degrees. 22 degrees."
    );
}

#[test]
fn what_never_was_is_not_made_up() {
    let nothing = "I remember nothing about that.";
    assert_eq!(answer("Do you remember my shoes?"), nothing);
    assert_eq!(answer("Did I tell you about the ferry?"), nothing);
}

#[test]
fn other_questions_are_not_taken_for_such_ones() {
    for (asked, wanted) in [
        ("What is the weather in Oslo?", "get_weather"),
        (
            "Create a ticket for Ada about a lamp that I bought earlier.",
            "create_ticket",
        ),
    ] {
        assert!(answer(asked).contains(wanted), "{asked}: {}", answer(asked));
    }
    assert!(answer("What is my favorite song?").contains("not sure"));
}
