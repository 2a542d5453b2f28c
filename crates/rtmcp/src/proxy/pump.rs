//! [`Pump`]: passes on what comes from either side, as the proxy decides.

use std::task::{Context, Poll};

use rtmcp_core::Timestamp;
use rtmcp_session::proxy::{Proxy, ProxyInput, ProxyOutput};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::{
    counted::Line,
    hands::{Hands, Workers},
    leg::Received,
    parting::Parting,
};

/// Events of one side that are passed on before the other side has its turn, and before they are
/// written: many share one write, and none waits long.
const BATCH: usize = 256;

/// Bytes of texts that a client may be ahead while the conversation is on its way to another
/// connection to the endpoint.
const AHEAD: usize = 4 * 1024 * 1024;

/// What decides, and what it acts on.
#[derive(Debug)]
pub(super) struct Pump<C> {
    pub(super) proxy: Proxy,
    pub(super) hands: Hands<C>,
    pub(super) workers: Workers,
    /// How far the client is ahead.
    ahead: usize,
    start: Instant,
    /// The time of what is being done.
    now: Instant,
}

impl<C: Line> Pump<C> {
    pub(super) fn new(proxy: Proxy, hands: Hands<C>, workers: Workers) -> Self {
        let now = Instant::now();
        Self {
            proxy,
            hands,
            workers,
            ahead: 0,
            start: now,
            now,
        }
    }

    /// Passes on what there is, both ways; ready when anything was.
    ///
    /// A side is read as long as the other one takes what it says. What was read is written before
    /// this returns, or as soon as it is taken.
    pub(super) fn pass(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.now = Instant::now();
        let said = self.hear_endpoint(context);
        let asked = self.hear_client(context);
        self.hands.client.flush(context);
        self.hands.endpoint.flush(context);
        match said || asked {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }

    fn hear_endpoint(&mut self, context: &mut Context<'_>) -> bool {
        for count in 0..BATCH {
            self.hands.endpoint.is_read = self.hands.client.has_room(context);
            if !self.hands.endpoint.is_read {
                return count > 0;
            }
            match self.hands.endpoint.receive(self.now, context) {
                Poll::Pending => return count > 0,
                Poll::Ready(Received::Text(text)) => self.endpoint_said(text),
                Poll::Ready(Received::Binary(bytes)) => {
                    self.hands.client.send(Message::Binary(bytes));
                }
                Poll::Ready(Received::Parted(parting)) => {
                    self.lose_endpoint(parting);
                    return true;
                }
            }
        }
        true
    }

    fn hear_client(&mut self, context: &mut Context<'_>) -> bool {
        for count in 0..BATCH {
            self.hands.client.is_read = self.takes_more(context);
            if !self.hands.client.is_read {
                return count > 0;
            }
            match self.hands.client.receive(self.now, context) {
                Poll::Pending => return count > 0,
                Poll::Ready(Received::Text(text)) => self.client_said(text),
                Poll::Ready(Received::Binary(bytes)) => {
                    self.hands.endpoint.send(Message::Binary(bytes));
                }
                Poll::Ready(Received::Parted(parting)) => {
                    self.lose_client(parting);
                    return true;
                }
            }
        }
        true
    }

    /// Tells whether the client is to be read on.
    fn takes_more(&mut self, context: &mut Context<'_>) -> bool {
        if !self.hands.client.takes_answers(context) {
            return false;
        }
        if self.proxy.is_moving() {
            return self.ahead < AHEAD;
        }
        self.ahead = 0;
        self.hands.endpoint.has_room(context)
    }

    fn endpoint_said(&mut self, mut text: Utf8Bytes) {
        let at = self.at();
        for output in self.proxy.handle(at, ProxyInput::Endpoint(&text)) {
            match output {
                ProxyOutput::Forward => self.hands.client.forward(std::mem::take(&mut text)),
                output => self.hands.perform(&mut self.workers, output),
            }
        }
        self.follow_up();
    }

    fn client_said(&mut self, mut text: Utf8Bytes) {
        self.ahead += text.len();
        let at = self.at();
        for output in self.proxy.handle(at, ProxyInput::Client(&text)) {
            match output {
                ProxyOutput::Forward => self.hands.endpoint.forward(std::mem::take(&mut text)),
                output => self.hands.perform(&mut self.workers, output),
            }
        }
        self.follow_up();
    }

    /// Tells the proxy something that isn't a text, and does what follows.
    pub(super) fn tell(&mut self, input: ProxyInput<'_>) {
        self.now = Instant::now();
        let at = self.at();
        for output in self.proxy.handle(at, input) {
            self.hands.perform(&mut self.workers, output);
        }
        self.follow_up();
    }

    /// Tells the proxy what came of its own wishes at once.
    fn follow_up(&mut self) {
        let at = self.at();
        while let Some((call_id, news)) = self.hands.at_once.pop_front() {
            for output in self.proxy.handle(at, ProxyInput::Tool(call_id, news)) {
                self.hands.perform(&mut self.workers, output);
            }
        }
    }

    pub(super) fn lose_endpoint(&mut self, parting: Parting) {
        let input = if parting.is_passing() {
            ProxyInput::EndpointGone
        } else {
            ProxyInput::EndpointEnded
        };
        self.hands.endpoint.parted = Some(parting);
        self.tell(input);
    }

    pub(super) fn lose_client(&mut self, parting: Parting) {
        self.hands.client.parted = Some(parting);
        self.tell(ProxyInput::ClientGone);
    }

    /// Does what is due.
    pub(super) fn wake(&mut self) {
        self.now = Instant::now();
        if let Some(parting) = self.hands.client.look_after(self.now) {
            self.lose_client(parting);
        }
        if let Some(parting) = self.hands.endpoint.look_after(self.now) {
            self.lose_endpoint(parting);
        }
        let at = self.at();
        if self.proxy.deadline().is_some_and(|(due, _)| due <= at) {
            self.tell(ProxyInput::Tick);
        }
    }

    /// Returns when something is due, if nothing else happens.
    pub(super) fn due(&self) -> Option<Instant> {
        let timer = self.proxy.deadline().map(|(due, _)| due.as_micros());
        let timer = timer.map(|due| self.start + std::time::Duration::from_micros(due));
        let sides = [self.hands.client.due(), self.hands.endpoint.due()];
        sides.into_iter().flatten().chain(timer).min()
    }

    fn at(&self) -> Timestamp {
        Timestamp::ZERO + self.now.duration_since(self.start)
    }
}
