//! [`play`]: a session over one way in which one thing goes wrong.

use std::{sync::Arc, time::Duration};

use rtmcp::{Agent, Bridge, CallSetup, ConnectError, Event, Transport, session};
use rtmcp_media::webrtc::{Connection, PeerConfig, PeerEvent};
use tokio::{task::JoinHandle, time::timeout};

use crate::{
    rows::Row,
    seen::{Seen, Wire},
    stage::{self, LOOPBACK, Proxy, SECOND},
};

/// A way to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Events and sound over one WebSocket.
    WebSocket,
    /// A call from here.
    WebRtc,
    /// A WebSocket beside the call of a page.
    Sideband,
    /// A WebSocket through the proxy, which has the tool.
    Proxy,
}

impl Way {
    pub(crate) const ALL: [Self; 4] = [Self::WebSocket, Self::WebRtc, Self::Sideband, Self::Proxy];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::WebSocket => "WebSocket",
            Self::WebRtc => "WebRTC",
            Self::Sideband => "sideband",
            Self::Proxy => "proxy",
        }
    }
}

/// Longer than anything here takes; a connection whose other end is silent takes longest.
const PATIENCE: Duration = Duration::from_secs(45);

/// Has a session with one fault: a question that takes a tool, and another one. Returns what an
/// application sees of it, in words.
pub(crate) async fn play(way: Way, row: &Row) -> String {
    let endpoint = stage::endpoint(row.fault).await;
    let server = stage::server(row.ask).await;
    let mut config = stage::config(&endpoint, &server);
    let mut proxy = None;
    match way {
        Way::WebRtc => config.realtime.transport = Transport::WebRtc,
        Way::Proxy => {
            let before = proxy.insert(Proxy::start(config).await);
            config = before.client();
        }
        Way::WebSocket | Way::Sideband => {}
    }
    let agent = Agent::new(config).unwrap();
    let wire = Arc::new(Wire::default());
    let opened = open(&agent, way, Arc::clone(&wire)).await;
    let (bridge, page) = match opened {
        Ok(opened) => opened,
        Err(error) => return Seen::refused(&error),
    };
    let mut scene = Scene {
        way,
        endpoint,
        bridge,
        seen: Seen::default(),
    };
    scene.converse(row).await;
    if let Some(page) = page {
        page.abort();
    }
    if let Some(proxy) = proxy {
        proxy.end().await;
    }
    let runs = server.stats().tool(row.ask.tool()).started;
    scene.seen.words(runs, wire.most_outputs())
}

/// Opens a session; with a sideband, the page that has the call is kept by the task.
async fn open(
    agent: &Agent,
    way: Way,
    wire: Arc<Wire>,
) -> Result<(Bridge, Option<JoinHandle<()>>), ConnectError> {
    let setup = CallSetup {
        observers: vec![wire],
        ..CallSetup::default()
    };
    if way != Way::Sideband {
        return Ok((agent.connect_with(setup).await?, None));
    }
    let offered = Connection::offer(LOOPBACK, PeerConfig::default()).await;
    let (mut page, offer) = offered.unwrap();
    let relayed = agent.relay(&offer, setup).await?;
    page.handle().accept_answer(&relayed.answer).unwrap();
    let listening = tokio::spawn(async move {
        while !matches!(page.next_event().await, None | Some(PeerEvent::Closed(_))) {}
    });
    Ok((relayed.bridge, Some(listening)))
}

/// A session that is going on.
struct Scene {
    way: Way,
    endpoint: rtmcp_sim::Running,
    bridge: Bridge,
    seen: Seen,
}

impl Scene {
    async fn converse(&mut self, row: &Row) {
        self.bridge.send_text(row.ask.question());
        if row.kind() == "hang" {
            let begun =
                |event: &session::Event| matches!(event, session::Event::ResponseStarted { .. });
            self.until(|_, event| begun(event)).await;
            self.bridge.interrupt();
        }
        self.until(|seen, event| matches!(event, session::Event::Idle) && seen.is_settled())
            .await;
        if row.kind() == "expire" {
            self.until_handed_over().await;
        }
        if self.seen.is_over() {
            return;
        }
        self.seen.ask_again();
        self.bridge.send_text(SECOND);
        self.until(|seen, event| matches!(event, session::Event::Idle) && seen.goes_on())
            .await;
        self.bridge.close();
    }

    /// Waits for another connection. A client of the proxy is told nothing of it.
    async fn until_handed_over(&mut self) {
        if self.way == Way::Proxy {
            let opened = timeout(PATIENCE, self.endpoint.opened(2)).await;
            return opened.unwrap_or_else(|_| self.seen.give_up());
        }
        let over = |event: &session::Event| matches!(event, session::Event::HandedOver(_));
        self.until(|_, event| over(event)).await;
    }

    /// Notes what comes until it is what is wanted, or the session is over, or nothing comes.
    async fn until(&mut self, wanted: impl Fn(&Seen, &session::Event) -> bool) {
        while !self.seen.is_over() {
            let Ok(Some(event)) = timeout(PATIENCE, self.bridge.next()).await else {
                return self.seen.give_up();
            };
            self.seen.note(&event);
            if let Event::Session(event) = &event
                && wanted(&self.seen, event)
            {
                return;
            }
        }
    }
}
