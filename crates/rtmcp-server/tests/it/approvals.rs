//! Calls that need a yes, asked about on a real terminal.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    os::unix::ffi::OsStrExt,
    path::Path,
};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::stage::{KEY, Stage, config, endpoint, mcp, shop};

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
