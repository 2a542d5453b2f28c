//! Servers that are children: older ones, stubborn ones.

use std::io::Read;

use rtmcp_core::Private;
use rtmcp_mcp::{Endpoint, ServerConfig, Status};

use crate::support::{ready, soon};

/// Ends when its first message is not `initialize`, as servers of older SDKs do.
const OLD: &str = r#"
read -r first
case "$first" in *'"initialize"'*) ;; *) exit 1 ;; esac
echo 'words that are no JSON'
echo '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"old","version":"1"}}}'
read -r initialized
read -r list
echo '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"one","inputSchema":{"type":"object"}}]}}'
cat > /dev/null
"#;

/// Starts something of its own, and doesn't end when it should.
const STUBBORN: &str = r#"
exec 9> "$ALIVE"
sleep 600 &
read -r discover
echo '{"jsonrpc":"2.0","id":0,"error":{"code":-32601,"message":"Method not found"}}'
read -r initialize
echo '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"stubborn","version":"1"}}}'
read -r initialized
read -r list
echo '{"jsonrpc":"2.0","id":2,"result":{"tools":[]}}'
trap '' TERM
wait
"#;

fn shell(script: &str, env: Vec<(String, Private<String>)>) -> ServerConfig {
    let endpoint = Endpoint::Stdio {
        command: "sh".to_owned(),
        args: vec!["-c".to_owned(), script.to_owned()],
        env,
        cwd: None,
    };
    ServerConfig::new("mock", endpoint)
}

#[tokio::test]
async fn an_older_server_gets_the_older_handshake() {
    let pool = ready(shell(OLD, Vec::new())).await;
    let Some(Status::Ready(info)) = pool.status(&"mock".into()) else {
        panic!("ready");
    };
    assert_eq!(info.revision, "2025-06-18");
    assert_eq!(info.server_name.as_deref(), Some("old"));
    assert_eq!(info.tools, 1);
    soon(pool.shutdown()).await;
}

/// Neither the child nor what it started outlives the pool, even if they don't want to end.
#[tokio::test]
async fn shutdown_ends_the_child_and_its_own_children() {
    let folder = tempfile::tempdir().unwrap();
    let alive = folder.path().join("alive");
    let made = std::process::Command::new("mkfifo").arg(&alive).status();
    assert!(made.unwrap().success());

    // Both processes hold the pipe open; it ends when the last of them does.
    let path = alive.to_str().unwrap().to_owned();
    let config = shell(STUBBORN, vec![("ALIVE".to_owned(), Private::new(path))]);
    let ended = tokio::task::spawn_blocking(move || {
        let mut pipe = std::fs::File::open(alive).unwrap();
        pipe.read_to_end(&mut Vec::new()).unwrap();
    });
    let pool = ready(config).await;
    assert!(!ended.is_finished());
    soon(pool.shutdown()).await;
    soon(ended).await.unwrap();
}
