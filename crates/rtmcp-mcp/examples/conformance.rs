//! The client that MCP's conformance suite tries: `conformance URL`, with the scenario in the
//! environment.
//!
//! `cargo xtask conformance` runs it. It is made of the public API alone: a pool, and a person who
//! signs in wherever they are sent.

#![expect(
    clippy::print_stderr,
    reason = "the suite shows what a client says there"
)]

use std::{env, error::Error, process::ExitCode, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use rtmcp_core::{Private, ServerName, ToolSpec};
use rtmcp_mcp::{
    Answer, Auth, CallOptions, Credential, CredentialError, Elicitation, Grant, IdentityProvider,
    OAuthConfig, Pool, ServerConfig, ServerState, SignInAnswer, SigningKey, Status,
};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use url::Url;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Outcome<()> {
    let url = env::args().next_back().ok_or("the URL is missing")?;
    let scenario = env::var("MCP_CONFORMANCE_SCENARIO").unwrap_or_default();
    let context = env::var("MCP_CONFORMANCE_CONTEXT").unwrap_or_default();
    let context: Value = serde_json::from_str(&context).unwrap_or_default();
    let mut server = ServerConfig::http("suite", url.parse()?);
    server.elicitation = true;
    if scenario.starts_with("auth/") {
        server.auth = auth(&scenario, &context)?;
    }
    let session = Session {
        pool: Pool::new(vec![server]),
        server: "suite".into(),
        context,
    };
    let done = session.work().await;
    session.pool.shutdown().await;
    done
}

/// How the scenario wants us to get a token.
fn auth(scenario: &str, context: &Value) -> Outcome<Auth> {
    let text = |name: &str| context[name].as_str().map(str::to_owned);
    let mut oauth = OAuthConfig::default();
    oauth.client_id = text("client_id");
    oauth.client_secret = text("client_secret").map(Private::new);
    if scenario == "auth/basic-cimd" {
        let url = "https://conformance-test.local/client-metadata.json";
        oauth.client_metadata_url = Some(url.parse()?);
    }
    let given = |name: &str| -> Arc<dyn Credential> { Arc::new(Given(text(name))) };
    if let Some(pem) = text("private_key_pem") {
        oauth.grant = Grant::ClientKey(SigningKey::from_pem(&Private::new(pem))?);
    } else if scenario == "auth/client-credentials-basic" {
        oauth.grant = Grant::Client;
    } else if context.get("valid_jwt").is_some() {
        oauth.grant = Grant::Workload(given("valid_jwt"));
    } else if let Some(endpoint) = text("idp_token_endpoint") {
        let id = text("idp_client_id").unwrap_or_default();
        let provider = IdentityProvider::new(endpoint.parse()?, id, given("idp_id_token"));
        oauth.grant = Grant::Enterprise(Box::new(provider));
    }
    Ok(oauth.into())
}

struct Session {
    pool: Pool,
    server: ServerName,
    /// What the scenario wants us to know.
    context: Value,
}

impl Session {
    /// Does with the server what an agent would: lists its tools, and calls them.
    async fn work(&self) -> Outcome<()> {
        let tools = self.tools().await?;
        let named = self.context["toolCalls"].as_array();
        for call in named.into_iter().flatten() {
            let args = call["arguments"].as_object().cloned();
            let name = call["name"].as_str().unwrap_or_default();
            self.call(name, args.unwrap_or_default()).await?;
        }
        if named.is_none() {
            for tool in &tools {
                self.call(&tool.name, arguments(tool, &tools)).await?;
            }
        }
        Ok(())
    }

    /// The tools, once the server is there and somebody has signed in where that is wanted.
    async fn tools(&self) -> Outcome<Vec<ToolSpec>> {
        let mut changes = self.pool.changes();
        let mut sign_ins = 0;
        loop {
            let change = tokio::time::timeout(LIMIT, changes.next()).await?;
            match change.ok_or("the pool is gone")?.what {
                ServerState::Ready { tools } => return Ok(tools),
                ServerState::Cached { .. } => {}
                ServerState::Down { error } => match self.pool.status(&self.server) {
                    Some(Status::NeedsSignIn(_)) if sign_ins < MOST_SIGN_INS => {
                        sign_ins += 1;
                        self.sign_in().await?;
                    }
                    Some(Status::NeedsSignIn(_) | Status::Down(_)) => return Err(error.into()),
                    _ => {}
                },
            }
        }
    }

    /// Calls a tool, and once more where somebody had to sign in for it.
    async fn call(&self, tool: &str, args: Map<String, Value>) -> Outcome<()> {
        for _ in 0..MOST_SIGN_INS {
            let (ask, asked) = mpsc::unbounded_channel();
            let answering = tokio::spawn(answer_all(asked));
            let options = CallOptions {
                elicitations: Some(ask),
                ..CallOptions::default()
            };
            let called = self.pool.call(&self.server, tool, args.clone(), options);
            let called = called.await;
            answering.abort();
            match called {
                Err(error) if error.needs_sign_in() => self.sign_in().await?,
                result => return result.map(drop).map_err(Into::into),
            }
            self.pool.settled(LIMIT).await;
        }
        Ok(())
    }

    /// Goes where a person's browser would go, and comes back with what it is given.
    async fn sign_in(&self) -> Outcome<()> {
        let back: Url = "http://localhost:3000/callback".parse()?;
        let sign_in = self.pool.sign_in(&self.server, &back).await?;
        let browser = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let answer = browser.get(sign_in.url).send().await?;
        let location = answer
            .headers()
            .get("location")
            .ok_or("nobody was sent back")?;
        let location = back.join(location.to_str()?)?;
        let answer = SignInAnswer::from_query(location.query().unwrap_or_default());
        self.pool
            .finish_sign_in(&answer.ok_or("there is no answer")?)
            .await?;
        Ok(())
    }
}

/// Accepts whatever a server asks, and leaves each field as the server proposes it.
async fn answer_all(mut asked: mpsc::UnboundedReceiver<Elicitation>) {
    while let Some(question) = asked.recv().await {
        let fields = Private::new(Map::new());
        if let Err(error) = question.answer(Answer::Accept(fields)) {
            eprintln!("{error}");
        }
    }
}

/// Arguments that fit a tool: a value of the right type for each property; for one that takes a
/// schema, the schema of another tool as it came.
fn arguments(tool: &ToolSpec, tools: &[ToolSpec]) -> Map<String, Value> {
    let properties = tool
        .input_schema
        .get("properties")
        .and_then(Value::as_object);
    let properties = properties.into_iter().flatten();
    let named = properties.map(|(name, property)| {
        let other = tools.iter().find(|other| other.name != tool.name);
        let value = match (name.as_str(), other) {
            ("schema", Some(other)) => Value::Object(other.input_schema.clone()),
            _ => value(property),
        };
        (name.clone(), value)
    });
    named.collect()
}

fn value(schema: &Value) -> Value {
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("integer" | "number") => json!(5),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("object") => json!({}),
        _ => json!("test"),
    }
}

/// A token that the suite hands over.
#[derive(Debug)]
struct Given(Option<String>);

impl Credential for Given {
    fn token<'a>(
        &'a self,
        _refused: Option<&'a Private<String>>,
    ) -> BoxFuture<'a, Result<Private<String>, CredentialError>> {
        let token = self.0.clone().map(Private::new).ok_or(CredentialError);
        Box::pin(std::future::ready(token))
    }
}

const LIMIT: Duration = Duration::from_secs(20);
const MOST_SIGN_INS: usize = 3;
