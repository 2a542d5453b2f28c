//! The rtmcp command: speak to agents, list and call tools, run the simulator and the sample servers.
