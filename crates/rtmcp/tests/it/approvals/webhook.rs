//! A program that is asked over HTTP.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
    routing::post,
};
use rtmcp::{ApprovalSettings, Webhook, approval::sign};
use serde_json::Value;
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};

use super::*;
use crate::stage::LOOPBACK;

/// A program that answers as it is told, one answer for each request, the last again and again.
struct Program {
    url: url::Url,
    asked: mpsc::UnboundedReceiver<(HeaderMap, String)>,
    task: JoinHandle<()>,
}

type Answers = Arc<Mutex<Vec<(StatusCode, String)>>>;
type Sender = mpsc::UnboundedSender<(HeaderMap, String)>;

impl Program {
    async fn start(answers: &[(u16, &str)]) -> Self {
        let answers = answers.iter().rev();
        let answers: Vec<_> = answers
            .map(|(status, body)| (StatusCode::from_u16(*status).unwrap(), (*body).to_owned()))
            .collect();
        let (sender, asked) = mpsc::unbounded_channel();
        let state: (Answers, Sender) = (Arc::new(Mutex::new(answers)), sender);
        let app = Router::new().route("/hook", post(answer)).with_state(state);
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            url: url.parse().unwrap(),
            asked,
            task,
        }
    }

    async fn asked(&mut self) -> (HeaderMap, Value) {
        let asked = tokio::time::timeout(Duration::from_secs(20), self.asked.recv());
        let (headers, body) = asked.await.unwrap().unwrap();
        (headers, serde_json::from_str(&body).unwrap())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(
    State((answers, sender)): State<(Answers, Sender)>,
    headers: HeaderMap,
    body: String,
) -> impl IntoResponse {
    sender.send((headers, body)).unwrap();
    let mut answers = answers.lock().unwrap();
    let last = answers.last().cloned().unwrap();
    if answers.len() > 1 {
        answers.pop();
    }
    last
}

fn by_webhook(mut config: Config, program: &Program) -> Config {
    config.router.approvals.rules = vec![ApproveRule {
        by: Some([Channel::Webhook, Channel::Api].into()),
        ..ApproveRule::new(Ask::Always)
    }];
    config.approvals = ApprovalSettings {
        webhook: Some(Webhook {
            secret: Some(Private::from("whsec_bXkgc2VjcmV0")),
            answers: Some("https://voice.example/base/".parse().unwrap()),
            ..Webhook::new(program.url.clone())
        }),
        ..ApprovalSettings::default()
    };
    config
}

async fn trouble(seen: &mut Seen) -> String {
    let trouble = seen.until(|event| match event {
        Event::ApprovalNotAsked {
            message, channel, ..
        } => {
            assert_eq!(*channel, Channel::Webhook);
            Some(message.clone())
        }
        _ => None,
    });
    trouble.await
}

#[tokio::test]
async fn a_webhook_decides_by_its_reply_and_knows_who_asks() {
    let yes = r#"{"approve": true, "who": "bob"}"#;
    let mut program = Program::start(&[(200, yes)]).await;
    let (endpoint, shop) = (endpoint().await, shop().await);
    let config = by_webhook(config(&endpoint, &[("shop", &shop)]), &program);
    let (mut seen, request) = refund(config).await;
    let line = over(&mut seen).await;
    assert_eq!(line.outcome, Outcome::Approved);
    assert_eq!(line.channel, Some(Channel::Webhook));
    assert_eq!(line.who, Some(Private::from("bob")));
    assert_eq!(seen.finished().await.kind, "answered");

    let (headers, body) = program.asked().await;
    for (name, value) in [
        ("type", json!("approval.requested")),
        ("tool", json!("issue_refund")),
        ("arguments", json!({"order": 1042, "amount": 20})),
        ("hash", json!(request.hash)),
        ("may_remember", json!("arguments")),
        ("channels", json!(["webhook", "api"])),
    ] {
        assert_eq!(body[name], value, "{body}");
    }
    let url = body["decide_url"].as_str().unwrap();
    let token = url.strip_prefix("https://voice.example/base/api/approvals/");
    assert_eq!(token.map(str::len), Some(48), "{url}");
    let header = |name: &str| headers[name].to_str().unwrap();
    let secret = Private::from("whsec_bXkgc2VjcmV0");
    let timestamp = header("webhook-timestamp").parse().unwrap();
    let signed = sign(&secret, header("webhook-id"), timestamp, &body.to_string());
    assert_eq!(header("webhook-signature"), signed);
}

#[tokio::test]
async fn what_a_webhook_answers_later_counts_once_and_others_are_told() {
    let mut program = Program::start(&[(202, "")]).await;
    let (endpoint, shop) = (endpoint().await, shop().await);
    let config = by_webhook(config(&endpoint, &[("shop", &shop)]), &program);
    let tickets = config.approvals.tickets.clone();
    let (mut seen, request) = refund(config).await;
    let (_, body) = program.asked().await;
    let token = |body: &Value| {
        let url = body["decide_url"].as_str().unwrap();
        url.rsplit('/').next().unwrap().to_owned()
    };
    // The token says which call; another hash is refused, and no other token decides.
    let no = Decision::no("", Channel::Webhook);
    let other = Decision {
        hash: Some(Digest::default()),
        ..no.clone()
    };
    let first = token(&body);
    let refused = tickets.decide(&first, other).await.unwrap_err();
    assert_eq!(refused, DecideError::OtherArguments);
    let unknown = tickets.decide("a guess", no.clone()).await.unwrap_err();
    assert_eq!(unknown, DecideError::Unknown);
    tickets.decide(&first, no.clone()).await.unwrap();
    assert_eq!(over(&mut seen).await.call_id, request.call_id);
    assert_eq!(seen.finished().await.kind, "denied");
    let again = tickets.decide(&first, no.clone()).await.unwrap_err();
    assert_eq!(again, DecideError::Unknown);

    // Where somebody else is first, the webhook is told, and its token is worth nothing.
    seen.bridge
        .send_text(r#"issue_refund {"order":1042,"amount":3}"#);
    let request = requested(&mut seen).await;
    let (_, body) = program.asked().await;
    seen.bridge.approve(&request.call_id);
    let (_, told) = program.asked().await;
    assert_eq!(told["type"], "approval.over");
    assert_eq!(told["outcome"], "approved");
    assert_eq!(told["channel"], "api");
    assert_eq!(told["call_id"], body["call_id"]);
    let late = tickets.decide(&token(&body), no).await.unwrap_err();
    assert_eq!(late, DecideError::Unknown);
    assert_eq!(shop.stats().tool("issue_refund").started, 1);
}

#[tokio::test]
async fn a_webhook_that_fails_is_tried_again_and_people_see_it() {
    let no = r#"{"approve": false, "reason": "over budget"}"#;
    let program = Program::start(&[(503, ""), (429, ""), (200, no)]).await;
    let (endpoint, shop) = (endpoint().await, shop().await);
    let config = by_webhook(config(&endpoint, &[("shop", &shop)]), &program);
    let (mut seen, _) = refund(config).await;
    let told = trouble(&mut seen).await;
    let expected = "the webhook answers 503 Service Unavailable; it is tried again";
    assert_eq!(told, expected);
    let line = over(&mut seen).await;
    assert_eq!(line.outcome, Outcome::Denied);
    let output = seen.finished().await.output;
    assert!(output.expose().contains("over budget"));
}

#[tokio::test]
async fn an_answer_that_is_no_decision_decides_nothing() {
    let answers = [
        (401, "", "the webhook answers 401 Unauthorized"),
        (302, "", "the webhook answers 302 Found"),
        (200, "yes", "is no decision (line 1, column 1)"),
        (200, r#"{"approve":"true"}"#, "is no decision"),
        (200, r#"{"approve":true,"hash":"00"}"#, "is no decision"),
        (200, r#"{"approve":true,"remember":"tool"}"#, "isn't taken"),
    ];
    for (status, body, expected) in answers {
        let program = Program::start(&[(status, body)]).await;
        let (endpoint, shop) = (endpoint().await, shop().await);
        let config = by_webhook(config(&endpoint, &[("shop", &shop)]), &program);
        let (mut seen, request) = refund(config).await;
        let told = trouble(&mut seen).await;
        assert!(told.contains(expected), "{status} {body}: {told}");
        // Others still can.
        let yes = Decision::yes(request.call_id, Channel::Api);
        seen.bridge.decide(yes).await.unwrap();
        assert_eq!(seen.finished().await.kind, "answered");
    }
}
