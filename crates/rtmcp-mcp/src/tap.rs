//! [`Tap`]: sits between rmcp and a transport, sees each message in order, and hears the end.
//!
//! rmcp hands each notification to a task of its own, so that progress could arrive out of order
//! or after the result. Here it can't.

use std::sync::Arc;

use rmcp::{
    RoleClient,
    model::{
        ClientJsonRpcMessage, ClientNotification, ClientRequest, GetExtensions, GetMeta,
        ProgressToken, RequestId, ServerJsonRpcMessage, ServerNotification,
    },
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use tokio::sync::mpsc;

use crate::{call::Progress, convert, failure::Failure, loss::Loss};

/// A request carries it in its extensions to where its progress token is known.
#[derive(Clone, Debug)]
pub(crate) struct ProgressSink(pub(crate) mpsc::UnboundedSender<Progress>);

pub(crate) struct Tap<T> {
    inner: T,
    loss: Arc<Loss>,
    routes: Vec<Route>,
}

struct Route {
    request: RequestId,
    token: ProgressToken,
    sink: ProgressSink,
}

impl<T> Tap<T> {
    pub(crate) fn new(inner: T, loss: Arc<Loss>) -> Self {
        Self {
            inner,
            loss,
            routes: Vec::new(),
        }
    }

    fn outgoing(&mut self, message: &mut ClientJsonRpcMessage) {
        match message {
            ClientJsonRpcMessage::Request(request) => {
                self.open_route(request.id.clone(), &mut request.request);
            }
            ClientJsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) =
                    &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    self.close_route(id);
                }
            }
            _ => {}
        }
    }

    fn open_route(&mut self, id: RequestId, request: &mut ClientRequest) {
        let Some(sink) = request.extensions_mut().remove::<ProgressSink>() else {
            return;
        };
        self.routes.retain(|route| !route.sink.0.is_closed());
        if let Some(token) = request.get_meta().get_progress_token() {
            self.routes.push(Route {
                request: id,
                token,
                sink,
            });
        }
    }

    fn close_route(&mut self, id: &RequestId) {
        self.routes.retain(|route| route.request != *id);
    }

    /// Returns what is left for rmcp: all but progress.
    fn incoming(&mut self, message: ServerJsonRpcMessage) -> Option<ServerJsonRpcMessage> {
        match &message {
            ServerJsonRpcMessage::Response(response) => self.close_route(&response.id),
            ServerJsonRpcMessage::Error(error) => {
                if let Some(id) = &error.id {
                    self.close_route(id);
                }
            }
            ServerJsonRpcMessage::Notification(notification) => {
                if let ServerNotification::ProgressNotification(progress) =
                    &notification.notification
                {
                    let token = &progress.params.progress_token;
                    if let Some(route) = self.routes.iter().find(|route| route.token == *token) {
                        // Whoever started the call may have stopped listening.
                        let _ = route.sink.0.send(convert::progress(&progress.params));
                    }
                    return None;
                }
            }
            ServerJsonRpcMessage::Request(_) => {}
        }
        Some(message)
    }
}

impl<T: Transport<RoleClient>> Transport<RoleClient> for Tap<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        mut item: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        self.outgoing(&mut item);
        let request = match &item {
            ClientJsonRpcMessage::Request(request) => Some(request.id.clone()),
            _ => None,
        };
        let loss = Arc::clone(&self.loss);
        let sending = self.inner.send(item);
        async move {
            let sent = sending.await;
            if let (Some(id), Err(error)) = (request, &sent) {
                loss.note_unsent(id, convert::from_send(error));
            }
            sent
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        loop {
            let Some(message) = self.inner.receive().await else {
                self.loss.report(Failure::Closed);
                return None;
            };
            if let Some(message) = self.incoming(message) {
                return Some(message);
            }
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.inner.close().await
    }
}
