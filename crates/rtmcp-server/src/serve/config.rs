//! [`BackendConfig`]: which endpoints, which servers, what a page may choose, and the limits.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use rtmcp::{
    ApprovalSettings, Config, ProxyConfig, Realtime, Safety,
    mcp::{Guard, ServerConfig},
    record::Recorder,
    router::RouterConfig,
};
use rtmcp_api::EndpointKind;
use url::Url;

/// What a [`Backend`](super::Backend) serves.
#[derive(Clone, Debug)]
pub struct BackendConfig {
    /// The Realtime endpoints; the first is used where a page names none.
    pub endpoints: Vec<NamedEndpoint>,
    /// The MCP servers that pages can choose from; all, where they don't choose.
    pub servers: Vec<ServerConfig>,
    /// What is allowed on them, and when somebody is asked. A page can only narrow it.
    pub router: RouterConfig,
    /// The file with what was approved of each tool of these servers, where tools are pinned.
    pub pins: Option<PathBuf>,
    /// How long a call waits for servers that are still connecting.
    pub wait_for_tools: Duration,
    /// How many calls of one session run at once.
    pub calls_per_session: usize,
    /// Whether a page may name MCP servers of its own, where
    /// [`safety`](Self::safety) lets them lead.
    pub own_servers: bool,
    /// Which addresses are reached when a page or a client of the proxy names them.
    pub safety: Safety,
    /// Whether only this machine reaches the backend. Its pages then may name servers that are on
    /// this machine, too.
    pub local: bool,
    /// Whether a page may bring a key of its own.
    pub own_key: bool,
    /// Whether pages are given keys (`POST /api/token`). Who has such a key can begin calls at the
    /// endpoint that no limit here counts.
    pub tokens: bool,
    /// The names under which browsers reach the backend, besides those of this machine.
    pub hosts: Vec<String>,
    /// Whether it can be reached under any address (not name) of this machine.
    pub any_address: bool,
    /// Where browsers see it, if a proxy stands between. `https` makes the cookie a secure one.
    pub public_url: Option<Url>,
    /// Whether a proxy says in `X-Forwarded-For` who asks. Without a proxy anybody could say it.
    pub behind_proxy: bool,
    /// Who may be a client of the Realtime API here: without it, nobody, and it has no routes.
    pub proxy: Option<ProxyConfig>,
    /// By which ways somebody decides about calls besides the page, and where decisions are written
    /// down.
    pub approvals: ApprovalSettings,
    /// Has every call written down, for replaying it.
    pub record: Option<Recorder>,
    /// What one visitor, one address and all of them may ask for.
    pub limits: Limits,
}

/// A Realtime endpoint that pages can choose.
#[derive(Clone, Debug)]
pub struct NamedEndpoint {
    /// Names it in requests.
    pub name: String,
    /// What it is, for people. `Openai` needs a key: the configured one or the page's.
    pub kind: EndpointKind,
    /// Where it is, and the session that it is asked for.
    pub realtime: Realtime,
}

/// How much is served.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Requests of one visitor. Those that open connections elsewhere count five times.
    pub visitor: Rate,
    /// Requests from one address, that is all visitors behind it.
    pub peer: Rate,
    /// Calls that one visitor may have at once.
    pub calls_per_visitor: usize,
    /// Calls from one address at once, that is of all visitors behind it.
    pub calls_per_peer: usize,
    /// Calls that may run at once.
    pub calls: usize,
    /// Sessions and calls of clients of the proxy from one address at once.
    pub proxied_per_peer: usize,
    /// Sessions and calls of clients of the proxy at once.
    pub proxied: usize,
    /// Connections from one address at once, unless a proxy makes them.
    pub connections_per_peer: usize,
    /// Connections at once.
    pub connections: usize,
    /// How long a connection may be idle, and the head of a request may take.
    pub idle: Duration,
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// MCP servers in one call.
    pub servers: usize,
    /// Events that are kept of a session, for readers that come late or back.
    pub events: usize,
    /// Bytes of those events.
    pub event_bytes: usize,
    /// Readers of one session at once.
    pub readers: usize,
    /// How long a call goes on without anybody reading its events.
    pub unread: Duration,
    /// How long a session that is over can still be read.
    pub readable: Duration,
}

/// How often something may happen.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// At once.
    pub burst: u32,
    /// In the long run.
    pub per_second: u32,
}

impl BackendConfig {
    /// Serves the endpoint and the servers of a configuration to pages on this machine. The
    /// endpoint is named `openai` where it is that, and `realtime` where not.
    pub fn new(config: Config) -> Self {
        let is_openai = config.realtime.url.host_str() == Some("api.openai.com");
        let (name, kind) = match is_openai {
            true => ("openai", EndpointKind::Openai),
            false => ("realtime", EndpointKind::Other),
        };
        let endpoint = NamedEndpoint {
            name: name.to_owned(),
            kind,
            realtime: config.realtime,
        };
        Self {
            endpoints: vec![endpoint],
            servers: config.servers,
            router: config.router,
            wait_for_tools: config.wait_for_tools,
            calls_per_session: config.calls_per_session,
            own_servers: false,
            safety: config.safety,
            pins: config.pins,
            local: false,
            own_key: false,
            tokens: true,
            hosts: Vec::new(),
            any_address: false,
            public_url: None,
            behind_proxy: false,
            proxy: config.proxy,
            approvals: config.approvals,
            record: None,
            limits: Limits::default(),
        }
    }

    /// Lets browsers reach the backend at the address that it listens on.
    #[must_use]
    pub fn listening(mut self, addr: SocketAddr) -> Self {
        self.any_address |= addr.ip().is_unspecified();
        if addr.ip().is_loopback() && !self.behind_proxy && self.public_url.is_none() {
            self.local = true;
            // Its pages are on this machine, and so are the calls that are answered for them.
            let gateways = self.endpoints.iter_mut();
            let gateways = gateways.filter_map(|it| it.realtime.gateway.as_mut());
            gateways
                .filter(|it| it.addresses.is_empty())
                .for_each(|it| it.addresses.push(addr.ip()));
        }
        if let Some(webhook) = &mut self.approvals.webhook
            && webhook.answers.is_none()
        {
            // A program elsewhere finds no address of this machine alone.
            let here = || Url::parse(&format!("http://{addr}")).ok();
            let here = || addr.ip().is_loopback().then(here).flatten();
            webhook.answers = self.public_url.clone().or_else(here);
        }
        self.hosts.push(addr.ip().to_string());
        self
    }

    /// The guard for servers that a page names.
    pub(super) fn guard(&self) -> Guard {
        let mut allow = self.safety.allow.clone();
        if self.local {
            allow.add_localhost();
        }
        Guard::strangers(allow)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            visitor: Rate {
                burst: 60,
                per_second: 5,
            },
            peer: Rate {
                burst: 240,
                per_second: 20,
            },
            calls_per_visitor: 4,
            calls_per_peer: 16,
            calls: 64,
            proxied_per_peer: 64,
            proxied: 256,
            connections_per_peer: 128,
            connections: 512,
            idle: Duration::from_secs(30),
            body_bytes: 64 * 1024,
            servers: 8,
            events: 2000,
            event_bytes: 4 * 1024 * 1024,
            readers: 8,
            unread: Duration::from_secs(20),
            readable: Duration::from_secs(60),
        }
    }
}
