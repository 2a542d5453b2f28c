//! [`Tap`]: sits between rmcp and a transport, sees each message in order, and hears the end.
//!
//! rmcp hands each notification to a task of its own, so that progress could arrive out of order
//! or after the result. Here it can't.

use std::sync::Arc;

use rmcp::{
    RoleClient,
    model::{ClientJsonRpcMessage, ClientNotification, ServerJsonRpcMessage},
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};

use crate::{convert, failure::Failure, inbox::Inbox, loss::Loss};

pub(crate) struct Tap<T> {
    inner: T,
    loss: Arc<Loss>,
    inbox: Arc<Inbox>,
}

impl<T> Tap<T> {
    pub(crate) fn new(inner: T, loss: Arc<Loss>, inbox: Arc<Inbox>) -> Self {
        Self { inner, loss, inbox }
    }

    fn outgoing(&self, message: &mut ClientJsonRpcMessage) {
        match message {
            ClientJsonRpcMessage::Request(request) => {
                self.inbox.begin(&request.id, &mut request.request);
            }
            ClientJsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) =
                    &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    self.inbox.end(id);
                }
            }
            _ => {}
        }
    }

    /// Returns what is left for rmcp.
    fn incoming(&self, message: ServerJsonRpcMessage) -> Option<ServerJsonRpcMessage> {
        self.inbox.hear();
        match &message {
            ServerJsonRpcMessage::Response(response) => self.inbox.end(&response.id),
            ServerJsonRpcMessage::Error(error) => {
                if let Some(id) = &error.id {
                    self.inbox.end(id);
                }
            }
            ServerJsonRpcMessage::Notification(notification) => {
                if self.inbox.take(&notification.notification) {
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
        let (loss, inbox) = (Arc::clone(&self.loss), Arc::clone(&self.inbox));
        let sending = self.inner.send(item);
        async move {
            let sent = sending.await;
            if let (Some(id), Err(error)) = (request, &sent) {
                inbox.end(&id);
                let failure = convert::from_send(error);
                loss.note_unsent(id, failure.clone());
                if matches!(failure, Failure::SignIn | Failure::Auth(_)) {
                    // Without a token nothing of this connection works: the supervisor waits for one.
                    loss.report(failure);
                }
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
