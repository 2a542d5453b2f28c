//! What servers ask in the course of a call.

use std::time::Duration;

use rtmcp_core::{Private, ToolOutcome};
use rtmcp_mcp::{Answer, Ask, BadAnswer, CallError, CallOptions, Elicitation, Pool, ServerConfig};
use rtmcp_mock::{serve::Running, talker::Talker};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{
    front::Front,
    support::{PATIENCE, call, call_with, http, ready, serve, soon, text},
};

fn asking(url: &str) -> ServerConfig {
    let mut config = http(url);
    config.elicitation = true;
    config
}

async fn ways(server: &Running) -> (Front, [String; 3]) {
    let front = Front::stateful(server.addr()).await;
    let urls = [front.url("/mcp"), server.url_mcp(), server.url_sse()];
    (front, urls)
}

/// A call, and where its questions come.
fn call_and_listen(
    pool: &Pool,
    tool: &'static str,
    args: Value,
) -> (
    impl Future<Output = Result<ToolOutcome, CallError>>,
    mpsc::UnboundedReceiver<Elicitation>,
) {
    let (elicitations, questions) = mpsc::unbounded_channel();
    let options = CallOptions {
        timeout: PATIENCE,
        elicitations: Some(elicitations),
        ..CallOptions::default()
    };
    (call_with(pool, tool, args, options), questions)
}

/// Answers a question, or returns it unanswered.
async fn answer_or_hold(
    questions: &mut mpsc::UnboundedReceiver<Elicitation>,
    answer: Option<Answer>,
) -> Option<Elicitation> {
    let question = soon(questions.recv()).await.unwrap();
    match answer {
        Some(answer) => {
            question.answer(answer).unwrap();
            None
        }
        None => Some(question),
    }
}

fn fields(value: Value) -> Answer {
    let Value::Object(fields) = value else {
        panic!("fields are an object");
    };
    Answer::Accept(Private::new(fields))
}

fn json_of(outcome: &ToolOutcome) -> Value {
    serde_json::from_str(text(outcome)).unwrap()
}

#[tokio::test]
async fn a_form_is_answered_with_its_defaults_in_every_revision() {
    let server = serve(Talker::new()).await;
    let (_front, urls) = ways(&server).await;
    for url in urls {
        let pool = ready(asking(&url)).await;
        let (called, mut questions) = call_and_listen(&pool, "ask", json!({"what": "Who?"}));
        let answered = async {
            let question = soon(questions.recv()).await.unwrap();
            assert_eq!(question.message.expose(), "Who?");
            assert_eq!(
                (question.server.as_str(), question.tool.as_str()),
                ("mock", "ask")
            );
            let Ask::Form(form) = &question.ask else {
                panic!("a form");
            };
            assert_eq!(
                form.defaults(),
                *json!({"count": 1, "colour": "blue"}).as_object().unwrap()
            );
            let wrong = question.answer(fields(json!({"name": "Ada", "count": 0})));
            assert!(matches!(wrong, Err(BadAnswer::Wrong { .. })), "{wrong:?}");
            let missing = question.answer(fields(json!({})));
            assert_eq!(missing, Err(BadAnswer::Missing("name".to_owned())));
            assert!(question.is_open());
            question.answer(fields(json!({"name": "Ada"}))).unwrap();
            assert_eq!(question.answer(Answer::Decline), Err(BadAnswer::Over));
        };
        let (outcome, ()) = tokio::join!(soon(called), answered);
        let expected = json!({
            "action": "accept",
            "content": {"name": "Ada", "count": 1, "colour": "blue"},
        });
        assert_eq!(json_of(&outcome.unwrap()), expected, "{url}");
        soon(pool.shutdown()).await;
    }
}

