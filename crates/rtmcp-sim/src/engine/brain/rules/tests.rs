//! What people say, and which calls the rules make of it.

use rtmcp_core::{
    CallId, FunctionCall, FunctionCallOutput, Item, Message, Role,
    session::{FunctionTool, NamedTool, ToolChoice, ToolMode},
};

use super::answer;
use crate::engine::{Prompt, Thought};

const SHOP: &str = include_str!("tests/shop.json");
const EVERYTHING: &str = include_str!("tests/everything.json");

fn tools(of: &[&str]) -> Vec<FunctionTool> {
    let lists = of
        .iter()
        .map(|it| serde_json::from_str::<Vec<FunctionTool>>(it).unwrap());
    lists.flatten().collect()
}

fn user(text: &str) -> Item {
    Item::Message(Message::text(Role::User, text))
}

fn model(text: &str) -> Item {
    Item::Message(Message::text(Role::Assistant, text))
}

fn thoughts(prompt: &Prompt) -> Vec<String> {
    let thoughts = answer(prompt).into_iter().map(|it| match it {
        Thought::Say(text) => text.into_exposed(),
        Thought::Call { name, arguments } => format!("{name} {}", arguments.expose()),
        Thought::Fault(kind) => format!("{kind:?}"),
    });
    thoughts.collect()
}

fn of(lists: &[&str], items: Vec<Item>) -> Vec<String> {
    thoughts(&Prompt {
        items,
        tools: tools(lists),
        ..Prompt::default()
    })
}

