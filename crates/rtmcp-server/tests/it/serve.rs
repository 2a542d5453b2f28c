//! The backend of pages: what browsers may do, what they are told, and what they never see.

mod approvals;
mod browser;
mod calls;
mod choice;
mod command;
mod docs;
mod elicitations;
mod endings;
mod endpoint;
mod events;
mod guards;
mod hostile;
mod proxy;
mod record;
mod secrets;
mod sign_in;
mod stage;
mod whole;
