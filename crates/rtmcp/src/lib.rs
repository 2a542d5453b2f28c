//! Give any Realtime voice model any MCP tools.
