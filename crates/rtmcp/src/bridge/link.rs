//! [`Link`]: the connection of a session, and the one that is to take over from it.

use std::{future::pending, sync::Arc};

use rtmcp_core::{ClientEvent, ServerEvent, decoded_len};
use rtmcp_session::CloseReason;
use tracing::debug;

use super::dialer::{Dialer, Dials, Opened};
use crate::{
    Closed, Config, ConnectError,
    line::{End, Line, Received, Sending},
};

/// The connection, as long as there is one, and what was seen of those that there were.
#[derive(Debug)]
pub(super) struct Link {
    config: Arc<Config>,
    line: Option<Line>,
    dialer: Dialer,
    /// What the endpoint said first, if that was an error and nothing else came since.
    refusal: Option<ConnectError>,
    /// Whether the endpoint has said anything else.
    is_greeted: bool,
    /// What was seen of the end of the last connection.
    detail: String,
    /// Why there is no other.
    failure: Option<ConnectError>,
    /// The endpoint has ended the call.
    pub(super) has_ended: bool,
}

/// What happens to a connection.
pub(super) enum LinkNews {
    /// Something came over it, or it is over.
    Received(Received),
    /// Another one is open, or won't be.
    Opened(Result<Opened, ConnectError>),
}

impl Link {
    pub(super) fn new(config: Arc<Config>, dials: Dials, line: Line) -> Self {
        Self {
            dialer: Dialer::new(Arc::clone(&config), dials),
            config,
            line: Some(line),
            refusal: None,
            is_greeted: false,
            detail: String::new(),
            failure: None,
            has_ended: false,
        }
    }

    pub(super) const fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// Waits for what happens next. Cancel safe.
    pub(super) async fn next(&mut self) -> LinkNews {
        let received = async {
            match &mut self.line {
                Some(line) => line.receive().await,
                None => pending().await,
            }
        };
        tokio::select! {
            received = received => LinkNews::Received(received),
            opened = self.dialer.opened() => LinkNews::Opened(opened),
        }
    }

    /// Queues an event. Without a connection it goes nowhere: the session knows that there is none.
    pub(super) fn send(&mut self, event: &ClientEvent, text: String) {
        let kind = match event {
            ClientEvent::InputAudioBufferAppend(append) => {
                Sending::Sound(decoded_len(append.audio.expose()))
            }
            _ => Sending::Control,
        };
        match &mut self.line {
            Some(line) => line.send(text, kind),
            None => debug!("an event between two connections passed over"),
        }
    }

    /// Looks at what the endpoint says, whether it is a greeting.
    pub(super) fn look_at(&mut self, event: &ServerEvent) {
        if self.is_greeted {
            return;
        }
        match event {
            ServerEvent::Error(event) => {
                let code = event.error.code.as_ref().unwrap_or(&event.error.kind);
                let realtime = &self.config.realtime;
                let error = ConnectError::from_event(realtime, code, &event.error.message);
                self.refusal.get_or_insert(error);
            }
            _ => self.is_greeted = true,
        }
    }

    /// Begins to open the connection that takes over.
    pub(super) fn dial(&mut self) {
        self.failure = None;
        self.dialer.dial();
    }

    /// Tells whether a connection that takes over is on its way.
    pub(super) fn is_dialing(&self) -> bool {
        self.dialer.is_dialing()
    }

    /// Takes another connection in place of the one that there was. Returns that, if it still is
    /// one.
    pub(super) fn replace(&mut self, line: Line) -> Option<Line> {
        // The dialer waited for a greeting.
        self.is_greeted = true;
        self.line.replace(line)
    }

    /// Tells whether there is a connection.
    pub(super) fn is_up(&self) -> bool {
        self.line.is_some()
    }

    /// Notes that the connection is over.
    pub(super) fn lose(&mut self, end: End) {
        self.line = None;
        self.detail = end.words;
    }

    /// Notes that no other connection could be opened.
    pub(super) fn fail(&mut self, error: ConnectError) {
        if matches!(error, ConnectError::NoCall { .. }) {
            self.has_ended = true;
        }
        self.failure = Some(error);
    }

    /// Says why a session is over, in the end.
    pub(super) fn closed(&mut self, reason: Option<CloseReason>) -> Closed {
        let detail = std::mem::take(&mut self.detail);
        let refusal = self.refusal.take().filter(|_| !self.is_greeted);
        match reason {
            Some(CloseReason::Asked) | None => Closed::Asked,
            Some(CloseReason::Disconnected) if self.has_ended => match self.failure {
                Some(_) => Closed::Ended {
                    detail: format!("{detail}, and there is no such call any more"),
                },
                None => Closed::Ended { detail },
            },
            Some(CloseReason::Disconnected) => match (self.failure.take(), refusal) {
                (Some(error), _) => Closed::NotRestored { detail, error },
                (None, Some(error)) => Closed::NotOpened(error),
                (None, None) => Closed::Lost { detail },
            },
            Some(CloseReason::Silent) => Closed::Silent,
            Some(CloseReason::ConfigRefused { message }) => Closed::Refused { message },
            Some(CloseReason::Fatal { code, message }) => match refusal {
                Some(error) => Closed::NotOpened(error),
                None => Closed::Fatal { code, message },
            },
        }
    }

    /// Says goodbye.
    pub(super) async fn close(&mut self) {
        if let Some(line) = self.line.take() {
            line.close().await;
        }
    }
}
