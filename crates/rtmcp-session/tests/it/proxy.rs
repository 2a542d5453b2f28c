//! What a client and an endpoint see of a proxy between them.

mod errors;
mod line;
mod replies;
mod session;
mod tools;
