//! Pictures of tools: shown to the model after the outputs, and before it is asked for a reply.

use std::time::Duration;

use rtmcp_core::{CallPolicy, ClientEvent, ContentKind, Item, Message, ReplyMode, Role};
use rtmcp_session::{
    Command, Event, HandOver, Handover, Input, Loss, Options, Output, ToolEnd, ToolImage, ToolNews,
};
use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::probe::Probe;

fn image(data: &str) -> ToolImage {
    ToolImage {
        mime: "image/png".to_owned(),
        data: data.into(),
    }
}

fn finish(probe: &mut Probe, call: &str, images: &[&str]) {
    let news = ToolNews::Finished {
        end: ToolEnd::Answered,
        output: "done".into(),
        images: images.iter().map(|data| image(data)).collect(),
    };
    probe.tell(Input::Tool(call.into(), news));
}

/// A session in which two calls of one response wait.
fn called() -> Probe {
    let mut probe = Probe::ready();
    call(&mut probe);
    probe
}

fn call(probe: &mut Probe) {
    probe.created("r1");
    probe.call("r1", "c1");
    probe.call("r1", "c2");
    probe.done("r1", "completed");
}

fn shown(probe: &Probe) -> Vec<&Message> {
    let shown = probe.sent().filter_map(|event| match event {
        ClientEvent::ConversationItemCreate(e) => match &*e.item {
            Item::Message(message) => Some(message),
            _ => None,
        },
        _ => None,
    });
    shown.collect()
}

/// The last part of a message, as it is sent.
fn url(message: &Message) -> &str {
    let last = message.content.last().unwrap();
    assert_eq!(last.kind, ContentKind::InputImage);
    last.image_url.as_ref().unwrap().expose()
}

#[test]
fn pictures_follow_all_outputs_in_order_and_the_reply_follows_them() {
    let mut probe = called();
    finish(&mut probe, "c2", &["CCCC"]);
    assert_eq!(shown(&probe).len(), 0, "the other output is yet to come");
    finish(&mut probe, "c1", &["AAAA", "BBBB"]);
    let urls: Vec<&str> = shown(&probe).into_iter().map(url).collect();
    let data = |data: &str| format!("data:image/png;base64,{data}");
    assert_eq!(urls, [data("AAAA"), data("BBBB"), data("CCCC")]);
    let kinds: Vec<&str> = probe.kinds();
    let (last, before) = kinds.split_last().unwrap();
    assert_eq!(*last, "response.create");
    assert_eq!(before, ["conversation.item.create"; 5]);
}

#[test]
fn a_picture_is_said_to_be_the_tools_and_not_the_persons() {
    let mut probe = called();
    finish(&mut probe, "c1", &["AAAA"]);
    finish(&mut probe, "c2", &[]);
    let message = shown(&probe)[0];
    assert_eq!(message.role, Role::User, "no other role can show pictures");
    let words = message.content[0].text.as_ref().unwrap().expose();
    assert!(words.starts_with("Picture 1 of 1 in the output of the function `work`."));
    assert!(words.contains("not from the user"));
    probe.acknowledge();
    assert!(
        probe.session.transcript().lines().is_empty(),
        "nobody said it"
    );
    assert!(
        !probe
            .events()
            .any(|it| matches!(it, Event::Transcript { .. }))
    );
}

#[test]
fn a_reply_that_has_not_seen_the_pictures_does_not_count() {
    let mut probe = called();
    probe.speech_started();
    finish(&mut probe, "c1", &[]);
    probe.acknowledge();
    finish(&mut probe, "c2", &["AAAA"]);
    // The endpoint says that it has the output, and nothing of the picture.
    probe.event(&json!({"type": "conversation.item.added",
        "item": {"type": "function_call_output", "id": "x", "call_id": "c2", "output": "done"}}));
    probe.speech_stopped();
    probe.created("own");
    probe.done("own", "completed");
    assert_eq!(probe.requests().len(), 1);
}

