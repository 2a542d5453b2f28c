//! [`Agent`]: servers and rules that many sessions share.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rtmcp_core::{RealtimeCallId, ServerName, SessionConfig, session::SessionKind};
use rtmcp_mcp::{Pool, ServerChange, ServerState};
use rtmcp_router::Router;
use tokio::{sync::watch, time::timeout};
use tracing::{debug, warn};

use crate::{
    Bridge, ClientSecret, Config, ConfigError, ConnectError, Observer, Playback, Realtime, Relayed,
    Transport,
    attachment::{self, Attachment},
    bridge::{self, Call, Page, Parts},
    config::Target,
    connect::{self, Placed, Rest},
    line::Line,
    pins,
    record::Recorder,
};

/// A voice agent: a configuration, its MCP servers connected, ready for sessions.
///
/// Servers are connected once and shared by all sessions, and so are their compiled tools.
/// Dropping it, and every [`Bridge`] of it, ends the connections.
#[derive(Debug)]
pub struct Agent {
    pub(crate) config: Arc<Config>,
    pub(crate) pool: Arc<Pool>,
    pub(crate) roster: watch::Receiver<Router>,
    pub(crate) rest: Rest,
    /// The servers that are there, with their tools on the roster, or that are known to be down.
    tried: watch::Receiver<BTreeSet<ServerName>>,
}

/// What one session does differently from the default.
#[derive(Clone, Default)]
pub struct CallSetup {
    /// Who knows what was heard, over a WebSocket.
    pub playback: Playback,
    /// Hooks.
    pub observers: Vec<Arc<dyn Observer>>,
    /// Has the session written down, for replaying it.
    pub record: Option<Recorder>,
}

