//! What the sample servers have in common: how each is asked, counted and made to misbehave.

use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::handler::server::tool::ToolCallContext;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, DiscoverResult, InitializeRequestParams,
    InitializeResult, ListToolsResult, PaginatedRequestParams, ServerConfig, Tool,
};
use rmcp::service::{NotificationContext, RequestContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};

use crate::stats::Stats;
use crate::trouble::Faults;

/// A server of this crate. Its clones are the same server: they share what they remember and count.
pub trait Sample: Clone + Send + Sync + 'static {
    /// How it introduces itself.
    fn info(&self) -> ServerConfig;

    /// What it can do.
    fn tools(&self) -> &ToolRouter<Self>;

    /// What was asked of it.
    fn stats(&self) -> &Stats;

    /// What it does wrong before any tool is called. Nothing, unless it says so.
    fn faults(&self) -> Faults {
        Faults::default()
    }
}

/// One client's view of a sample: the MCP requests, answered.
#[derive(Debug, Clone)]
pub(crate) struct Handler<S>(pub(crate) S);

impl<S: Sample> ServerHandler for Handler<S> {
    fn get_info(&self) -> ServerConfig {
        self.0.info()
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        self.0.stats().count(|seen| seen.initialized += 1);
        self.0.faults().opening.pass(&context.ct).await?;
        context.peer.set_peer_info(request.clone());
        self.negotiate_initialize(&request)
    }

    async fn discover(
        &self,
        context: RequestContext<RoleServer>,
    ) -> Result<DiscoverResult, ErrorData> {
        self.0.stats().count(|seen| seen.discovered += 1);
        self.0.faults().opening.pass(&context.ct).await?;
        let versions = self.supported_protocol_versions().into_owned();
        Ok(DiscoverResult::from_server_info(versions, self.get_info()))
    }

    /// Only there because rmcp's own logs at info level, which is the application's to use.
    async fn on_initialized(&self, _: NotificationContext<RoleServer>) {
        tracing::debug!("client initialized");
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        self.0.stats().count(|seen| seen.listed += 1);
        let faults = self.0.faults();
        faults.listing.pass(&context.ct).await?;
        let cursor = request.and_then(|request| request.cursor);
        let tools = self.0.tools().list_all();
        match faults.page_size {
            Some(size) => page(tools, size.get(), cursor.as_deref()),
            None => Ok(ListToolsResult::with_all_items(tools)),
        }
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.0.tools().get(name).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let name = request.name.clone();
        let cancelled = context.ct.clone();
        let call = ToolCallContext::new(&self.0, request, context);
        let answer = self.0.tools().call(call);
        self.0.stats().track(&name, cancelled, answer).await
    }
}

/// The page that starts at `cursor`: how many tools came before it.
fn page(tools: Vec<Tool>, size: usize, cursor: Option<&str>) -> Result<ListToolsResult, ErrorData> {
    let start = match cursor.map(str::parse::<usize>) {
        None => 0,
        Some(Ok(start)) if start < tools.len() => start,
        Some(_) => return Err(ErrorData::invalid_params("unknown cursor", None)),
    };
    let end = start.saturating_add(size);
    let next_cursor = (end < tools.len()).then(|| end.to_string());
    let tools = tools.into_iter().skip(start).take(size).collect();
    let mut page = ListToolsResult::with_all_items(tools);
    page.next_cursor = next_cursor;
    Ok(page)
}
