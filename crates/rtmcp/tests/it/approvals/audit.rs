//! What is written down of decisions.

use std::{fs, path::Path};

use rtmcp::{Audit, AuditArguments};
use serde_json::Value;

use super::*;

/// Has a refund approved, another expire, and a third withdrawn by the end; returns the lines.
async fn lines(file: &Path, arguments: AuditArguments) -> Vec<Value> {
    let (endpoint, shop) = (endpoint().await, shop().await);
    let mut config = config(&endpoint, &[("shop", &shop)]);
    config.approvals.audit = Some(Audit {
        file: file.to_owned(),
        arguments,
    });
    let large = ApproveRule {
        when: vec![rtmcp::router::Condition {
            path: "amount".into(),
            test: rtmcp::router::Test::Above(100.into()),
        }],
        expires: Some(Duration::from_millis(100)),
        ..ApproveRule::new(Ask::Always)
    };
    // Orders of four digits.
    let pattern = rtmcp::router::RedactKind::Pattern("^10[0-9]{2}$".into());
    config.router.redact = vec![rtmcp::router::RedactRule::new(pattern)];
    config.router.approvals.rules = vec![large, ApproveRule::new(Ask::Always)];
    let (mut seen, request) = refund(config).await;
    let yes = Decision {
        who: Some(Private::from("ann")),
        ..Decision::yes(request.call_id, Channel::Api)
    };
    seen.bridge.decide(yes).await.unwrap();
    seen.finished().await;
    seen.bridge
        .send_text(r#"issue_refund {"order":1042,"amount":101}"#);
    let late = seen.until(|event| match event {
        Event::ApprovalOver(line) if line.outcome == Outcome::Expired => Some(()),
        _ => None,
    });
    late.await;
    seen.bridge
        .send_text(r#"issue_refund {"order":7,"amount":1}"#);
    requested(&mut seen).await;
    seen.bridge.close();
    seen.closed().await;
    let text = fs::read_to_string(file).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn each_decision_and_each_end_is_a_line_before_the_session_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("approvals.jsonl");
    fs::write(&file, "{\"outcome\":\"of before\"}\n").unwrap();
    let lines = lines(&file, AuditArguments::Whole).await;
    let outcomes: Vec<_> = lines.iter().map(|it| it["outcome"].as_str()).collect();
    let expected = ["of before", "approved", "expired", "withdrawn"];
    assert_eq!(outcomes, expected.map(Some));

    let approved = &lines[1];
    for (name, value) in [
        ("channel", "api"),
        ("who", "ann"),
        ("server", "shop"),
        ("tool", "issue_refund"),
        ("why", "asks (rule 2)"),
        ("remembered", "no"),
    ] {
        assert_eq!(approved[name], value, "{approved}");
    }
    assert_eq!(approved["arguments"], json!({"order": 1042, "amount": 20}));
    assert_eq!(approved["hash"].as_str().map(str::len), Some(64));
    let at = approved["at"].as_str().unwrap();
    assert!(at.ends_with('Z') && at.len() == "2026-03-01T12:00:00.000Z".len());
    assert!(
        approved["session"]
            .as_str()
            .is_some_and(|it| !it.is_empty())
    );
    assert!(
        lines[2]["stood_ms"].as_u64().unwrap() >= 100,
        "{}",
        lines[2]
    );
    assert!(lines[2].get("channel").is_none());
}

#[tokio::test]
async fn arguments_are_a_hash_unless_the_owner_wants_more() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("approvals.jsonl");
    let lines = lines(&file, AuditArguments::Hash).await;
    assert_eq!(lines.len(), 3);
    for line in lines {
        assert!(line.get("arguments").is_none(), "{line}");
    }
}

#[tokio::test]
async fn what_is_hidden_from_logs_is_hidden_here() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("approvals.jsonl");
    let lines = lines(&file, AuditArguments::Redacted).await;
    assert_eq!(lines[0]["arguments"]["amount"], 20);
    let order = lines[0]["arguments"]["order"].to_string();
    assert!(!order.contains("1042"), "{order}");
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_can_read_it() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("approvals.jsonl");
    lines(&file, AuditArguments::Hash).await;
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
