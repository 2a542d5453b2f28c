//! Nothing private gets into our logs, errors or `Debug` output.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use rtmcp_core::Private;
use rtmcp_mcp::ServerConfig;
use rtmcp_mock::{serve::Server, trouble::Trouble};
use serde_json::json;
use tracing_subscriber::EnvFilter;

use crate::support::{call, http, ready, settled};

const SECRET: &str = "tulip-4242";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "current_thread")]
async fn tokens_arguments_and_results_stay_out_of_logs_and_errors() {
    let log = Log::default();
    let filter = EnvFilter::new(format!("trace,{}", rtmcp_mcp::QUIET_RMCP));
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // The runtime has one thread, so that every task logs here.
    let _logging = tracing::subscriber::set_default(subscriber);

    let server = Server::new(Trouble::new()).bearer(SECRET);
    let server = server.bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let mut printed = String::new();
    for url in [server.url_mcp(), server.url_sse()] {
        let mut config = http(format!("{url}?key={SECRET}"));
        config.bearer = Some(Private::from(SECRET));
        printed += &format!("{config:?}");
        let pool = ready(config.clone()).await;
        let echo = call(&pool, "echo", json!({"text": SECRET})).await.unwrap();
        let error = call(&pool, SECRET, json!({"text": SECRET}))
            .await
            .unwrap_err();
        printed += &format!("{pool:?} {echo:?} {error:?}");
        config.bearer = Some(Private::from("wrong"));
        printed += &format!("{:?}", settled(config).await);
        pool.shutdown().await;
    }
    let program = ServerConfig::stdio("mock", "rtmcp-no-such-program", ["--token", SECRET]);
    printed += &format!("{program:?} {:?}", settled(program.clone()).await);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("rtmcp_mcp"), "there is a log to look at");
    for line in log.lines().filter(|line| line.contains("rtmcp_mcp")) {
        assert!(!line.contains(SECRET), "{line}");
    }
    assert!(!printed.contains(SECRET), "{printed}");
}
