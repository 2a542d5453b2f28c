//! Calls that go wrong: said where it happened, with what to do, and the next one can begin.

use rtmcp_api::ProblemCode;
use serde_json::json;

use super::{Act, Effect, Failure, Input, News, Page, State, problem};
use crate::model::{input::Peer, setup::Offer, trouble::Place};

/// The call is over for a reason, and the next one begins at the press of the button.
#[track_caller]
fn assert_failed(page: &mut Page, reason: &str) {
    assert_eq!(page.state(), State::Failed);
    let trouble = page.trouble();
    assert!(trouble.contains(reason), "{trouble}");
    let effects = page.act(Act::Microphone);
    assert!(matches!(effects[..], [Effect::Dial { .. }]), "{effects:?}");
    assert_eq!(page.model.call.trouble, None);
}

#[test]
fn a_refused_key_is_told_at_the_key() {
    let mut page = Page::open();
    page.act(Act::Microphone);
    let failure = problem(ProblemCode::BadKey, "the endpoint refuses the key");
    page.news(News::Answer(Err(failure)));
    assert_eq!(page.model.call.key_trouble().unwrap().place, Place::Key);
    assert_failed(&mut page, "The endpoint refuses the key. Check the key");
}

#[test]
fn a_key_that_is_wanted_must_be_there() {
    let mut page = Page::open();
    page.act(Act::Endpoint("openai".to_owned()));
    assert!(page.act(Act::Microphone).is_empty());
    assert!(page.say("Hello").is_empty());
    assert_eq!(page.state(), State::Idle);
    assert!(page.model.call.key_trouble().is_some());
    page.act(Act::Key("sk-mine".into()));
    assert_eq!(page.act(Act::Microphone).len(), 1);
}

#[test]
fn a_backend_that_does_not_answer() {
    let mut page = Page::open();
    page.act(Act::Microphone);
    page.news(News::Answer(Err(Failure::Unreachable)));
    assert_failed(&mut page, "The backend doesn't answer.");
}

#[test]
fn settings_that_do_not_come_can_be_asked_for_again() {
    let mut page = Page::open();
    page.input(Input::Settings(Err(Failure::Unreachable)));
    assert!(matches!(page.model.setup.offer, Offer::Failed(_)));
    assert!(page.act(Act::Microphone).is_empty());
    assert!(page.trouble().contains("hasn't said yet"));
    assert_eq!(page.act(Act::Open), [Effect::LoadSettings]);
}

#[test]
fn too_many_calls_say_when_to_try_again() {
    let mut page = Page::open();
    page.act(Act::Microphone);
    let Failure::Problem { problem, .. } = problem(ProblemCode::TooMany, "too many calls") else {
        panic!("a problem")
    };
    page.news(News::Answer(Err(Failure::Problem {
        problem,
        retry_after: Some(7),
    })));
    assert_failed(&mut page, "another tab, or try again in 7 seconds");
}

#[test]
fn a_lost_connection_ends_the_call_at_the_backend_too() {
    let mut page = Page::in_call();
    page.news(News::Peer(Peer::Unsteady));
    assert_eq!(page.state(), State::Listening);
    page.news(News::Peer(Peer::Lost));
    let effects = page.wait();
    assert!(effects.contains(&Effect::HangUp) && effects.len() == 2);
    assert_failed(&mut page, "The connection to the endpoint is lost.");
}

#[test]
fn the_backend_knows_best_why_the_endpoint_has_gone() {
    let mut page = Page::in_call();
    page.news(News::ChannelClosed);
    assert_eq!(page.state(), State::Listening, "it gets a moment");
    let effects = page.backend(
        json!({ "kind": "closed", "reason": "lost", "message": "the session expired: call again" }),
    );
    assert_eq!(
        effects,
        [Effect::HangUp],
        "the backend knows that it is over"
    );
    assert_failed(&mut page, "The session expired: call again.");
}

#[test]
fn an_endpoint_that_goes_without_a_word() {
    let mut page = Page::in_call();
    page.news(News::ChannelClosed);
    page.wait();
    assert_failed(&mut page, "The endpoint ended the call.");
}

#[test]
fn a_connection_that_never_comes_is_given_up() {
    let mut page = Page::open();
    page.act(Act::Microphone);
    page.news(News::Offer(Ok("v=0".to_owned())));
    page.news(News::Answer(Ok(super::answer())));
    // The clock on the page wants to be drawn meanwhile.
    for _ in 0..30 {
        if page.state() == State::Connecting {
            page.wait();
        }
    }
    assert_failed(&mut page, "can't reach each other");
}

#[test]
fn an_endpoint_that_says_nothing_is_given_up() {
    let mut page = Page::open();
    page.act(Act::Microphone);
    page.news(News::Offer(Ok("v=0".to_owned())));
    page.news(News::Answer(Ok(super::answer())));
    page.news(News::ChannelOpen);
    for _ in 0..30 {
        if page.state().is_running() {
            page.wait();
        }
    }
    assert_failed(&mut page, "The endpoint doesn't say anything.");
}

#[test]
fn a_broken_stream_comes_back_or_is_gone() {
    let mut page = Page::in_call();
    page.news(News::BackendLost);
    assert!(page.model.call.backend_lost.is_some());
    assert_eq!(page.state(), State::Listening);
    page.news(News::BackendOpen);
    assert!(page.model.call.backend_lost.is_none());
    page.news(News::BackendLost);
    page.news(News::BackendGone);
    assert_failed(&mut page, "The backend doesn't know this call any more.");
}

#[test]
fn a_backend_that_stays_away_is_given_up() {
    let mut page = Page::in_call();
    page.news(News::BackendLost);
    let since = page.now;
    for _ in 0..60 {
        if page.state().is_running() {
            page.wait();
            page.news(News::BackendLost);
        }
    }
    assert_eq!((page.now - since).as_secs(), 25);
    assert_failed(&mut page, "The backend doesn't answer any more.");
}

#[test]
fn news_of_an_older_call_change_nothing() {
    let mut page = Page::in_call();
    page.act(Act::End);
    page.act(Act::Microphone);
    let news = News::Peer(Peer::Lost);
    assert!(page.input(Input::News { number: 1, news }).is_empty());
    assert_eq!(page.state(), State::Connecting);
}

#[test]
fn what_the_endpoint_complains_about_is_noted() {
    let mut page = Page::in_call();
    page.endpoint(
        &json!({ "type": "error", "error": { "type": "invalid_request_error",
        "code": "x", "message": "no such voice" } }),
    );
    let entries = page.model.conversation.entries();
    let noted = format!("{entries:?}");
    assert!(
        noted.contains("The endpoint says: No such voice."),
        "{noted}"
    );
    assert_eq!(page.state(), State::Listening);
}
