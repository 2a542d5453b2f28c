//! MCP clients behind rtmcp's own words: a pool of servers, their transports, calls and deadlines.
