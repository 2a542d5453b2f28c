//! Turns and keys against the moments at which questions are put.

use std::{collections::BTreeSet, time::Duration};

use rtmcp_core::{
    FunctionName, Message, Private, Response, Role, ServerEvent, Timestamp,
    event::{
        client::ConversationItemCreate,
        server::{
            InputAudioBufferDtmfEventReceived, InputAudioBufferSpeechStarted,
            InputAudioTranscriptionCompleted, ResponseCreated, ResponseDone,
        },
    },
};
use rtmcp_router::{Digest, Remember};
use rtmcp_session::HandOverReason;
use serde_json::Map;

use super::*;

struct World {
    asking: Asking,
    turns: usize,
    responses: usize,
}

impl World {
    fn new() -> Self {
        Self {
            asking: Asking::new(&ApprovalSettings::default()),
            turns: 0,
            responses: 0,
        }
    }

    /// A call waits; the model isn't told yet.
    fn ask(&mut self, number: u64, by: &[Channel]) -> Private<String> {
        let request = request(number, by);
        let notice = notice(&request, &ApprovalSettings::default(), number > 1);
        self.asking.ask(&request, &notice);
        notice
    }

    /// The model is told.
    fn tell(&mut self, notice: &Private<String>) {
        let message = Message::text(Role::System, notice.expose().as_str());
        let event = ConversationItemCreate {
            item: Box::new(message.into()),
            ..Default::default()
        };
        self.asking.sent(&event.into());
    }

    fn begins_answer(&mut self) -> Response {
        self.responses += 1;
        let response = Response {
            id: format!("resp_{}", self.responses).into(),
            conversation_id: Nullable::Set("conv_1".into()),
            status: ResponseStatus::InProgress,
            ..Default::default()
        };
        let event = ResponseCreated {
            response: Box::new(response.clone()),
            ..Default::default()
        };
        self.hear(&event.into(), false);
        response
    }

    fn ends_answer(&mut self, mut response: Response, status: ResponseStatus) {
        let said = Message::text(Role::Assistant, "Do you approve?");
        (response.status, response.output) = (status, vec![said.into()]);
        let event = ResponseDone {
            response: Box::new(response),
            ..Default::default()
        };
        self.hear(&event.into(), true);
    }

    /// The model says something, to the end.
    fn answer(&mut self) {
        let response = self.begins_answer();
        self.ends_answer(response, ResponseStatus::Completed);
    }

    /// The person begins to speak, perhaps while the model does.
    fn begin(&mut self, answers: bool) -> ItemId {
        self.turns += 1;
        let item_id = ItemId::from(format!("item_{}", self.turns));
        let event = InputAudioBufferSpeechStarted {
            item_id: item_id.clone(),
            ..Default::default()
        };
        assert!(self.hear(&event.into(), answers).is_empty());
        item_id
    }

    /// The words of a turn are known.
    fn said(&mut self, item_id: ItemId, words: &str) -> Vec<(String, bool)> {
        let event = InputAudioTranscriptionCompleted {
            item_id,
            transcript: Private::from(words),
            ..Default::default()
        };
        self.hear(&event.into(), false)
    }

    fn says(&mut self, words: &str) -> Vec<(String, bool)> {
        let item_id = self.begin(false);
        self.said(item_id, words)
    }

    fn presses(&mut self, keys: &str) -> Vec<(String, bool)> {
        let pressed = keys.chars().map(|key| InputAudioBufferDtmfEventReceived {
            event: Private::new(key.to_string()),
            ..Default::default()
        });
        let pressed: Vec<ServerEvent> = pressed.map(Into::into).collect();
        let decided = pressed.into_iter().map(|it| self.hear(&it, false));
        decided.collect::<Vec<_>>().concat()
    }

    fn hear(&mut self, event: &ServerEvent, answers: bool) -> Vec<(String, bool)> {
        let decisions = self.asking.hear(event, answers);
        let decisions = decisions.into_iter().map(|it| {
            assert_eq!(it.who, Some(Private::from("caller")));
            assert_eq!(it.remember, Remember::No);
            (it.call_id.to_string(), it.allow)
        });
        decisions.collect()
    }
}

