//! The proxy: what any client gains, what it doesn't see, and what goes through as it is.

mod bound;
mod client;
mod docs;
mod ends;
mod far;
mod flow;
mod forwards;
mod hostile;
mod journal;
mod keys;
mod moves;
mod rest;
mod stage;
mod tools;
