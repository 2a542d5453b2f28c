//! What the page shows: one part a file, each reading the model through [`Page`](crate::page::Page).

#![expect(
    clippy::needless_pass_by_value,
    reason = "a component is given its properties for good"
)]

mod approval;
mod card;
mod console;
mod conversation;
mod dock;
mod elicitation;
mod endpoint;
mod icon;
mod notice;
mod own_server;
mod record;
mod server;
mod setup;
mod sign_in;
mod time;
mod tools;
mod top;

pub(crate) use console::ConsoleView;
pub(crate) use conversation::ConversationView;
pub(crate) use dock::Dock;
pub(crate) use setup::SetupView;
pub(crate) use top::{Tab, Tabs, Top};