fn request(number: u64, by: &[Channel]) -> ApprovalRequest {
    ApprovalRequest {
        call_id: format!("call_{number}").into(),
        number,
        function: FunctionName::new("issue_refund").unwrap(),
        server: "shop".into(),
        tool: "issue_refund".to_owned(),
        arguments: Private::new(Map::new()),
        hash: Digest::default(),
        why: String::new(),
        asked_at: Timestamp::ZERO,
        expires_at: Timestamp::ZERO + Duration::from_secs(60),
        may_remember: Remember::Tool,
        channels: by.iter().copied().collect::<BTreeSet<_>>(),
    }
}

const BY_VOICE: &[Channel] = &[Channel::Voice];
const BY_KEYS: &[Channel] = &[Channel::Dtmf, Channel::Page];

fn yes(call: &str) -> Vec<(String, bool)> {
    vec![(call.to_owned(), true)]
}

fn no(call: &str) -> Vec<(String, bool)> {
    vec![(call.to_owned(), false)]
}

#[test]
fn a_yes_counts_from_the_turn_after_the_question() {
    let mut world = World::new();
    let before = world.begin(false);
    let notice = world.ask(1, BY_VOICE);
    assert!(world.said(before, "I approve").is_empty());
    assert!(world.says("I approve").is_empty(), "the model isn't told");
    // What the model began before it was told is no question.
    let early = world.begins_answer();
    world.tell(&notice);
    world.ends_answer(early, ResponseStatus::Completed);
    assert!(world.says("I approve").is_empty(), "it hasn't asked");
    let question = world.begins_answer();
    let into_it = world.begin(true);
    world.ends_answer(question, ResponseStatus::Cancelled);
    assert!(world.said(into_it, "I approve").is_empty());
    assert!(world.says("I approve").is_empty(), "it was cut off");
    world.answer();
    assert_eq!(world.says("I approve"), yes("call_1"));
}

#[test]
fn what_is_heard_while_the_model_speaks_agrees_to_nothing() {
    let mut world = World::new();
    let notice = world.ask(1, BY_VOICE);
    world.tell(&notice);
    world.answer();
    let echo = world.begin(true);
    assert!(world.said(echo, "I approve.").is_empty());
    // A no may interrupt.
    let interrupts = world.begin(true);
    assert_eq!(world.said(interrupts, "No, stop!"), no("call_1"));
}

#[test]
fn an_answer_outside_of_the_conversation_asks_nobody() {
    let mut world = World::new();
    let notice = world.ask(1, BY_VOICE);
    world.tell(&notice);
    let mut aside = Response {
        id: "resp_aside".into(),
        conversation_id: Nullable::Null,
        ..Default::default()
    };
    let event = ResponseCreated {
        response: Box::new(aside.clone()),
        ..Default::default()
    };
    world.hear(&event.into(), false);
    aside.status = ResponseStatus::Completed;
    world.ends_answer(aside, ResponseStatus::Completed);
    assert!(world.says("I approve").is_empty());
}

#[test]
fn words_of_a_turn_that_nobody_saw_begin_decide_nothing() {
    let mut world = World::new();
    let notice = world.ask(1, BY_VOICE);
    world.tell(&notice);
    world.answer();
    assert!(world.said("item_elsewhere".into(), "I approve").is_empty());
    let turn = world.begin(false);
    assert_eq!(world.said(turn.clone(), "I approve"), yes("call_1"));
    assert!(world.said(turn, "I approve").is_empty(), "once");
}

#[test]
fn of_several_one_must_be_named() {
    let mut world = World::new();
    let one = world.ask(1, BY_VOICE);
    world.tell(&one);
    world.answer();
    let turn = world.begin(false);
    let two = world.ask(2, BY_VOICE);
    // It began when one waited, and is heard when two do.
    assert!(world.said(turn, "I approve").is_empty());
    world.tell(&two);
    assert!(
        world.says("I approve number two").is_empty(),
        "not asked yet"
    );
    world.answer();
    assert!(world.says("I approve the issue refund").is_empty(), "both");
    assert!(world.says("I approve one and two").is_empty(), "not one");
    assert_eq!(world.says("I approve number two"), yes("call_2"));
    assert_eq!(world.says("Not number one"), no("call_1"));
    let both = [no("call_1"), no("call_2")].concat();
    assert_eq!(world.says("Stop."), both);
}