impl std::fmt::Debug for CallSetup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallSetup")
            .field("playback", &self.playback)
            .field("observers", &self.observers.len())
            .field("record", &self.record)
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
        tokio::spawn(keep_roster(
            pool.changes(),
            routers,
            names,
            config.pins.clone(),
        ));
        let config = Arc::new(config);
        Ok(Self {
            rest: Rest::new(Arc::clone(&config)),
            config,
            pool,
            roster,
            tried,
        })
    }

    /// Returns an agent that shares the servers, their tools and the rules, and opens its sessions
    /// at another endpoint, or with another key, model, voice or instructions.
    #[must_use]
    pub fn with_realtime(&self, realtime: Realtime) -> Self {
        let config = Arc::new(Config {
            realtime,
            ..Config::clone(&self.config)
        });
        Self {
            rest: Rest::new(Arc::clone(&config)),
            config,
            pool: Arc::clone(&self.pool),
            roster: self.roster.clone(),
            tried: self.tried.clone(),
        }
    }

    /// Opens a session, over what [`Realtime::transport`](crate::Realtime::transport) names.
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
        match self.config.realtime.transport {
            Transport::WebSocket => {
                let line = Box::pin(self.socket(&Target::Model)).await?;
                Ok(self.start(line, None, setup))
            }
            Transport::WebRtc => Box::pin(self.make_call(setup)).await,
        }
    }

    /// Leads a call that runs already, over a connection of its own to it (a *sideband*): sets the
    /// session up, and answers the model's calls. Somebody else speaks in it, a browser or a phone,
    /// and the endpoint plays to them, so that [`Event::Audio`](crate::Event::Audio) and the like
    /// don't come.
    ///
    /// Exactly one party may answer a call's tools: a second session that would lead it is refused
    /// while the first one lives, by whatever agent of this program. That no other program leads it
    /// is for its owner to see to.
    ///
    /// An endpoint may keep the sideband open when the other party has left: whoever knows that they
    /// are gone ends it with [`Handle::close`](crate::Handle::close) or
    /// [`Handle::hang_up`](crate::Handle::hang_up).
    ///
    /// # Errors
    ///
    /// [`ConnectError::Attached`] when a session of this program leads the call,
    /// [`ConnectError::NoCall`] when there is no such call, and others as for
    /// [`connect`](Self::connect).
    pub async fn attach(
        &self,
        call_id: &RealtimeCallId,
        setup: CallSetup,
    ) -> Result<Bridge, ConnectError> {
        let attachment = Attachment::take(&self.config.realtime, call_id)?;
        let line = Box::pin(self.socket(&Target::Call(call_id.clone()))).await?;
        Ok(self.start(line, Some(attachment), setup))
    }

    /// Makes a call for somebody else, such as a browser that has no key, and leads it: passes the
    /// offer (SDP) on to the endpoint, with the session bound into the call, and
    /// [attaches](Self::attach) to it. The answer goes back to whoever made the offer.
    ///
    /// # Errors
    ///
    /// [`ConnectError`] when the endpoint doesn't take the call, or can't be attached to it; the
    /// call is ended then.
    pub async fn relay(&self, offer: &str, setup: CallSetup) -> Result<Relayed, ConnectError> {
        self.settled().await;
        let Placed { answer, call_id } = self.rest.place(offer, &self.session()).await?;
        match self.attach(&call_id, setup).await {
            Ok(bridge) => Ok(Relayed {
                answer,
                call_id,
                bridge,
            }),
            Err(error) => {
                connect::abandon(&self.rest, &call_id).await;
                Err(error)
            }
        }
    }

    /// Answers the call of somebody else here, such as a browser's, and leads it: for endpoints that
    /// have only WebSockets. The answer goes back to whoever made the offer.
    ///
    /// To them it is as if the endpoint had taken the call: they speak and hear on the track, see
    /// what the endpoint says on the data channel, and may say there what they like, also to change
    /// the session and its tools. What they heard of the model's speech is known here to a frame of
    /// 20 ms, so that it is cut right when they speak up. Where the connection to the endpoint is
    /// replaced, the call goes on.
    ///
    /// The call ends when they leave, and with the session; its name is for people. Where it is
    /// reached, [`Realtime::gateway`] says; without it, by all addresses of this host.
    ///
    /// # Errors
    ///
    /// [`ConnectError::BadOffer`] when no call can be made of the offer, [`ConnectError::NoSocket`]
    /// when there is no UDP socket for it, and others as for [`connect`](Self::connect).
    pub async fn answer(&self, offer: &str, setup: CallSetup) -> Result<Relayed, ConnectError> {
        let answered = connect::answer(&self.config.realtime, offer);
        let (connection, answer) = Box::pin(answered).await?;
        let line = Box::pin(self.socket(&Target::Model)).await?;
        let call_id = attachment::own_call_id();
        let page = Some(Page {
            connection,
            call_id: call_id.clone(),
        });
        let bridge = bridge::start(Parts {
            page,
            ..self.parts(line, setup)
        });
        Ok(Relayed {
            answer,
            call_id,
            bridge,
        })
    }

    /// Gets a key for a browser, with which it can make calls itself for so long: the session is
    /// bound into it, with instructions and tools. Whoever makes a call with it tells its id, for
    /// [`attach`](Self::attach).
    ///
    /// OpenAI takes 10 s to 2 h. The key is good for any number of sessions, and can be used to
    /// change what is bound into it, by whoever has it.
    ///
    /// # Errors
    ///
    /// [`ConnectError`] when the endpoint gives none.
    pub async fn mint(&self, lifetime: Duration) -> Result<ClientSecret, ConnectError> {
        self.settled().await;
        self.rest.client_secret(lifetime, &self.session()).await
    }

    /// Ends a call, for everybody in it. Sessions that are attached to it lose their connection.
    ///
    /// # Errors
    ///
    /// [`ConnectError::NoCall`] when it is over already, and others as for
    /// [`connect`](Self::connect).
    pub async fn hang_up(&self, call_id: &RealtimeCallId) -> Result<(), ConnectError> {
        self.rest.hang_up(call_id).await
    }

    /// Returns the MCP servers.
    pub fn pool(&self) -> &Arc<Pool> {
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

    /// Makes a call over WebRTC, and leads it.
    async fn make_call(&self, setup: CallSetup) -> Result<Bridge, ConnectError> {
        let session = async || {
            self.settled().await;
            self.session()
        };
        let made = connect::make_call(&self.config.realtime, &self.rest, session);
        let (connection, attachment) = made.await?;
        Ok(self.start(connection.into(), Some(attachment), setup))
    }

    /// Opens a socket, while the servers are being tried.
    async fn socket(&self, target: &Target) -> Result<Line, ConnectError> {
        let settled = async { Ok(self.settled().await) };
        let opened = connect::open(&self.config.realtime, target);
        let (socket, _) = tokio::try_join!(opened, settled)?;
        Ok(socket.into())
    }

    fn start(&self, line: Line, attachment: Option<Attachment>, setup: CallSetup) -> Bridge {
        let call = attachment.map(|attachment| Call {
            attachment,
            rest: self.rest.clone(),
        });
        bridge::start(Parts {
            call,
            ..self.parts(line, setup)
        })
    }

    fn parts(&self, line: Line, setup: CallSetup) -> Parts {
        Parts {
            line,
            call: None,
            page: None,
            config: Arc::clone(&self.config),
            pool: Arc::clone(&self.pool),
            roster: self.roster.clone(),
            setup,
        }
    }

    /// Returns the session as it is bound into a call or a key.
    fn session(&self) -> SessionConfig {
        let realtime = &self.config.realtime;
        let tools = bridge::functions(&self.roster.borrow());
        SessionConfig {
            kind: Some(SessionKind::Realtime),
            model: Some(realtime.model.clone()),
            tools: Some(tools.into_iter().map(Into::into).collect()),
            ..realtime.session.clone()
        }
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
    pins: Option<PathBuf>,
) {
    while let Some(ServerChange { server, what, .. }) = changes.next().await {
        // A server that is down keeps its tools, and one that isn't there yet has those of last time:
        // a call finds out whether it is there.
        let is_there = matches!(what, ServerState::Ready { .. });
        if let ServerState::Ready { tools } | ServerState::Cached { tools, .. } = what {
            let mut router = roster.borrow().clone();
            match router.set_tools(&server, tools) {
                Ok(()) => {
                    if let Some(path) = pins.as_ref().filter(|_| is_there) {
                        pin(path, &server, &mut router).await;
                    }
                    router.hand_out().for_each(drop);
                    roster.send_replace(router);
                }
                Err(error) => debug!(%server, %error, "tools of a server without rules"),
            }
        }
        tried.send_if_modified(|tried| tried.insert(server));
    }
}

/// Takes the tools of a server that is seen for the first time as they are, from now on.
async fn pin(path: &Path, server: &ServerName, router: &mut Router) {
    if router.pins().is_none_or(|pins| pins.knows(server)) {
        return;
    }
    router.approve_tools(server);
    let (path, name, approved) = (path.to_owned(), server.clone(), router.clone());
    let writing = tokio::task::spawn_blocking(move || pins::approve(&path, &name, &approved));
    if let Ok(Err(error)) = writing.await {
        warn!(%server, %error, "approved tools aren't written down");
    }
}
