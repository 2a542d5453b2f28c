//! [`Driver`]: the one async loop of a proxied connection.

use std::{
    future::{pending, poll_fn},
    pin::pin,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rtmcp_mcp::Answer;
use rtmcp_router::Router;
use rtmcp_session::proxy::{NativeNews, Proxy, ProxyClose, ProxyInput};
use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};
use tokio_tungstenite::tungstenite::{Message, protocol::CloseFrame};
use tokio_util::sync::CancellationToken;

use super::{
    Lead, ProxyEnd, ProxySide,
    counted::Line,
    hands::{Hands, Side, Watch, Workers, finished},
    leg::Leg,
    parting::{self, Parting},
    pump::Pump,
    redial::Redial,
};
use crate::{alarm::Alarm, bridge, connect::Dialed, tools::News};

/// How long both sides get to take the last events and say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// What a proxied connection is made of, besides the sides.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) proxy: Proxy,
    pub(super) workers: Workers,
    pub(super) news: mpsc::UnboundedReceiver<News>,
    pub(super) native_news: mpsc::UnboundedReceiver<NativeNews>,
    /// None where there are no tools of ours.
    pub(super) roster: Option<watch::Receiver<Router>>,
    pub(super) redial: Redial,
    /// Held as long as the tools are answered.
    pub(super) lead: Lead,
    pub(super) watch: Watch,
}

/// A proxied connection.
#[derive(Debug)]
pub(super) struct Driver<C> {
    pump: Pump<C>,
    news: mpsc::UnboundedReceiver<News>,
    native_news: mpsc::UnboundedReceiver<NativeNews>,
    roster: Option<watch::Receiver<Router>>,
    redial: Redial,
    alarm: Alarm,
    lead: Lead,
}

impl<C: Line> Driver<C> {
    pub(super) fn new(mut hands: Hands<C>, parts: Box<Parts>) -> Self {
        let parts = *parts;
        hands.watch = parts.watch;
        Self {
            pump: Pump::new(parts.proxy, hands, parts.workers),
            news: parts.news,
            native_news: parts.native_news,
            roster: parts.roster,
            redial: parts.redial,
            alarm: Alarm::new(),
            lead: parts.lead,
        }
    }

    /// Passes on what comes, and does what is to be done besides; until the end.
    pub(super) async fn run(mut self, stopped: CancellationToken) -> ProxyEnd {
        let mut stop = pin!(stopped.cancelled());
        let at = unix_seconds();
        self.pump.tell(ProxyInput::Connected { at });
        loop {
            self.settle();
            if let Some(why) = self.pump.hands.closed {
                return self.finish(why).await;
            }
            let due = self.pump.due();
            let pump = &mut self.pump;
            tokio::select! {
                biased;
                () = &mut stop => return self.stop().await,
                Some(news) = self.news.recv() => self.hear(news),
                Some(news) = self.native_news.recv() => self.hear_native(news),
                Some(router) = next_router(&mut self.roster) => self.offer(router),
                dialed = self.redial.dialed() => self.connected(dialed),
                () = poll_fn(|context| pump.pass(context)) => {}
                () = self.alarm.ring(due) => self.pump.wake(),
            }
        }
    }

    /// Does what can't be done while an input is being handled.
    fn settle(&mut self) {
        let hands = &mut self.pump.hands;
        if std::mem::take(&mut hands.wants_connection) {
            if hands.endpoint.parted.is_some() {
                leave(&mut hands.endpoint);
            }
            self.redial.begin();
        }
    }

    fn connected(&mut self, dialed: Option<Leg<Dialed>>) {
        let Some(leg) = dialed else {
            return self.pump.tell(ProxyInput::NotConnected);
        };
        let endpoint = &mut self.pump.hands.endpoint;
        leave(endpoint);
        *endpoint = Side::new(leg);
        let at = unix_seconds();
        self.pump.tell(ProxyInput::Connected { at });
    }

    fn hear(&mut self, news: News) {
        match news {
            // The model isn't told, and nobody else is there: nobody is asked to decide, either.
            News::Progress(..) | News::Decided(_) | News::NotAsked { .. } => {}
            // A client of the proxy knows of no questions, and there is nobody else to ask.
            News::Asked(_, _, question) => {
                let _ = question.answer(Answer::Decline);
            }
            News::AnswerOver(_) => {}
            News::Finished(finish, kept) => {
                if self.pump.workers.tools.finished(&finish.call_id, kept) {
                    let (call_id, news) = finished(*finish);
                    self.pump.tell(ProxyInput::Tool(call_id, news));
                }
            }
        }
    }

    fn hear_native(&mut self, news: NativeNews) {
        if self.pump.workers.natives.is_news(&news) {
            self.pump.tell(ProxyInput::Native(news));
        }
    }

    fn offer(&mut self, router: Router) {
        let tools = bridge::functions(&router);
        self.pump.workers.tools.router.renew(router);
        self.pump.tell(ProxyInput::Tools(tools));
    }

    /// Tells both sides that this program ends.
    async fn stop(self) -> ProxyEnd {
        let end = ProxyEnd {
            by: ProxySide::Proxy,
            code: 1001,
            reason: parting::shutdown().reason.to_string(),
            calls: self.pump.hands.calls,
        };
        let goodbye = Some(parting::shutdown());
        self.part(goodbye.clone(), goodbye).await;
        end
    }

    async fn finish(mut self, why: ProxyClose) -> ProxyEnd {
        let hands = &mut self.pump.hands;
        let (by, parted) = match why {
            ProxyClose::ClientGone => (ProxySide::Client, hands.client.parted.take()),
            ProxyClose::EndpointGone | ProxyClose::EndpointEnded => {
                (ProxySide::Endpoint, hands.endpoint.parted.take())
            }
        };
        let parted = parted.unwrap_or(Parting::Broke("no connection could be opened"));
        let end = ProxyEnd {
            by,
            code: parted.code(),
            reason: parted.reason().to_owned(),
            calls: hands.calls,
        };
        match by {
            ProxySide::Client => self.part(parted.back(), parted.to_endpoint()).await,
            _ => self.part(parted.to_client(), parted.back()).await,
        }
        end
    }

    /// Says goodbye to both sides; whoever said it already is only answered.
    async fn part(self, client: Option<CloseFrame>, endpoint: Option<CloseFrame>) {
        let hands = self.pump.hands;
        // Calls that still run are cancelled: nobody can be told of their ends.
        drop(self.pump.workers);
        let client = close(hands.client.leg, client);
        let endpoint = close(hands.endpoint.leg, endpoint);
        tokio::join!(client, endpoint);
        drop(self.lead);
    }
}

async fn close<S: Line>(leg: Option<Leg<S>>, frame: Option<CloseFrame>) {
    if let Some(leg) = leg {
        let closed = timeout(GOODBYE, leg.close(Message::Close(frame))).await;
        tracing::debug!(
            in_time = closed.is_ok(),
            "a side of a proxied connection closed"
        );
    }
}

/// Leaves a connection to the endpoint, in the background.
fn leave(side: &mut Side<Dialed>) {
    let leg = side.leg.take();
    tokio::spawn(close(leg, None));
}

/// Waits for new tools, and forever where there can be none.
async fn next_router(roster: &mut Option<watch::Receiver<Router>>) -> Option<Router> {
    if let Some(open) = roster {
        if open.changed().await.is_ok() {
            return Some(open.borrow_and_update().clone());
        }
        *roster = None;
    }
    pending().await
}

fn unix_seconds() -> Option<u64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.ok().map(|it| it.as_secs())
}
