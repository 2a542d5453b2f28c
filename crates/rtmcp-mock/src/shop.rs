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
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{ServerCapabilities, ServerConfig};

use crate::answer::{Answer, introduction, reads, tool, writes};
use crate::sample::Sample;
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

    fn create_ticket(&self, Parameters(wanted): Parameters<service_desk::TicketWanted>) -> Answer {
        self.desk().create_ticket(&wanted)
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
    fn info(&self) -> ServerConfig {
        introduction(
            ServerCapabilities::builder().enable_tools().build(),
            "rtmcp-mock-shop",
            "Sample shop",
            "A small furniture shop with sample data. Look up a customer before writing to their \
             account, and read an amount back before refunding it.",
        )
    }

    fn tools(&self) -> &ToolRouter<Self> {
        &self.tools
    }

    fn stats(&self) -> &Stats {
        &self.stats
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
        .with_route((get_weather, weather::answer))
        .with_route((lookup_customer, customers::answer))
        .with_route((quote, prices::answer))
        .with_route((create_ticket, Shop::create_ticket))
        .with_route((issue_refund, Shop::issue_refund))
}
