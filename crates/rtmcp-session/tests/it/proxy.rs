//! What a client and an endpoint see of a proxy between them.

#[cfg(not(target_arch = "wasm32"))]
mod allocations;
mod bounds;
mod errors;
#[cfg(not(target_arch = "wasm32"))]
mod far;
mod handover;
mod line;
mod native;
#[cfg(not(target_arch = "wasm32"))]
mod near;
mod privacy;
#[cfg(not(target_arch = "wasm32"))]
mod random;
mod replies;
mod session;
mod tools;
mod withheld;
#[cfg(not(target_arch = "wasm32"))]
mod world;
