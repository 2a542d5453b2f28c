//! Which tool answers a function call, where, and under what rule.
mod catalog;
mod config;
mod ending;
mod name;
mod nearest;
mod policy;
mod refusal;
mod report;
mod route;
mod router;
mod schema;
mod shape;

pub use config::{
    Approve, ConfigError, MIN_OUTPUT_BUDGET, RouterConfig, ServerRules, StaticRoute, ToolRules,
};
pub use ending::Ending;
pub use name::ToolRef;
pub use policy::{Approval, ApprovalReason};
pub use refusal::Refusal;
pub use report::{Function, ToolReport, Verdict};
pub use route::{Route, Target};
pub use router::Router;
pub use shape::{Cut, Shaped};
