//! Sample and misbehaving MCP servers to try things on.
