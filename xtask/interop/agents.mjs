// The official agents for JavaScript: `RealtimeSession` of `@openai/agents-realtime`.

import { hostedMcpTool } from "@openai/agents-core";
import { RealtimeAgent, RealtimeSession, tool } from "@openai/agents-realtime";
import { LAST, Trial } from "./trial.mjs";

const trial = new Trial();
const tools = trial.definitions.map(({ name, description, parameters }) =>
  tool({ name, description, parameters, strict: true, execute: async () => trial.call(name) }),
);
if (trial.at === "native") {
  const requireApproval = trial.approve ? "always" : "never";
  tools.push(hostedMcpTool({ serverLabel: "shop", serverUrl: trial.mcp, requireApproval }));
}
const agent = new RealtimeAgent({ name: "Agent", instructions: trial.instructions, tools });
const session = new RealtimeSession(agent, { transport: "websocket", model: trial.model });

session.on("error", ({ error }) => trial.end(JSON.stringify(error?.error ?? error?.message ?? error)));
session.on("tool_approval_requested", (_context, _agent, request) => {
  trial.seen.approvals += 1;
  session.approve(request.approvalItem).catch((problem) => trial.end(problem));
});
session.transport.on("connection_change", (status) => {
  if (status === "disconnected") {
    trial.end("it was disconnected");
  }
});
session.on("transport_event", (event) => {
  try {
    take(event, trial.note(event));
  } catch (problem) {
    trial.end(problem);
  }
});

let begun = false;

/** Asks once the session is set up, and goes on after each reply. */
function take(event, reply) {
  if (reply) {
    trial.seen.replies.length === 1 ? session.sendMessage(LAST) : trial.end();
  } else if (!begun && isReady(event)) {
    begun = true;
    trial.spoken ? speak() : session.sendMessage(trial.ask);
  }
}

/** Whether all that the session is given has been taken: it is updated with its instructions, and
 * what native MCP servers offer has been listed. */
function isReady(event) {
  if (trial.at === "native") {
    return event.type === "mcp_list_tools.completed";
  }
  return event.type === "session.updated" && event.session.instructions.includes(trial.instructions);
}

function speak() {
  const speech = trial.speech();
  for (let at = 0; at < speech.length; at += 4_800) {
    session.sendAudio(new Uint8Array(speech.subarray(at, at + 4_800)).buffer);
  }
}

const url = new URL(`${trial.base}/realtime?model=${trial.model}`);
url.protocol = "ws";
await session.connect({ apiKey: trial.key, url: url.href }).catch((problem) => trial.end(problem));