#[test]
fn a_new_connection_is_asked_anew() {
    let mut world = World::new();
    let notice = world.ask(1, BY_VOICE);
    world.tell(&notice);
    world.answer();
    let turn = world.begin(false);
    let why = HandOverReason::Expiring;
    world.asking.see(&Event::HandingOver { why });
    assert!(world.said(turn, "I approve").is_empty());
    assert!(world.says("I approve").is_empty());
    world.answer();
    assert_eq!(world.says("I approve"), yes("call_1"));
}

#[test]
fn keys_decide_once_the_question_is_put_and_only_where_they_may() {
    let mut world = World::new();
    let notice = world.ask(1, BY_KEYS);
    assert!(world.presses("1").is_empty());
    world.tell(&notice);
    assert!(world.presses("1").is_empty());
    world.answer();
    assert!(world.says("I approve").is_empty());
    assert!(world.presses("0").is_empty());
    assert_eq!(world.presses("2"), no("call_1"));

    let mut world = World::new();
    let notice = world.ask(1, BY_VOICE);
    world.tell(&notice);
    world.answer();
    assert!(world.presses("1").is_empty());
}

#[test]
fn with_several_the_key_of_a_number_comes_first() {
    let mut world = World::new();
    let one = world.ask(1, BY_KEYS);
    world.tell(&one);
    world.answer();
    let two = world.ask(2, BY_KEYS);
    world.tell(&two);
    world.answer();
    assert!(world.presses("1").is_empty(), "it is number one so far");
    assert_eq!(world.presses("1"), yes("call_1"));
    assert_eq!(world.presses("22"), no("call_2"));
    assert!(world.presses("71").is_empty(), "nothing has that number");
    // The number was said when two waited: it still is one when one does.
    assert!(world.presses("2").is_empty());
    world.asking.over(&"call_1".into());
    assert_eq!(world.presses("1"), yes("call_2"));
}

#[test]
fn what_was_meant_for_one_that_is_over_is_not_for_the_other() {
    let mut world = World::new();
    for number in [1, 2] {
        let notice = world.ask(number, &[Channel::Voice, Channel::Dtmf]);
        world.tell(&notice);
        world.answer();
    }
    // The person begins, and the page is quicker about number one.
    let turn = world.begin(false);
    world.asking.over(&"call_1".into());
    assert!(world.said(turn, "I approve").is_empty());
    assert!(world.presses("1").is_empty(), "a number, and no yes");
    assert!(world.presses("1").is_empty(), "nothing has that number");
    assert_eq!(world.presses("21"), yes("call_2"));
    assert_eq!(world.says("I approve"), yes("call_2"));
}

#[test]
fn the_model_is_told_what_waits_and_with_which_words_the_person_agrees() {
    let settings = ApprovalSettings::default();
    let told = notice(&request(1, BY_VOICE), &settings, false);
    let told = told.expose();
    for part in [
        "`issue_refund` has not run",
        "within 60 s",
        "Ask the person now, aloud",
        "say \"I approve\" or \"no\"",
        "never say that they have agreed before",
        "Don't call the function again",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let told = notice(
        &request(2, &[Channel::Voice, Channel::Dtmf]),
        &settings,
        true,
    );
    let told = told.expose();
    assert!(told.contains("\"I approve, number 2\""), "{told}");
    assert!(told.contains("press 2 and then 1 to approve"), "{told}");
    let told = notice(&request(1, &[Channel::Page]), &settings, false);
    let told = told.expose();
    assert!(told.contains("Asked are: the person's screen."), "{told}");
    assert!(!told.contains("aloud") && told.contains("Tell the person"));
}
