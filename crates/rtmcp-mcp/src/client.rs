//! [`Client`]: one connection to one server, from its handshake to its end.

#![expect(
    deprecated,
    reason = "log messages are on their way out, and servers have them until then"
)]

mod list;
mod rounds;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rmcp::{
    Peer, RoleClient,
    model::{
        CancelledNotificationParam, ClientRequest, RequestId, RequestMetaObject,
        ServerCapabilities, ServerResult, SetLevelRequest, SetLevelRequestParams,
        SubscriptionFilter,
    },
    service::{PeerRequestOptions, RunningService, Subscription},
};
use tokio::sync::Mutex;

pub(crate) use self::rounds::{Wanted, Work};
use crate::{ServerConfig, convert, failure::Failure, host::Host, inbox::Inbox, loss::Loss};

/// A connection that has its handshake behind it.
pub(crate) struct Client {
    peer: Peer<RoleClient>,
    service: Mutex<Option<RunningService<RoleClient, Host>>>,
    config: Arc<ServerConfig>,
    loss: Arc<Loss>,
    inbox: Arc<Inbox>,
    running: AtomicUsize,
}

impl Client {
    pub(crate) fn new(
        service: RunningService<RoleClient, Host>,
        config: Arc<ServerConfig>,
        loss: Arc<Loss>,
        inbox: Arc<Inbox>,
    ) -> Self {
        Self {
            peer: service.peer().clone(),
            service: Mutex::new(Some(service)),
            config,
            loss,
            inbox,
            running: AtomicUsize::new(0),
        }
    }

    pub(crate) fn loss(&self) -> &Loss {
        &self.loss
    }

    pub(crate) fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// Whether the server is of the revision without sessions.
    fn is_stateless(&self) -> bool {
        let info = self.peer.peer_info();
        info.is_some_and(|info| !info.protocol_version.has_initialize())
    }

    fn capabilities(&self) -> ServerCapabilities {
        let info = self.peer.peer_info();
        info.map(|info| info.capabilities.clone())
            .unwrap_or_default()
    }

    /// Asks an older server for its log messages, where it has any; a newer one is asked with each
    /// request.
    pub(crate) async fn ask_for_logs(&self) {
        let has_logs = self.capabilities().logging.is_some();
        let Some(level) = self.config.log_level else {
            return;
        };
        if !has_logs || self.is_stateless() {
            return;
        }
        let params = SetLevelRequestParams::new(convert::to_rmcp(level));
        let request = ClientRequest::SetLevelRequest(SetLevelRequest::new(params));
        let asked = self.request(request).await;
        tracing::debug!(done = asked.is_ok(), "log messages asked for");
    }

    /// Asks a server of the stateless revision to say when its tools change; none if it never says.
    pub(crate) async fn listen(&self) -> Option<Result<Subscription, Failure>> {
        let capabilities = self.capabilities();
        let tools = capabilities.tools.and_then(|it| it.list_changed) == Some(true);
        let prompts = capabilities.prompts.and_then(|it| it.list_changed) == Some(true);
        let mut wanted = SubscriptionFilter::new();
        wanted.tools_list_changed = tools.then_some(true);
        wanted.prompts_list_changed = (prompts && self.config.prompts).then_some(true);
        if !self.is_stateless() || wanted == SubscriptionFilter::new() {
            return None;
        }
        let listening = self.peer.listen(wanted).await;
        Some(listening.map_err(|error| convert::from_call(&error)))
    }

    /// How many requests wait for an answer.
    pub(crate) fn running(&self) -> usize {
        self.running.load(Ordering::Relaxed)
    }

    /// The revision of the protocol, and the server's own name and version.
    pub(crate) fn identity(&self) -> (String, Option<String>, Option<String>) {
        let Some(info) = self.peer.peer_info() else {
            return (String::new(), None, None);
        };
        let server = info.server_info.as_ref();
        (
            info.protocol_version.to_string(),
            server.map(|server| server.name.clone()),
            server.map(|server| server.version.clone()),
        )
    }

    /// Ends the connection: the session is deleted, or the child ended.
    pub(crate) async fn close(&self, limit: Duration) {
        let service = self.service.lock().await.take();
        if let Some(mut service) = service {
            let closed = service.close_with_timeout(limit).await;
            tracing::debug!(in_time = matches!(closed, Ok(Some(_))), "connection closed");
        }
    }

    async fn request(&self, request: ClientRequest) -> Result<ServerResult, Failure> {
        let _running = Running::start(&self.running);
        let options = self.options();
        let handle = self.peer.send_request_with_option(request, options).await;
        // The connection had ended before: whatever its reason, this request was never sent.
        let handle = handle.map_err(|_| Failure::SessionLost)?;
        let id = handle.id.clone();
        let mut guard = CancelOnDrop {
            peer: &self.peer,
            id: Some(handle.id),
        };
        let answer = tokio::select! {
            // An answer that is there counts, even if the connection ended right after it.
            biased;
            answer = handle.rx => answer.ok(),
            _ = self.loss.lost() => None,
        };
        guard.id = None;
        let failure = match answer {
            Some(Ok(result)) => return Ok(result),
            Some(Err(error)) => convert::from_call(&error),
            None => Failure::Closed,
        };
        if failure != Failure::Closed {
            return Err(failure);
        }
        self.loss.doubt();
        Err(self.cut_off(&id))
    }

    fn options(&self) -> PeerRequestOptions {
        let options = PeerRequestOptions::no_options();
        match self.config.log_level {
            Some(level) if self.is_stateless() => {
                let mut meta = RequestMetaObject::new();
                meta.set_log_level(convert::to_rmcp(level));
                options.with_meta(meta)
            }
            _ => options,
        }
    }

    /// Why a request had no answer when the connection ended.
    fn cut_off(&self, request: &RequestId) -> Failure {
        if let Some(failure) = self.loss.unsent(request) {
            return failure;
        }
        // A reason such as a refused connection holds for another request: this one was under way
        // and may have run.
        let reason = self.loss.reason();
        let reason = reason.filter(|failure| !failure.precedes_processing());
        reason.unwrap_or(Failure::Closed)
    }
}

/// Tells the server that nobody waits for an answer anymore.
struct CancelOnDrop<'a> {
    peer: &'a Peer<RoleClient>,
    id: Option<RequestId>,
}

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        let Some(id) = self.id.take() else {
            return;
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let peer = self.peer.clone();
        runtime.spawn(async move {
            let reason = Some("the caller no longer waits".to_owned());
            let params = CancelledNotificationParam::new(Some(id), reason);
            let sent = peer.notify_cancelled(params).await;
            tracing::debug!(sent = sent.is_ok(), "request cancelled");
        });
    }
}

/// Counts a request while it lives.
struct Running<'a>(&'a AtomicUsize);

impl<'a> Running<'a> {
    fn start(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
