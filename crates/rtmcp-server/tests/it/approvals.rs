//! Calls that need a yes, asked about on a real terminal.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    os::unix::ffi::OsStrExt,
    path::Path,
};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use tokio::net::TcpListener;

use crate::{
    rtmcp::Ran,
    stage::{KEY, LOOPBACK, Stage, config, endpoint, mcp, shop},
};

/// A terminal: what is typed, and what a program reads.
pub(crate) fn terminal() -> (File, File) {
    let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&keyboard).unwrap();
    unlockpt(&keyboard).unwrap();
    let name = ptsname(&keyboard, Vec::new()).unwrap();
    let path = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes())).to_owned();
    let screen = OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .unwrap();
    (File::from(keyboard), screen)
}

const REFUND: &str = r#"{"order":1042,"amount":20}"#;

#[tokio::test]
async fn a_call_is_asked_about_and_runs_after_a_yes_only() {
    let (stage, shop) = (Stage::new(), shop().await);
    let args = ["call", &shop.url_mcp(), "issue_refund", REFUND];
    for (answer, code, refunds) in [("n\n", 6, 0), ("y\n", 0, 1)] {
        let (mut keyboard, screen) = terminal();
        let mut call = stage.rtmcp(&args).stdin(screen).start();
        call.until_stderr(r#"run issue_refund {"order":1042,"amount":20}? [y/N]"#)
            .await;
        keyboard.write_all(answer.as_bytes()).unwrap();
        let ran = call.end().await;
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert_eq!(shop.stats().tool("issue_refund").finished, refunds);
    }
}

#[tokio::test]
async fn a_turn_waits_for_a_yes() {
    let (stage, endpoint, shop) = (Stage::new(), endpoint().await, shop().await);
    let server = mcp("shop", &shop.url_mcp(), "");
    stage.write("rtmcp.toml", config(endpoint.addr(), &server));
    let for_more = "approved  issue_refund, and the same again in this session";
    let answers = [("yes\n", "approved  issue_refund\n"), ("s\n", for_more)];
    for (nth, (answer, approved)) in (0..).zip(answers) {
        let (mut keyboard, screen) = terminal();
        let say = stage.rtmcp(&["say", "--text", "A refund, please."]);
        let mut say = say.env("RTMCP_KEY", KEY).stdin(screen).start();
        say.until_stderr("[y/N, s: also the same again in this session]")
            .await;
        assert_eq!(shop.stats().tool("issue_refund").started, nth);
        keyboard.write_all(answer.as_bytes()).unwrap();
        let ran = say.end().await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        for step in ["approval  issue_refund", approved, "reply     Done."] {
            assert!(ran.stdout.contains(step), "{step}: {ran:?}");
        }
    }
}

/// A turn in which only a webhook may decide, which answers so.
async fn decided_by(answer: &'static str) -> Ran {
    let (stage, endpoint, shop) = (Stage::new(), endpoint().await, shop().await);
    let hook = axum::Router::new().route("/", axum::routing::post(async move || answer));
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let hooked = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move { axum::serve(listener, hook).await.unwrap() });
    let server = mcp("shop", &shop.url_mcp(), "approval_expires = \"300ms\"");
    let by = format!("[approvals]\nwebhook = \"http://{hooked}/\"\nby = [\"webhook\"]\n");
    let server = format!("{server}{by}");
    stage.write("rtmcp.toml", config(endpoint.addr(), &server));
    let say = stage.rtmcp(&["say", "--text", "A refund, please."]);
    let ran = say.env("RTMCP_KEY", KEY).run().await;
    assert_eq!(shop.stats().tool("issue_refund").started, 0);
    serving.abort();
    ran
}

#[tokio::test]
async fn a_no_and_a_silence_of_others_end_a_turn_as_those_at_the_terminal_do() {
    let denied = "`issue_refund` was not called: denied by webhook";
    let expired = "`issue_refund` was not called, as nobody approved it in time";
    for (answer, line) in [(r#"{"approve": false}"#, denied), ("", expired)] {
        let ran = decided_by(answer).await;
        assert_eq!(ran.code, Some(6), "{ran:?}");
        assert!(ran.stderr.contains(line), "{ran:?}");
        assert!(ran.stdout.matches("expired ").count() <= 1, "{ran:?}");
    }
}

#[tokio::test]
async fn all_and_never_ask_nobody() {
    let (stage, shop) = (Stage::new(), shop().await);
    let url = shop.url_mcp();
    for (approve, code) in [("all", 0), ("never", 6)] {
        let args = ["call", &url, "issue_refund", REFUND, "--approve", approve];
        assert_eq!(stage.rtmcp(&args).run().await.code, Some(code));
    }
    assert_eq!(shop.stats().tool("issue_refund").started, 1);
}