#[tokio::test]
async fn no_and_no_answer_are_told_apart() {
    let server = serve(Talker::new()).await;
    let (_front, urls) = ways(&server).await;
    for url in urls {
        let mut config = asking(&url);
        config.answer_timeout = Duration::from_millis(100);
        let pool = ready(config).await;
        for (answer, expected) in [
            (Some(Answer::Decline), "decline"),
            (Some(Answer::Cancel), "cancel"),
            (None, "cancel"),
        ] {
            let (called, mut questions) = call_and_listen(&pool, "ask", json!({"what": "Who?"}));
            let answered = answer_or_hold(&mut questions, answer);
            let (outcome, held) = tokio::join!(soon(called), answered);
            assert_eq!(
                json_of(&outcome.unwrap()),
                json!({"action": expected}),
                "{url}"
            );
            assert!(held.is_none_or(|it| !it.is_open()));
        }
        soon(pool.shutdown()).await;
    }
}

#[tokio::test]
async fn a_page_to_visit_is_accepted_without_fields_and_never_a_script() {
    let server = serve(Talker::new()).await;
    let (_front, urls) = ways(&server).await;
    for url in urls {
        let pool = ready(asking(&url)).await;
        let page = json!({"url": "https://sign.example/1?a=b"});
        let (called, mut questions) = call_and_listen(&pool, "visit", page);
        let answered = async {
            let question = soon(questions.recv()).await.unwrap();
            assert_eq!(
                question.ask,
                Ask::Url("https://sign.example/1?a=b".parse().unwrap())
            );
            question.answer(fields(json!({"left": "out"}))).unwrap();
        };
        let (outcome, ()) = tokio::join!(soon(called), answered);
        assert_eq!(
            json_of(&outcome.unwrap()),
            json!({"action": "accept"}),
            "{url}"
        );

        let script = json!({"url": "javascript:alert(1)"});
        let (called, _questions) = call_and_listen(&pool, "visit", script);
        let outcome = soon(called).await.unwrap();
        assert_eq!(json_of(&outcome), json!({"action": "decline"}), "{url}");
        soon(pool.shutdown()).await;
    }
}

/// The pool is shared: whoever made a call is asked, and nobody else.
#[tokio::test]
async fn each_question_goes_to_the_call_that_it_belongs_to() {
    let server = serve(Talker::new()).await;
    let front = Front::stateful(server.addr()).await;
    for url in [front.url("/mcp"), server.url_mcp()] {
        let pool = ready(asking(&url)).await;
        let mut calls = Vec::new();
        for caller in 0..5 {
            let what = format!("Caller {caller}?");
            let (called, mut questions) = call_and_listen(&pool, "ask", json!({"what": what}));
            let answered = async move {
                let question = soon(questions.recv()).await.unwrap();
                assert_eq!(*question.message.expose(), what);
                question
                    .answer(fields(json!({"name": what.clone()})))
                    .unwrap();
                what
            };
            calls.push(async {
                let (outcome, what) = tokio::join!(soon(called), answered);
                assert_eq!(json_of(&outcome.unwrap())["content"]["name"], *what);
            });
        }
        futures_util::future::join_all(calls).await;
        soon(pool.shutdown()).await;
    }
}

/// One stream for everything doesn't tell whose question it is.
#[tokio::test]
async fn a_question_that_may_be_anybodys_is_declined() {
    let server = serve(Talker::new()).await;
    let pool = ready(asking(&server.url_sse())).await;
    let (first, mut first_questions) = call_and_listen(&pool, "wait_and_ask", json!({"ms": 300}));
    let (second, mut second_questions) = call_and_listen(&pool, "wait_and_ask", json!({"ms": 300}));
    let (first, second) = Box::pin(soon(async { tokio::join!(first, second) })).await;
    // The second may be alone by then.
    assert_eq!(json_of(&first.unwrap()), json!({"action": "decline"}));
    drop(second);
    assert!(first_questions.try_recv().is_err());
    assert!(second_questions.try_recv().is_err());
}

