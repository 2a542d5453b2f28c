//! [`Agent`]: servers and rules that many sessions share.

use std::{collections::BTreeSet, sync::Arc};

use rtmcp_core::ServerName;
use rtmcp_mcp::{Pool, ServerChange, ServerState};
use rtmcp_router::Router;
use tokio::{sync::watch, time::timeout};
use tracing::debug;

use crate::{
    Bridge, Config, ConfigError, ConnectError, Observer, Playback, Realtime,
    bridge::{self, Parts},
};

/// A voice agent: a configuration, its MCP servers connected, ready for sessions.
///
/// Servers are connected once and shared by all sessions, and so are their compiled tools.
/// Dropping it, and every [`Bridge`] of it, ends the connections.
#[derive(Debug)]
pub struct Agent {
    config: Arc<Config>,
    pool: Arc<Pool>,
    roster: watch::Receiver<Router>,
    /// The servers that are there, with their tools on the roster, or that are known to be down.
    tried: watch::Receiver<BTreeSet<ServerName>>,
}

/// What one session does differently from the default.
#[derive(Clone, Default)]
pub struct CallSetup {
    /// Who knows what was heard.
    pub playback: Playback,
    /// Hooks.
    pub observers: Vec<Arc<dyn Observer>>,
}

impl std::fmt::Debug for CallSetup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallSetup")
            .field("playback", &self.playback)
            .field("observers", &self.observers.len())
            .finish()
    }
}

impl Agent {
    /// Starts to connect the servers, in the background.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Rules`] when the rules for tools contradict each other.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with IO and time enabled.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let router = Router::new(config.router.clone())?;
        let pool = Arc::new(Pool::new(config.servers.clone()));
        let (routers, roster) = watch::channel(router);
        let (names, tried) = watch::channel(BTreeSet::new());
        tokio::spawn(keep_roster(pool.changes(), routers, names));
        Ok(Self {
            config: Arc::new(config),
            pool,
            roster,
            tried,
        })
    }

    /// Returns an agent that shares the servers, their tools and the rules, and opens its sessions
    /// at another endpoint, or with another key, model, voice or instructions.
    #[must_use]
    pub fn with_realtime(&self, realtime: Realtime) -> Self {
        let config = Config {
            realtime,
            ..Config::clone(&self.config)
        };
        Self {
            config: Arc::new(config),
            pool: Arc::clone(&self.pool),
            roster: self.roster.clone(),
            tried: self.tried.clone(),
        }
    }

    /// Opens a session.
    ///
    /// # Errors
    ///
    /// [`ConnectError`] when the endpoint can't be reached or opens no session.
    pub async fn connect(&self) -> Result<Bridge, ConnectError> {
        self.connect_with(CallSetup::default()).await
    }

    /// Opens a session with a setup of its own.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub async fn connect_with(&self, setup: CallSetup) -> Result<Bridge, ConnectError> {
        let settled = async { Ok(self.settled().await) };
        let opened = crate::connect::connect(&self.config.realtime);
        let (socket, _) = tokio::try_join!(opened, settled)?;
        Ok(bridge::start(Parts {
            socket,
            config: Arc::clone(&self.config),
            pool: Arc::clone(&self.pool),
            roster: self.roster.clone(),
            setup,
        }))
    }

    /// Returns the MCP servers.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Returns the tools as they are now: names, verdicts, rules.
    pub fn router(&self) -> Router {
        self.roster.borrow().clone()
    }

    /// Waits until every server has been tried and its tools are compiled, for at most the
    /// configuration's `wait_for_tools`. Returns whether all servers were tried.
    pub async fn settled(&self) -> bool {
        let servers = self.pool.servers().count();
        let mut tried = self.tried.clone();
        let all = tried.wait_for(|tried| tried.len() >= servers);
        let settled = timeout(self.config.wait_for_tools, all).await;
        settled.is_ok_and(|all| all.is_ok())
    }

    /// Ends the connections to the servers well. Sessions that still run lose their tools.
    pub async fn shutdown(&self) {
        self.pool.shutdown().await;
    }
}

/// Keeps the compiled tools up to date. Ends with the pool.
async fn keep_roster(
    mut changes: rtmcp_mcp::Changes,
    roster: watch::Sender<Router>,
    tried: watch::Sender<BTreeSet<ServerName>>,
) {
    while let Some(ServerChange { server, what, .. }) = changes.next().await {
        // A server that is down keeps its tools: the session's functions stay as they are, and a
        // call finds out whether it is back.
        if let ServerState::Ready { tools } = what {
            let mut router = roster.borrow().clone();
            match router.set_tools(&server, tools) {
                Ok(()) => {
                    router.hand_out().for_each(drop);
                    roster.send_replace(router);
                }
                Err(error) => debug!(%server, %error, "tools of a server without rules"),
            }
        }
        tried.send_if_modified(|tried| tried.insert(server));
    }
}
