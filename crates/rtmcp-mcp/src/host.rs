//! [`Host`]: what a server may ask of us.

#![expect(
    deprecated,
    reason = "roots and sampling are on their way out, and servers of older revisions ask for them"
)]

use std::sync::Arc;

use rmcp::{
    ClientHandler, ErrorData, RoleClient,
    model::{
        ClientCapabilities, ClientConfig, CreateMessageRequestParams, CreateMessageResult,
        CustomRequest, CustomResult, ElicitRequestParams, ElicitResult, ElicitationCapability,
        ErrorCode, FormElicitationCapability, Implementation, ListRootsResult, Root,
        RootsCapabilities, UrlElicitationCapability,
    },
    service::{InboundStreamOrigin, RequestContext},
};
use serde_json::Value;

use crate::{ServerConfig, elicit, inbox::Inbox};

/// Answers a server's requests over one connection.
#[derive(Debug)]
pub(crate) struct Host {
    config: Arc<ServerConfig>,
    inbox: Arc<Inbox>,
}

impl Host {
    pub(crate) fn new(config: Arc<ServerConfig>, inbox: Arc<Inbox>) -> Self {
        Self { config, inbox }
    }

    /// Asks the person in whose call the server makes this request; declines where that can't be
    /// told.
    async fn ask(&self, params: &Value, context: &RequestContext<RoleClient>) -> ElicitResult {
        let came_with = match context.extensions.get() {
            Some(InboundStreamOrigin::OutboundRequest(id)) => Some(id),
            Some(InboundStreamOrigin::Unassociated) | None => None,
        };
        let Some((caller, ended)) = self.inbox.caller_of(came_with) else {
            tracing::debug!("a question belongs to no call: declined");
            return elicit::declined();
        };
        tokio::select! {
            result = elicit::ask(&self.config, &caller, params) => result,
            () = ended.cancelled() => elicit::cancelled(),
            () = context.ct.cancelled() => elicit::cancelled(),
        }
    }
}

impl ClientHandler for Host {
    fn get_info(&self) -> ClientConfig {
        let us = Implementation::new("rtmcp", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(capabilities(&self.config), us)
    }

    async fn list_roots(
        &self,
        _context: RequestContext<RoleClient>,
    ) -> Result<ListRootsResult, ErrorData> {
        roots(&self.config).ok_or_else(|| {
            let words = "this client has no roots: its owner has named none";
            ErrorData::new(ErrorCode::METHOD_NOT_FOUND, words, None)
        })
    }

    async fn create_message(
        &self,
        _params: CreateMessageRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        let words = "this client lends its model to no server: do without sampling";
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, words, None))
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let params = serde_json::to_value(&request).unwrap_or_default();
        Ok(self.ask(&params, &context).await)
    }

    /// A question in a form that is newer than we are, or a little wrong, comes here.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleClient>,
    ) -> Result<CustomResult, ErrorData> {
        if request.method != "elicitation/create" {
            let words = format!("this client has no `{}`", request.method);
            return Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, words, None));
        }
        let params = request.params.unwrap_or_default();
        let result = self.ask(&params, &context).await;
        Ok(CustomResult(
            serde_json::to_value(result).unwrap_or_default(),
        ))
    }
}

/// What the server is told that it may ask for.
fn capabilities(config: &ServerConfig) -> ClientCapabilities {
    let mut capabilities = ClientCapabilities::default();
    if config.elicitation {
        let form = FormElicitationCapability::new().with_schema_validation(true);
        capabilities.elicitation = Some(
            ElicitationCapability::new()
                .with_form(form)
                .with_url(UrlElicitationCapability::new()),
        );
    }
    if !config.roots.is_empty() {
        capabilities.roots = Some(RootsCapabilities::default());
    }
    capabilities
}

/// The folders that the owner named, if there are any.
pub(crate) fn roots(config: &ServerConfig) -> Option<ListRootsResult> {
    let roots: Vec<Root> = config.roots.iter().map(Root::new).collect();
    (!roots.is_empty()).then(|| ListRootsResult::new(roots))
}
