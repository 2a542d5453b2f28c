//! Ears: scripts, programs that behave and programs that don't, and a server on loopback.

use std::{path::Path, time::Duration};

use axum::{Json, Router, extract::Request, http::StatusCode, routing::post};
use serde_json::json;

use super::{Http, Missing, Process, Script};
use crate::engine::{Ear, Sound};

fn speech() -> Sound {
    Sound {
        rate: 16_000,
        samples: vec![0, 256, -1],
    }
}

/// An ear in Python, of which `body` answers each request `r` by printing.
fn python(body: &str) -> Process {
    let program = format!(
        "import json,sys,os,time,base64\n\
         def say(m): print(json.dumps(m), flush=True)\n\
         say({{'ready': True, 'engine': 'test ear'}})\n\
         for line in sys.stdin:\n    r = json.loads(line)\n{body}"
    );
    Process::new(["python3", "-c", &program].map(str::to_owned).to_vec())
}

#[tokio::test]
async fn a_script_is_heard_in_order_and_again() {
    let ear = Script::new(vec!["one".to_owned(), "two".to_owned()]);
    for wanted in ["one", "two", "one"] {
        assert_eq!(ear.hear(speech()).await.unwrap(), wanted);
    }
    let none = Script::new(Vec::new()).hear(speech()).await.unwrap_err();
    assert!(none.to_string().contains("no texts"), "{none}");
}

#[tokio::test]
async fn a_script_is_lines_or_a_scenario() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scenario = Script::read(&folder.join("scenarios/weather.toml")).unwrap();
    let first = scenario.hear(speech()).await.unwrap();
    assert_eq!(first, "What is the weather in Paris and in Rome?");
    let lines = Script::read(&folder.join("scenarios/shop.txt")).unwrap();
    assert_eq!(
        lines.hear(speech()).await.unwrap(),
        "What is the weather in Paris?"
    );
    let error = Script::read(&folder.join("scenarios/none.txt")).unwrap_err();
    assert!(error.to_string().contains("none.txt"), "{error}");
}

#[tokio::test]
async fn where_there_is_no_ear_the_error_says_what_to_do() {
    let error = Missing.hear(speech()).await.unwrap_err();
    assert!(error.to_string().contains("cargo xtask setup"), "{error}");
}

#[tokio::test]
async fn a_program_hears_the_samples() {
    let ear = python(
        "    a = base64.b64decode(r['audio'])\n    say({'id': 0, 'text': 'stale'})\n    print('noise')\n    \
         say({'id': r['id'], 'text': f\" {r['id']} {r['rate']} {a.hex()} \"})\n",
    );
    assert_eq!(ear.prepare().await.unwrap(), "test ear");
    assert_eq!(ear.hear(speech()).await.unwrap(), "1 16000 00000001ffff");
    let (second, third) = tokio::join!(ear.hear(speech()), ear.hear(speech()));
    assert!(second.unwrap().starts_with("2 ") && third.unwrap().starts_with("3 "));
}

#[tokio::test]
async fn a_caller_that_gives_up_leaves_the_ear_working() {
    let ear = python("    say({'id': r['id'], 'text': str(r['id'])})\n");
    ear.prepare().await.unwrap();
    drop(tokio::time::timeout(Duration::ZERO, ear.hear(speech())).await);
    assert!(ear.hear(speech()).await.is_ok());
}

#[tokio::test]
async fn a_program_that_dies_is_started_again_once() {
    // It dies at its first request, and in the next life answers.
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("died");
    let ear = python(&format!(
        "    p = {mark:?}\n    if not os.path.exists(p):\n        open(p, 'w').close(); sys.exit(1)\n    \
         say({{'id': r['id'], 'text': 'back'}})\n"
    ));
    assert_eq!(ear.hear(speech()).await.unwrap(), "back");

    let mortal = python("    sys.exit(1)\n");
    let error = mortal.hear(speech()).await.unwrap_err().to_string();
    assert!(error.contains("again after a restart"), "{error}");
}

#[tokio::test]
async fn a_program_that_hangs_is_ended_and_the_next_request_starts_it_anew() {
    let ear =
        python("    if r['id'] == 1: time.sleep(60)\n    say({'id': r['id'], 'text': 'ok'})\n");
    let ear = ear.with_time_limit(Duration::from_millis(300));
    ear.prepare().await.unwrap();
    let error = ear.hear(speech()).await.unwrap_err().to_string();
    assert!(error.contains("within 0.3 s"), "{error}");
    assert_eq!(ear.hear(speech()).await.unwrap(), "ok");
}

#[tokio::test]
async fn a_program_says_what_is_wrong() {
    let ear = python("    say({'id': r['id'], 'error': 'ValueError: too short'})\n");
    let error = ear.hear(speech()).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "ear process: the program could not hear this (ValueError: too short)"
    );
}

#[tokio::test]
async fn a_program_that_never_gets_ready_is_told_with_its_last_words() {
    let ear = |program: &str| Process::new(["sh", "-c", program].map(str::to_owned).to_vec());
    let error = async |program: &str| ear(program).prepare().await.unwrap_err().to_string();
    let failed = error("echo no module named whisper >&2; exit 1").await;
    assert!(
        failed.contains("(no module named whisper); run `cargo xtask setup`"),
        "{failed}"
    );
    assert!(error("echo hello").await.contains("first line isn't"));
    let missing = Process::new(vec!["no-such-ear".to_owned()]);
    let missing = missing.hear(speech()).await.unwrap_err().to_string();
    assert!(
        missing.contains("there is no program `no-such-ear`"),
        "{missing}"
    );
}

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

#[tokio::test]
async fn a_server_is_asked_as_openai_is() {
    let hear = async |request: Request| {
        let key = request.headers()["authorization"]
            .to_str()
            .unwrap()
            .to_owned();
        let body = axum::body::to_bytes(request.into_body(), 1 << 20)
            .await
            .unwrap();
        let form = String::from_utf8_lossy(&body).into_owned();
        let sent = [
            "name=\"model\"\r\n\r\nw-1",
            "filename=\"speech.wav\"",
            "RIFF",
            "WAVE",
        ];
        let whole = sent.iter().all(|it| form.contains(it));
        Json(json!({"text": format!(" {key} {whole} ")}))
    };
    let base = serve(Router::new().route("/v1/audio/transcriptions", post(hear))).await;
    let ear = Http::new(&base, Some("w-1"), Some("k".to_owned().into()));
    assert_eq!(ear.hear(speech()).await.unwrap(), "Bearer k true");
    assert!(
        ear.prepare()
            .await
            .unwrap()
            .starts_with("w-1 at http://127.0.0.1:")
    );
}

#[tokio::test]
async fn a_server_that_refuses_is_told_with_what_to_do() {
    let refuse = async || {
        let body = json!({"error": {"code": "invalid_api_key", "message": "sk-secret is wrong"}});
        (StatusCode::UNAUTHORIZED, Json(body))
    };
    let base = serve(Router::new().route("/v1/audio/transcriptions", post(refuse))).await;
    let error = async |base: &str| {
        let ear = Http::new(base, None, None);
        ear.hear(speech()).await.unwrap_err().to_string()
    };
    let refused = error(&base).await;
    assert!(
        refused.contains("invalid_api_key: it wants an API key"),
        "{refused}"
    );
    assert!(!refused.contains("secret"), "{refused}");
    let elsewhere = error(&format!("{base}/other/v1")).await;
    assert!(elsewhere.contains("404"), "{elsewhere}");
    let down = error("http://127.0.0.1:1").await;
    assert!(down.contains("can't be reached"), "{down}");
}