#[tokio::test]
async fn the_calls_time_stands_still_while_somebody_thinks() {
    let server = serve(Talker::new()).await;
    let (_front, urls) = ways(&server).await;
    for url in urls {
        let pool = ready(asking(&url)).await;
        let (elicitations, mut questions) = mpsc::unbounded_channel();
        let options = CallOptions {
            timeout: Duration::from_millis(300),
            elicitations: Some(elicitations),
            ..CallOptions::default()
        };
        let called = call_with(&pool, "ask", json!({"what": "Who?"}), options);
        let answered = async {
            let question = soon(questions.recv()).await.unwrap();
            // Longer than the call may take.
            tokio::time::sleep(Duration::from_millis(600)).await;
            question.answer(fields(json!({"name": "Ada"}))).unwrap();
        };
        let (outcome, ()) = tokio::join!(soon(called), answered);
        assert_eq!(json_of(&outcome.unwrap())["action"], "accept", "{url}");
        soon(pool.shutdown()).await;
    }
}

#[tokio::test]
async fn a_question_ends_with_its_call() {
    let server = serve(Talker::new()).await;
    let (_front, urls) = ways(&server).await;
    for url in urls {
        let pool = ready(asking(&url)).await;
        let (called, mut questions) = call_and_listen(&pool, "ask", json!({"what": "Who?"}));
        let question = async { soon(questions.recv()).await.unwrap() };
        // The future of the call is dropped as soon as the question is there.
        let question = tokio::select! {
            question = question => question,
            _ = called => panic!("a question first"),
        };
        let over = async {
            while question.is_open() {
                tokio::task::yield_now().await;
            }
        };
        soon(over).await;
        assert_eq!(question.answer(Answer::Decline), Err(BadAnswer::Over));
        soon(pool.shutdown()).await;
    }
}

#[tokio::test]
async fn who_has_nobody_to_ask_does_not_say_that_it_has() {
    let server = serve(Talker::new()).await;
    let front = Front::stateful(server.addr()).await;
    let pool = ready(http(front.url("/mcp"))).await;
    call(&pool, "ask", json!({"what": "Who?"})).await.unwrap();
    let seen = front.seen();
    let hello = seen
        .iter()
        .find(|seen| seen.method == "initialize")
        .unwrap();
    assert_eq!(hello.message["params"]["capabilities"], json!({}));

    let front = Front::stateful(server.addr()).await;
    let pool = ready(asking(&front.url("/mcp"))).await;
    // Nobody listens in this call.
    let outcome = call(&pool, "ask", json!({"what": "Who?"})).await.unwrap();
    assert_eq!(json_of(&outcome), json!({"action": "decline"}));
    let seen = front.seen();
    let hello = seen
        .iter()
        .find(|seen| seen.method == "initialize")
        .unwrap();
    let capabilities = &hello.message["params"]["capabilities"];
    assert!(
        capabilities["elicitation"]["form"].is_object(),
        "{capabilities}"
    );
    assert!(
        capabilities["elicitation"]["url"].is_object(),
        "{capabilities}"
    );
    assert!(capabilities.get("sampling").is_none());
    assert!(capabilities.get("roots").is_none());
}

#[tokio::test]
async fn roots_are_those_of_the_owner_and_the_model_is_not_lent() {
    let server = serve(Talker::new()).await;
    let front = Front::stateful(server.addr()).await;
    let mut config = http(front.url("/mcp"));
    config.roots = vec!["file:///srv/shop".to_owned()];
    let pool = ready(config).await;
    let outcome = call(&pool, "roots", json!({})).await.unwrap();
    assert_eq!(text(&outcome), "file:///srv/shop");

    let pool = ready(http(front.url("/mcp"))).await;
    for (tool, words) in [("roots", "no roots"), ("borrow_model", "without sampling")] {
        let outcome = call(&pool, tool, json!({})).await.unwrap();
        assert!(outcome.is_error);
        assert!(text(&outcome).contains(words), "{}", text(&outcome));
    }
}
