// The official client for JavaScript: `OpenAIRealtimeWS` of `openai`.

import net from "node:net";
import OpenAI from "openai";
import { OpenAIRealtimeWS } from "openai/realtime/ws";
import { LAST, Trial } from "./trial.mjs";

const trial = new Trial();
let client = new OpenAI({ apiKey: trial.key, baseURL: trial.base });
if (trial.secret) {
  const session = { type: "realtime", model: trial.model };
  const secret = await client.realtime.clientSecrets.create({ session });
  client = new OpenAI({ apiKey: secret.value, baseURL: trial.base });
}
const { hostname, port } = new URL(trial.base);
const realtime = new OpenAIRealtimeWS(
  {
    model: trial.model,
    // It always asks for TLS, which is nothing to try here: what it says goes over a plain socket.
    options: { createConnection: () => net.connect(Number(port), hostname) },
  },
  client,
);
realtime.on("error", (problem) => trial.end(problem));
realtime.socket.on("close", (code, reason) => trial.end(`closed: ${code} ${reason}`));

realtime.on("session.created", () => {
  const tools = trial.functions();
  realtime.send({
    type: "session.update",
    session: {
      type: "realtime",
      instructions: trial.instructions,
      ...(tools.length > 0 ? { tools } : {}),
    },
  });
});
realtime.once("session.updated", () => (trial.spoken ? speak() : type(trial.ask)));
realtime.on("event", (event) => {
  try {
    take(event, trial.note(event));
  } catch (problem) {
    trial.end(problem);
  }
});

/** Goes on after a response: with its calls, with the last words, or to the end. */
function take(event, reply) {
  if (event.type !== "response.done") {
    return;
  }
  const calls = event.response.output.filter((it) => it.type === "function_call");
  for (const { call_id, name } of calls) {
    const item = { type: "function_call_output", call_id, output: trial.call(name) };
    realtime.send({ type: "conversation.item.create", item });
  }
  if (calls.length > 0) {
    realtime.send({ type: "response.create" });
  } else if (reply && trial.seen.replies.length === 1) {
    type(LAST);
  } else if (reply) {
    trial.end();
  }
}

function type(text) {
  const item = { type: "message", role: "user", content: [{ type: "input_text", text }] };
  realtime.send({ type: "conversation.item.create", item });
  realtime.send({ type: "response.create" });
}

function speak() {
  const speech = trial.speech();
  for (let at = 0; at < speech.length; at += 4_800) {
    const audio = speech.subarray(at, at + 4_800).toString("base64");
    realtime.send({ type: "input_audio_buffer.append", audio });
  }
}
