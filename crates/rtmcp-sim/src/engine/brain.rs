//! Brains: a scenario, rules, or a server.

mod chat;
mod conversation;
mod rules;
mod script;

pub use chat::Chat;
pub use rules::Rules;
pub use script::Script;

#[cfg(test)]
mod tests;
