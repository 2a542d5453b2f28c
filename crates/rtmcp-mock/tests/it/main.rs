//! The sample servers, asked over every transport that they serve.

mod client;
mod shop;