/// Each line is what is said and, after `=>`, the calls that it makes.
fn check(lists: &[&str], table: &str) {
    let mut wrong = Vec::new();
    for line in table.lines().map(str::trim).filter(|it| !it.is_empty()) {
        let (said, wanted) = line.split_once(" => ").unwrap();
        let made = of(lists, vec![user(said)]).join(" & ");
        if made != wanted {
            wrong.push(format!("{said}\n  wanted {wanted}\n  made   {made}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

const SHOP_TALK: &str = r#"
    What is the weather in Paris? => get_weather {"city":"Paris"}
    what is the weather in paris => get_weather {"city":"Paris"}
    How's the weather in New York today? => get_weather {"city":"New York"}
    What's the temperature in Rio de Janeiro right now, please? => get_weather {"city":"Rio de Janeiro"}
    Is it raining in Cairo? => get_weather {"city":"Cairo"}
    Tell me about the weather in the city of Rome. => get_weather {"city":"Rome"}
    Paris weather, please. => get_weather {"city":"Paris"}
    Hi, could you tell me what the weather is like in San Francisco? => get_weather {"city":"San Francisco"}
    Look up the customer Ada Lovelace. => lookup_customer {"name":"Ada Lovelace"}
    Look up Ada Lovelace. => lookup_customer {"name":"Ada Lovelace"}
    look up the customer ada lovelace => lookup_customer {"name":"Ada Lovelace"}
    Find the customer Grace Hopper. => lookup_customer {"name":"Grace Hopper"}
    Can you find a customer named Alan Turing? => lookup_customer {"name":"Alan Turing"}
    Look up the customer hate a lovelace. => lookup_customer {"name":"Ada Lovelace"}
    Look up the customer Ada Lovelock. => lookup_customer {"name":"Ada Lovelock"}
    Look up the customer ada@example.com. => lookup_customer {"name":"ada@example.com"}
    Who is Katherine Johnson? => lookup_customer {"name":"Katherine Johnson"}
    How much are three lamps? => quote {"product":"lamp","quantity":3}
    How much are 3 lamps? => quote {"product":"lamp","quantity":3}
    How much is a bookcase? => quote {"product":"bookcase","quantity":1}
    How much is a book case? => quote {"product":"bookcase","quantity":1}
    What do twenty-five desks cost? => quote {"product":"desk","quantity":25}
    What is the price of two keyboards? => quote {"product":"keyboard","quantity":2}
    Quote me four chairs. => quote {"product":"chair","quantity":4}
    Give me a quote for 12 monitors, please. => quote {"product":"monitor","quantity":12}
    How much would five pizzas cost? => quote {"product":"pizza","quantity":5}
    Create a ticket for Ada Lovelace about a broken lamp. => create_ticket {"customer":"Ada Lovelace","subject":"a broken lamp"}
    Create a high priority ticket for Grace Hopper about a broken chair. => create_ticket {"customer":"Grace Hopper","subject":"a broken chair","priority":"high"}
    Create a ticket for Ada Lovelace about a broken lamp with high priority. => create_ticket {"customer":"Ada Lovelace","subject":"a broken lamp","priority":"high"}
    create a ticket for a love lace about a broken lamp => create_ticket {"customer":"Ada Lovelace","subject":"a broken lamp"}
    Please open a ticket about a missing keyboard for Alan Turing. => create_ticket {"customer":"Alan Turing","subject":"a missing keyboard"}
    Open a ticket for Alan Turing: his keyboard is broken. => create_ticket {"customer":"Alan Turing","subject":"his keyboard is broken"}
    Create a ticket for Ada Lovelace. It's about a broken lamp. => create_ticket {"customer":"Ada Lovelace","subject":"a broken lamp"}
    Create a support ticket for the customer Hedy Lamarr, subject late delivery. => create_ticket {"customer":"Hedy Lamarr","subject":"late delivery"}
    Create a ticket for Ada Lovelace about a broken lamp and a wobbly chair. => create_ticket {"customer":"Ada Lovelace","subject":"a broken lamp and a wobbly chair"}
    Refund twenty dollars on order 1042. => issue_refund {"order":1042,"amount":20}
    Refund $20 on order 1042. => issue_refund {"order":1042,"amount":20}
    Refund 20-dollar order 1042. => issue_refund {"order":1042,"amount":20}
    Refund $79.80 for order number 1,042. => issue_refund {"order":1042,"amount":79.8}
    Refund order #1042 with 20 dollars. => issue_refund {"order":1042,"amount":20}
    Issue a refund of twenty dollars for order ten forty two. => issue_refund {"order":1042,"amount":20}
    Please pay back twenty five dollars on order one oh four two. => issue_refund {"order":1042,"amount":25}
    I'd like a refund of 15 euros for my order 1051, please. => issue_refund {"order":1051,"amount":15}
"#;

const SHOP_SEVERAL: &str = r#"
    What is the weather in Paris and in Rome and in Oslo and in Cairo? => get_weather {"city":"Paris"} & get_weather {"city":"Rome"} & get_weather {"city":"Oslo"} & get_weather {"city":"Cairo"}
    What is the weather in Paris, Rome, and New York? => get_weather {"city":"Paris"} & get_weather {"city":"Rome"} & get_weather {"city":"New York"}
    What's the weather in Paris, and what about Rome? => get_weather {"city":"Paris"} & get_weather {"city":"Rome"}
    What is the weather in Paris? And in Rome? => get_weather {"city":"Paris"} & get_weather {"city":"Rome"}
    Look up Ada Lovelace and refund twenty dollars on order 1042. => lookup_customer {"name":"Ada Lovelace"} & issue_refund {"order":1042,"amount":20}
    Look up Ada Lovelace and Alan Turing. => lookup_customer {"name":"Ada Lovelace"} & lookup_customer {"name":"Alan Turing"}
    How much are three lamps and two desks? => quote {"product":"lamp","quantity":3} & quote {"product":"desk","quantity":2}
    What is the weather in Paris and how much are three lamps? => get_weather {"city":"Paris"} & quote {"product":"lamp","quantity":3}
    Create a ticket for Ada Lovelace about a broken lamp and for Alan Turing about a broken chair. => create_ticket {"customer":"Ada Lovelace","subject":"a broken lamp"} & create_ticket {"customer":"Alan Turing","subject":"a broken chair"}
"#;

const SHOP_QUESTIONS: &str = r#"
    What is the weather? => Which city?
    Look up a customer. => Which name?
    Create a ticket about a broken lamp. => Which customer?
    Create a ticket for Ada Lovelace. => What is it about?
    Refund order 1042. => How much?
    Refund twenty dollars. => Which number for order?
    Hello! => Hello! I can do this for you: get weather, lookup customer, quote, create ticket and issue refund.
    What can you do? => I can do this for you: get weather, lookup customer, quote, create ticket and issue refund.
    Thank you. => You're welcome.
    Goodbye! => Goodbye.
    Never mind. => All right.
    Don't refund order 1042. => All right.
    The quick brown fox. => I'm not sure what to do with that. I can do this for you: get weather, lookup customer, quote, create ticket and issue refund.
"#;

const EVERYTHING_TALK: &str = r#"
    Echo hello world. => echo {"message":"hello world"}
    Echo, hello world! => echo {"message":"hello world"}
    Eco hello world. => echo {"message":"hello world"}
    Please echo back the message good morning. => echo {"message":"good morning"}
    Repeat after me: good morning everyone. => echo {"message":"good morning everyone"}
    Echo "Add 2 and 3". => echo {"message":"Add 2 and 3"}
    Add 2 and 3. => get-sum {"a":2,"b":3}
    What is the sum of seven and five? => get-sum {"a":7,"b":5}
    What is 2 plus 2? => get-sum {"a":2,"b":2}
    What's 2 + 2? => get-sum {"a":2,"b":2}
    What's one hundred and five plus minus 2.5? => get-sum {"a":105,"b":-2.5}
    Get the structured content for New York. => get-structured-content {"location":"New York"}
    Give me structured content for Chicago. => get-structured-content {"location":"Chicago"}
    Get structured content. => Which location: New York, Chicago or Los Angeles?
    Show me the tiny image. => get-tiny-image {}
    Get a tiny picture. => get-tiny-image {}
    Run a long running operation for 2 seconds with 4 steps. => trigger-long-running-operation {"duration":2,"steps":4}
    Trigger the long running operation. => trigger-long-running-operation {}
    Start a long running operation that takes three seconds. => trigger-long-running-operation {"duration":3}
    Show me an error message with an image. => get-annotated-message {"messageType":"error","includeImage":true}
    Get an annotated message of type success. => get-annotated-message {"messageType":"success"}
    Get an annotated debug message without an image. => get-annotated-message {"messageType":"debug","includeImage":false}
    Print the environment variables. => get-env {}
    Get five resource links. => get-resource-links {"count":5}
    Get me a resource reference of type blob. => get-resource-reference {"resourceType":"Blob"}
    Toggle simulated logging. => toggle-simulated-logging {}
    Toggle the subscriber updates. => toggle-subscriber-updates {}
    Simulate a research query about the history of chess. => simulate-research-query {"topic":"the history of chess"}
    Compress the file https://example.com/a.txt, please. => gzip-file-as-resource {"data":"https://example.com/a.txt"}
"#;

#[test]
fn the_tools_of_a_shop_are_called_with_what_was_said() {
    check(&[SHOP], SHOP_TALK);
}

#[test]
fn the_tools_of_a_strange_server_are_called_with_what_was_said() {
    check(&[EVERYTHING], EVERYTHING_TALK);
}

#[test]
fn the_tools_of_both_are_told_apart() {
    check(&[SHOP, EVERYTHING], SHOP_TALK);
    check(&[EVERYTHING, SHOP], EVERYTHING_TALK);
}

#[test]
fn several_requests_are_several_calls() {
    check(&[SHOP], SHOP_SEVERAL);
}

#[test]
fn what_is_missing_is_asked_for_and_what_is_no_request_is_talk() {
    check(&[SHOP], SHOP_QUESTIONS);
}

#[test]
fn an_answer_completes_the_request() {
    let mut items = vec![
        user("Create a ticket, please."),
        model("Which customer?"),
        user("Ada Lovelace."),
    ];
    assert_eq!(of(&[SHOP], items.clone()), ["What is it about?"]);
    items.extend([model("What is it about?"), user("A broken lamp.")]);
    let call = r#"create_ticket {"customer":"Ada Lovelace","subject":"A broken lamp"}"#;
    assert_eq!(of(&[SHOP], items), [call]);

    let city = vec![
        user("What's the weather?"),
        model("Which city?"),
        user("Paris."),
    ];
    assert_eq!(of(&[SHOP], city), [r#"get_weather {"city":"Paris"}"#]);
    let amount = vec![
        user("Refund order 1042."),
        model("How much?"),
        user("Twenty dollars."),
    ];
    assert_eq!(
        of(&[SHOP], amount),
        [r#"issue_refund {"order":1042,"amount":20}"#]
    );
}

#[test]
fn another_request_instead_of_an_answer_is_one() {
    let items = vec![
        user("What's the weather?"),
        model("Which city?"),
        user("How much are two desks?"),
    ];
    assert_eq!(
        of(&[SHOP], items),
        [r#"quote {"product":"desk","quantity":2}"#]
    );
}

#[test]
fn a_request_may_lean_on_the_one_before() {
    let items = vec![
        user("What's the weather in Paris?"),
        model("18 degrees and sunny."),
        user("And in Rome?"),
    ];
    assert_eq!(of(&[SHOP], items), [r#"get_weather {"city":"Rome"}"#]);
}

fn called(text: &str, outputs: &[&str]) -> Vec<Item> {
    let mut items = vec![user(text)];
    for (nth, output) in outputs.iter().enumerate() {
        let call_id = CallId::from(format!("call_{nth}"));
        items.push(Item::FunctionCall(FunctionCall {
            call_id: Some(call_id.clone()),
            name: "get_weather".to_owned(),
            arguments: "{}".into(),
            ..FunctionCall::default()
        }));
        if !output.is_empty() {
            items.push(Item::FunctionCallOutput(FunctionCallOutput {
                call_id,
                output: (*output).into(),
                ..FunctionCallOutput::default()
            }));
        }
    }
    items
}

#[test]
fn what_tools_answer_is_said_and_not_asked_for_again() {
    let items = called(
        "What is the weather in Paris and in Rome?",
        &["18 degrees.", "22 degrees."],
    );
    assert_eq!(of(&[SHOP], items), ["18 degrees. 22 degrees."]);
    let items = called("What is the weather in Paris?", &[""]);
    assert_eq!(of(&[SHOP], items), ["I'm still working on that."]);
}

#[test]
fn a_new_request_after_an_answer_is_a_new_request() {
    let mut items = called("What is the weather in Paris?", &["18 degrees."]);
    items.push(user("How much are two desks?"));
    assert_eq!(
        of(&[SHOP], items),
        [r#"quote {"product":"desk","quantity":2}"#]
    );
}

#[test]
fn courtesy_after_an_answer_is_no_request() {
    for (said, wanted) in [
        ("Thanks.", "You're welcome."),
        ("Thank you very much!", "You're welcome."),
        ("Goodbye.", "Goodbye."),
    ] {
        let mut items = called("What is the weather in Paris?", &["18 degrees."]);
        items.extend([model("18 degrees."), user(said)]);
        assert_eq!(of(&[SHOP], items), [wanted]);
    }
}

#[test]
fn silence_and_an_empty_conversation_are_answered() {
    assert_eq!(
        of(&[SHOP], vec![user(" ")]),
        ["Sorry, I didn't hear anything."]
    );
    assert!(of(&[SHOP], Vec::new())[0].starts_with("Hello! I can do this for you: get weather"));
    let alone = of(&[], vec![user("What is the weather in Paris?")]);
    assert!(alone[0].contains("no tools"), "{alone:?}");
}

fn choose(choice: ToolChoice, text: &str) -> Vec<String> {
    thoughts(&Prompt {
        items: vec![user(text)],
        tools: tools(&[SHOP]),
        tool_choice: Some(choice),
        ..Prompt::default()
    })
}

#[test]
fn the_choice_of_the_session_is_kept() {
    let weather = "What is the weather in Paris?";
    let none = choose(ToolChoice::Mode(ToolMode::None), weather);
    assert_eq!(none, ["I can't use a tool for that right now."]);
    let required = || ToolChoice::Mode(ToolMode::Required);
    assert_eq!(
        choose(required(), weather),
        [r#"get_weather {"city":"Paris"}"#]
    );
    let vague = choose(required(), "Hello.");
    assert_eq!(vague, [r#"get_weather {"city":"Hello."}"#]);
    let named = |name: &str| {
        ToolChoice::Named(NamedTool {
            kind: "function".to_owned(),
            name: Some(name.to_owned()),
            ..NamedTool::default()
        })
    };
    let quote = choose(named("quote"), "Two lamps.");
    assert_eq!(quote, [r#"quote {"product":"lamp","quantity":2}"#]);
    let refund = choose(named("issue_refund"), weather);
    assert_eq!(refund, [r#"issue_refund {"order":0,"amount":0.01}"#]);
}

/// Words that the rules look for, and what they don't expect.
const SAID: [&str; 54] = [
    "what",
    "is",
    "the",
    "weather",
    "in",
    "Paris",
    "and",
    "for",
    "about",
    "Ada",
    "Lovelace",
    "look",
    "up",
    "customer",
    "refund",
    "twenty",
    "five",
    "hundred",
    "point",
    "minus",
    "dollars",
    "$20",
    "order",
    "1042",
    "#7",
    "T-1001",
    "quote",
    "lamps",
    "a",
    "of",
    "ticket",
    "priority",
    "high",
    "echo",
    "\"",
    "“x”",
    "hello,",
    "world.",
    "sum",
    "+",
    "New",
    "York",
    "-",
    "—",
    "?",
    ":",
    "...",
    "ß",
    "İ",
    "日本",
    "’s",
    "e\u{301}",
    "\u{0}",
    "structured",
];

proptest::proptest! {
    #[test]
    fn whatever_is_said_a_call_fits_its_tool(
        words in proptest::collection::vec(proptest::sample::select(&SAID[..]), 0..14),
        noise in ".{0,12}",
        required in proptest::bool::ANY,
    ) {
        let tools = tools(&[SHOP, EVERYTHING]);
        let mode = if required { ToolMode::Required } else { ToolMode::Auto };
        let prompt = Prompt {
            items: vec![user(&format!("{} {noise}", words.join(" ")))],
            tools: tools.clone(),
            tool_choice: Some(ToolChoice::Mode(mode)),
            ..Prompt::default()
        };
        let thoughts = answer(&prompt);
        proptest::prop_assert!(!thoughts.is_empty());
        proptest::prop_assert_eq!(&thoughts, &answer(&prompt));
        for thought in thoughts {
            let Thought::Call { name, arguments } = thought else {
                continue;
            };
            let tool = tools.iter().find(|it| it.name == name).unwrap();
            let schema = serde_json::Value::Object(tool.parameters.clone().unwrap());
            let arguments = serde_json::from_str(arguments.expose()).unwrap();
            let verdict = jsonschema::validate(&schema, &arguments).map_err(|it| it.to_string());
            proptest::prop_assert_eq!(verdict, Ok(()), "{} {}", name, arguments);
        }
    }
}
