//! The servers: one line when they are ready, port 0, and a clean end.

use rustix::process::Signal;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::stage::{Stage, config};

const SCENARIO: &str = "heard = [\"Hi.\"]\n[[turn]]\nsteps = [{ say = \"Hello.\" }]\n";

async fn is_served(line: &str) {
    let address = line.split("http://").nth(1).unwrap();
    let address = address.split('/').next().unwrap();
    TcpStream::connect(address).await.unwrap();
}

#[tokio::test]
async fn every_server_says_in_one_line_where_it_is_and_ends_cleanly() {
    let stage = Stage::new();
    stage.write("s.toml", SCENARIO);
    let sim = ["sim", "--listen", "127.0.0.1:0", "--scenario", "s.toml"];
    let shop = ["mock", "shop", "--listen", "127.0.0.1:0"];
    let trouble = ["mock", "trouble", "--listen", "127.0.0.1:0"];
    let all: [(&[&str], &str); 3] = [
        (&sim, "/v1"),
        (&shop, "/mcp (and /sse)"),
        (&trouble, "/mcp (and /sse)"),
    ];
    for signal in [Signal::INT, Signal::TERM] {
        for (args, end) in all {
            let mut server = stage.rtmcp(args).start();
            let line = server.line().await;
            assert!(line.starts_with("listening on http://127.0.0.1:"), "{line}");
            assert!(line.ends_with(end) && !line.contains(":0/"), "{line}");
            is_served(&line).await;
            server.signal(signal);
            let ran = server.end().await;
            assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{ran:?}");
        }
    }
}

#[tokio::test]
async fn the_sim_says_what_hears_thinks_and_speaks() {
    let stage = Stage::new();
    stage.write("s.toml", SCENARIO);
    let sim = ["sim", "--listen", "127.0.0.1:0", "--scenario", "s.toml"];
    let mut server = stage.rtmcp(&sim).start();
    server.line().await;
    server.signal(Signal::TERM);
    let stderr = server.end().await.stderr;
    for words in ["ear: a script", "brain: a scenario", "voice: "] {
        assert!(stderr.contains(words), "{stderr}");
    }
}

/// Asks for a session without a WebSocket, and returns the status line.
async fn ask(address: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = "GET /v1/realtime?model=m HTTP/1.1\r\nHost: sim\r\nConnection: close\r\n\r\n";
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer.lines().next().unwrap().to_owned()
}

#[tokio::test]
async fn the_sim_does_wrong_what_its_command_line_and_its_scenario_say() {
    let stage = Stage::new();
    let faults = "faults = ['refuse=server_error@session=2']\n";
    stage.write("s.toml", format!("{faults}{SCENARIO}"));
    let sim = ["sim", "--listen", "127.0.0.1:0", "--scenario", "s.toml"];
    let refuse = ["--fault", "refuse=insufficient_quota"];
    let mut server = stage.rtmcp(&[&sim[..], &refuse].concat()).start();
    let line = server.line().await;
    let address = line.split("http://").nth(1).unwrap();
    let address = address.trim_end_matches("/v1");
    for status in ["429", "500", "426"] {
        let line = ask(address).await;
        assert!(line.contains(status), "{status}: {line}");
    }
    server.signal(Signal::TERM);
    assert_eq!(server.end().await.code, Some(0));
}

#[tokio::test]
async fn the_command_can_talk_to_its_own_sim() {
    let stage = Stage::new();
    stage.write("s.toml", SCENARIO);
    let sim = ["sim", "--listen", "127.0.0.1:0", "--scenario", "s.toml"];
    let mut server = stage.rtmcp(&sim).start();
    let line = server.line().await;
    let address = line
        .split("http://")
        .nth(1)
        .unwrap()
        .trim_end_matches("/v1");
    stage.write("rtmcp.toml", config(address.parse().unwrap(), ""));
    let say = stage.rtmcp(&["say", "--text", "Hi."]);
    let ran = say.env("RTMCP_KEY", "any").run().await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("reply     Hello."), "{ran:?}");
    server.signal(Signal::TERM);
    assert_eq!(server.end().await.code, Some(0));
}

#[tokio::test]
async fn a_mock_over_stdio_is_a_server_of_a_configuration() {
    let stage = Stage::new();
    let command = json!([env!("CARGO_BIN_EXE_rtmcp"), "mock", "shop", "--stdio"]);
    let server = format!("[[mcp]]\nname = \"shop\"\ncommand = {command}\n");
    stage.write("rtmcp.toml", server);
    let args = [
        "call",
        "shop",
        "get_weather",
        r#"{"city":"Paris"}"#,
        "--config",
        "rtmcp.toml",
    ];
    let ran = stage.rtmcp(&args).run().await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("\n18 degrees"), "{ran:?}");
}
