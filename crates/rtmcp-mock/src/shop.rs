//! The shop: a small business with tools that a voice model would really be given.
//!
//! Everything in it is sample data. What is written (tickets, refunds) is kept in memory, shared by
//! all sessions of one [`Shop`], and gone with it.
//!
//! | tool | arguments | hints |
//! |---|---|---|
//! | `get_weather` | `city` | read-only |
//! | `lookup_customer` | `name` (full, first or last name, or email) | read-only |
//! | `quote` | `product`, `quantity` ≥ 1 | read-only |
//! | `create_ticket` | `customer`, `subject`, `priority` = `low`, `normal` (default) or `high` | writes |
//! | `issue_refund` | `order` (a number), `amount` (US dollars) | writes, destructive |

mod customers;
mod money;
mod prices;
mod service_desk;
mod weather;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::handler::server::tool::ToolCallContext;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, DiscoverResult, InitializeRequestParams,
    InitializeResult, ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig,
    Tool,
};
use rmcp::service::{NotificationContext, RequestContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};

use crate::answer::{Answer, introduction, reads, tool, writes};
use crate::serve::Sample;
use crate::stats::Stats;
use service_desk::ServiceDesk;

/// The shop. Clones share their tickets, refunds and counters.
#[derive(Debug, Clone)]
pub struct Shop {
    tools: Arc<ToolRouter<Self>>,
    desk: Arc<Mutex<ServiceDesk>>,
    stats: Stats,
}

impl Shop {
    /// A shop where nothing has been written yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            tools: Arc::new(routes()),
            desk: Arc::default(),
            stats: Stats::default(),
        }
    }

    /// What was asked of this shop.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    fn get_weather(&self, Parameters(asked): Parameters<weather::Asked>) -> Answer {
        weather::answer(&asked)
    }

    fn lookup_customer(&self, Parameters(asked): Parameters<customers::Asked>) -> Answer {
        customers::answer(&asked)
    }

    fn quote(&self, Parameters(asked): Parameters<prices::Asked>) -> Answer {
        prices::answer(&asked)
    }

    fn create_ticket(&self, Parameters(wanted): Parameters<service_desk::TicketWanted>) -> Answer {
        self.desk().create_ticket(wanted)
    }

    fn issue_refund(&self, Parameters(wanted): Parameters<service_desk::RefundWanted>) -> Answer {
        self.desk().issue_refund(&wanted)
    }

    fn desk(&self) -> MutexGuard<'_, ServiceDesk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Shop {
    fn default() -> Self {
        Self::new()
    }
}

impl Sample for Shop {
    fn stats(&self) -> &Stats {
        &self.stats
    }
}

impl ServerHandler for Shop {
    fn get_info(&self) -> ServerConfig {
        introduction(
            ServerCapabilities::builder().enable_tools().build(),
            "rtmcp-mock-shop",
            "Sample shop",
            "A small furniture shop with sample data. Look up a customer before writing to their \
             account, and read an amount back before refunding it.",
        )
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        self.stats.count(|seen| seen.initialized += 1);
        context.peer.set_peer_info(request.clone());
        self.negotiate_initialize(&request)
    }

    async fn discover(&self, _: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        self.stats.count(|seen| seen.discovered += 1);
        let versions = self.supported_protocol_versions().into_owned();
        Ok(DiscoverResult::from_server_info(versions, self.get_info()))
    }

    async fn on_initialized(&self, _: NotificationContext<RoleServer>) {
        tracing::debug!("client initialized");
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        self.stats.count(|seen| seen.listed += 1);
        Ok(ListToolsResult::with_all_items(self.tools.list_all()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools.get(name).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let name = request.name.clone();
        let cancelled = context.ct.clone();
        let call = self
            .tools
            .call(ToolCallContext::new(self, request, context));
        self.stats.track(&name, cancelled, call).await
    }
}

fn routes() -> ToolRouter<Shop> {
    let get_weather = tool::<weather::Asked>(
        "get_weather",
        "Weather",
        "Say what the weather is like in a city now. The answer is sample data, not a forecast.",
    )
    .with_output_schema::<weather::Weather>()
    .with_annotations(reads());
    let lookup_customer = tool::<customers::Asked>(
        "lookup_customer",
        "Find a customer",
        "Find a customer of the shop by name or email: their id, tier and open orders.",
    )
    .with_output_schema::<customers::Customer>()
    .with_annotations(reads());
    let quote = tool::<prices::Asked>(
        "quote",
        "Price quote",
        "Say what a number of one product costs: the unit price and the total in US dollars.",
    )
    .with_output_schema::<prices::Quote>()
    .with_annotations(reads());
    let create_ticket = tool::<service_desk::TicketWanted>(
        "create_ticket",
        "Open a ticket",
        "Open a support ticket for a customer about something that needs attention.",
    )
    .with_output_schema::<service_desk::Ticket>()
    .with_annotations(writes(false));
    let issue_refund = tool::<service_desk::RefundWanted>(
        "issue_refund",
        "Refund money",
        "Pay back part or all of an order. This moves money and can't be undone.",
    )
    .with_output_schema::<service_desk::Refund>()
    .with_annotations(writes(true));

    ToolRouter::new()
        .with_route((get_weather, Shop::get_weather))
        .with_route((lookup_customer, Shop::lookup_customer))
        .with_route((quote, Shop::quote))
        .with_route((create_ticket, Shop::create_ticket))
        .with_route((issue_refund, Shop::issue_refund))
}
