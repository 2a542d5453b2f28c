//! What the sample servers have in common: how each is asked, counted and made to misbehave.

use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::handler::server::tool::ToolCallContext;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, DiscoverResult, GetPromptRequestParams,
    GetPromptResponse, GetPromptResult, InitializeRequestParams, InitializeResult, InputResponses,
    JsonObject, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, PaginatedRequestParams, Prompt, ReadResourceRequestParams,
    ReadResourceResponse, ReadResourceResult, Resource, ResourceContents, ResourceTemplate,
    ServerConfig, SubscriptionFilter, Tool,
};
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use tokio::sync::watch;

use crate::answer::said;
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

    /// Tools besides those that it was built with; each says its own name.
    fn more_tools(&self) -> Vec<Tool> {
        Vec::new()
    }

    /// Counts how often its tools changed, where they do.
    fn changes(&self) -> Option<watch::Receiver<u64>> {
        None
    }

    /// What there is to read, if there is anything.
    fn reading(&self) -> Option<&dyn Reading> {
        None
    }
}

/// The resources and prompts of a sample.
pub trait Reading: Sync {
    /// All resources.
    fn resources(&self) -> Vec<Resource>;

    /// All templates for resources.
    fn templates(&self) -> Vec<ResourceTemplate>;

    /// A resource, if there is one at this address.
    fn read(&self, uri: &str) -> Option<ResourceContents>;

    /// All prompts.
    fn prompts(&self) -> Vec<Prompt>;

    /// A prompt, if there is one of this name and its arguments are there.
    fn prompt(&self, name: &str, arguments: &JsonObject) -> Option<GetPromptResult>;
}

/// What the client answered to a question, on its way to the tool that asked.
#[derive(Debug, Clone)]
pub(crate) struct Responses(pub(crate) InputResponses);

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

    /// Tells the session of changes, for as long as it lives.
    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        tracing::debug!("client initialized");
        let Some(mut changes) = self.0.changes() else {
            return;
        };
        tokio::spawn(async move {
            while changes.changed().await.is_ok() {
                if context.peer.notify_tool_list_changed().await.is_err() {
                    return;
                }
            }
        });
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        self.0.changes()?;
        let tools = SubscriptionFilter::builder().tools_list_changed().build();
        Some(requested.intersection(&tools))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        self.0.stats().count(|seen| seen.listening += 1);
        let Some(mut changes) = self.0.changes() else {
            return Ok(());
        };
        loop {
            tokio::select! {
                () = context.cancelled() => return Ok(()),
                changed = changes.changed() => {
                    let told = context.sink().notify_tool_list_changed().await;
                    if changed.is_err() || told.is_err() {
                        return Ok(());
                    }
                }
            }
        }
    }

    #[expect(
        deprecated,
        reason = "log messages are on their way out, and clients ask for them until then"
    )]
    async fn set_level(
        &self,
        request: rmcp::model::SetLevelRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let level = serde_json::to_value(request.level).unwrap_or_default();
        self.0.stats().count(|seen| {
            seen.log_level = level.as_str().map(str::to_owned);
        });
        Ok(())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let all = self.0.reading().map(Reading::resources);
        Ok(ListResourcesResult::with_all_items(all.unwrap_or_default()))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let all = self.0.reading().map(Reading::templates);
        Ok(ListResourceTemplatesResult::with_all_items(
            all.unwrap_or_default(),
        ))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let found = self.0.reading().and_then(|it| it.read(&request.uri));
        let found = found.ok_or_else(|| ErrorData::resource_not_found("no such resource", None))?;
        Ok(ReadResourceResult::new(vec![found]).into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let all = self.0.reading().map(Reading::prompts);
        Ok(ListPromptsResult::with_all_items(all.unwrap_or_default()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let reading = self.0.reading();
        let found = reading.and_then(|it| it.prompt(&request.name, &arguments));
        let found = found.ok_or_else(|| ErrorData::invalid_params("no such prompt", None))?;
        Ok(found.into())
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
        let mut tools = self.0.tools().list_all();
        tools.extend(self.0.more_tools());
        match faults.page_size {
            Some(size) => page(tools, size.get(), cursor.as_deref()),
            None => Ok(ListToolsResult::with_all_items(tools)),
        }
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        let own = self.0.tools().get(name).cloned();
        own.or_else(|| {
            self.0
                .more_tools()
                .into_iter()
                .find(|tool| tool.name == name)
        })
    }

    async fn call_tool(
        &self,
        mut request: CallToolRequestParams,
        mut context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let name = request.name.clone();
        if let Some(responses) = request.input_responses.take() {
            context.extensions.insert(Responses(responses));
        }
        if self.0.more_tools().iter().any(|tool| tool.name == name) {
            let answer = async { Ok(said(name.clone())?.into()) };
            return self
                .0
                .stats()
                .track(&name, context.ct.clone(), answer)
                .await;
        }
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