#[test]
fn a_reply_that_has_seen_the_pictures_counts() {
    let mut probe = called();
    probe.speech_started();
    finish(&mut probe, "c1", &[]);
    probe.acknowledge();
    finish(&mut probe, "c2", &["AAAA"]);
    probe.acknowledge();
    probe.event(&json!({"type": "conversation.item.added",
        "item": {"type": "function_call_output", "id": "x", "call_id": "c2", "output": "done"}}));
    probe.speech_stopped();
    probe.created("own");
    probe.done("own", "completed");
    assert_eq!(probe.requests().len(), 0);
}

#[test]
fn pictures_of_a_silent_tool_are_shown_and_nobody_is_asked() {
    let mut probe = called();
    let policy = CallPolicy {
        reply: ReplyMode::Silent,
        ..CallPolicy::default()
    };
    let deadline = Duration::from_secs(60);
    for call in ["c1", "c2"] {
        let news = ToolNews::Running { deadline, policy };
        probe.tell(Input::Tool(call.into(), news));
        finish(&mut probe, call, &["AAAA"]);
    }
    assert_eq!((shown(&probe).len(), probe.requests().len()), (2, 0));
}

#[test]
fn pictures_of_a_call_that_is_over_are_not_shown() {
    let mut probe = called();
    probe.pass(Duration::from_secs(60));
    finish(&mut probe, "c1", &["AAAA"]);
    finish(&mut probe, "c2", &["AAAA"]);
    assert_eq!(shown(&probe).len(), 0);
}

#[test]
fn a_picture_that_the_endpoint_refuses_is_reported_and_the_reply_comes() {
    let mut probe = called();
    finish(&mut probe, "c1", &["AAAA"]);
    finish(&mut probe, "c2", &[]);
    let event_id = probe.sent().find_map(|event| match event {
        ClientEvent::ConversationItemCreate(e) => {
            let is_picture = matches!(&*e.item, Item::Message(_));
            e.event_id.clone().filter(|_| is_picture)
        }
        _ => None,
    });
    let event_id = event_id.unwrap();
    probe.refuse("invalid_value", Some(event_id.as_str()));
    assert!(probe.events().any(|it| matches!(it, Event::Trouble(_))));
    probe.created_as_asked("reply");
    probe.done("reply", "completed");
    assert!(probe.session.is_idle());
    probe.pass(Duration::from_secs(60));
    assert_eq!(probe.requests().len(), 1);
}

fn connect(probe: &mut Probe) {
    probe.tell(Input::Connected { at: None });
    probe.event(&json!({"type": "session.created", "session": {}}));
    probe.event(&json!({"type": "session.updated", "session": {}}));
}

/// A session over many connections, in which two calls wait.
fn surviving() -> Probe {
    let mut probe = Probe::with(Options {
        handover: Handover::Replay,
        ..Options::default()
    });
    connect(&mut probe);
    call(&mut probe);
    probe
}

fn handed_over(probe: &Probe) -> Vec<&HandOver> {
    let reports = probe.did.iter().filter_map(|output| match output {
        Output::Notify(Event::HandedOver(report)) => Some(&**report),
        _ => None,
    });
    reports.collect()
}

#[test]
fn a_picture_that_was_shown_is_reported_as_lost_with_its_connection() {
    let mut probe = surviving();
    finish(&mut probe, "c1", &["AAAA"]);
    finish(&mut probe, "c2", &[]);
    let picture = shown(&probe)[0].id.clone().unwrap();
    probe.tell(Input::Disconnected);
    connect(&mut probe);
    probe.pass(Duration::from_secs(6));
    let reports = handed_over(&probe);
    let lost = Loss::Image { item_id: picture };
    assert!(reports[0].lost.contains(&lost), "{reports:?}");
}

#[test]
fn a_picture_that_came_between_two_connections_is_shown_over_the_next() {
    let mut probe = surviving();
    finish(&mut probe, "c1", &["AAAA"]);
    probe.tell(Input::Disconnected);
    finish(&mut probe, "c2", &["BBBB"]);
    assert_eq!(shown(&probe).len(), 0);
    connect(&mut probe);
    probe.pass(Duration::from_secs(6));
    let urls: Vec<&str> = shown(&probe).into_iter().map(url).collect();
    assert_eq!(urls.len(), 2, "{urls:?}");
    assert_eq!(probe.requests().len(), 1);
    probe.tell(Command::Close);
}
