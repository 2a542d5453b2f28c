//! Each tool of the sample shop, asked for aloud. The refund, which somebody must approve, is in
//! [`approvals`](crate::approvals).

use rtmcp_media::Sound;
use serde_json::{Value, json};

use crate::{
    call::Call,
    stage::{Stage, shop, with_shop},
    turn::assert_words,
};

/// What is asked for, and what is to come of it.
struct Wanted<'a> {
    /// Words that the endpoint must have heard.
    heard: &'a [&'a str],
    tool: &'a str,
    arguments: Value,
    /// Words that must be understood of the reply.
    reply: &'a [&'a str],
}

/// Says a clip, and checks everything from there to the sound of the reply.
async fn check(stage: &Stage, clip: &Sound, wanted: Wanted<'_>) {
    let shop = shop().await;
    let mut call = Call::open(with_shop(stage.config(), &shop)).await;
    let turn = call.ask(clip).await;
    assert_words(&turn.heard, wanted.heard);
    assert_eq!(turn.called(), [(wanted.tool, wanted.arguments)]);
    assert_eq!(turn.ends(), ["answered"]);
    let stats = shop.stats().now();
    assert_eq!(stats.tool(wanted.tool).finished, 1);
    let calls: u64 = stats.tools.values().map(|it| it.started).sum();
    assert_eq!(calls, 1, "no other tool was called");
    let understood = stage.understand(turn.sound()).await;
    assert_words(&understood, wanted.reply);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_weather_in_a_city() {
    let stage = Stage::set_up().await;
    let clip = stage.espeak("What is the weather in Paris?").await;
    let wanted = Wanted {
        heard: &["weather", "paris"],
        tool: "get_weather",
        arguments: json!({"city": "Paris"}),
        reply: &["18|eighteen", "paris"],
    };
    check(&stage, &clip, wanted).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_by_name() {
    let stage = Stage::set_up().await;
    // Whisper's smallest model understands "race hopper" from espeak-ng.
    let clip = stage.flite("Find the customer Grace Hopper.").await;
    let wanted = Wanted {
        heard: &["customer", "grace hopper"],
        tool: "lookup_customer",
        arguments: json!({"name": "Grace Hopper"}),
        reply: &["grace hopper", "gold", "1060|10-60|1,060", "516"],
    };
    check(&stage, &clip, wanted).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_price_for_a_number_of_things() {
    let stage = Stage::set_up().await;
    let clip = stage.espeak("What is the price of two keyboards?").await;
    let wanted = Wanted {
        heard: &["price", "two|2", "keyboard"],
        tool: "quote",
        arguments: json!({"product": "keyboard", "quantity": 2}),
        reply: &["keyboard", "119"],
    };
    check(&stage, &clip, wanted).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_for_somebody_about_something() {
    let stage = Stage::set_up().await;
    // From espeak-ng it understands "race hardware".
    let clip = stage
        .flite("Create a ticket for Grace Hopper about a broken lamp.")
        .await;
    let wanted = Wanted {
        heard: &["ticket", "grace hopper", "broken lamp"],
        tool: "create_ticket",
        arguments: json!({"customer": "Grace Hopper", "subject": "a broken lamp"}),
        reply: &["ticket", "grace hopper", "broken lamp"],
    };
    check(&stage, &clip, wanted).await;
}
