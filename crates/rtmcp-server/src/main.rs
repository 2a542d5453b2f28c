//! The `rtmcp` command.
fn main() {}
