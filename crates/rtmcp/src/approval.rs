//! Ways by which somebody outside of a session decides about its calls, and what is written down of
//! decisions.
//!
//! The owner's rules say about which calls somebody is asked ([`rtmcp_router::ApproveRule`]); the
//! application hears of each as [`Event::Approval`](crate::Event::Approval) and can decide about it by
//! [`Handle::decide`](crate::Handle::decide). [`ApprovalSettings`](crate::ApprovalSettings) names the
//! other ways: what the person in the call says or presses, and a webhook.

mod audit;
mod outside;
mod signature;
mod tickets;
mod webhook;

pub use signature::sign;
pub use tickets::Tickets;
pub use webhook::Verdict;

pub(crate) use outside::Outside;
