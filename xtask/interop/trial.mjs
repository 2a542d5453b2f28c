// What a client is put through: a trial from trials.json, and what it must come to.

import { readFileSync } from "node:fs";

const all = JSON.parse(readFileSync(new URL("trials.json", import.meta.url), "utf8"));

/** What stands in for the tools of the proxy: a client must never see these names. */
const PROXYS = ["get_weather", "lookup_customer", "create_ticket", "issue_refund"];

/** What is asked last, so that a reply too many would be seen before its answer. */
export const LAST = "Thanks.";
const LAST_REPLY = "You're welcome.";

export class Trial {
  constructor() {
    Object.assign(this, all.trials[Number(process.env.INTEROP_TRIAL)]);
    this.model = all.model;
    this.instructions = all.instructions;
    this.definitions = this.tools.map((name) => ({ name, ...all.tools[name] }));
    this.base = process.env.INTEROP_URL;
    this.key = process.env.INTEROP_KEY;
    this.mcp = process.env.INTEROP_MCP;
    this.seen = { calls: [], replies: [], audio: 0, events: [], errors: [], native: [], approvals: 0 };
  }

  /** The question as it is spoken: 24 kHz, 16-bit, mono, with the silence that ends a turn. */
  speech() {
    return readFileSync(process.env.INTEROP_SPEECH);
  }

  /** The definition of a tool, as a session is told of it. */
  functions() {
    return this.definitions.map(({ name, description, parameters }) => ({
      type: "function",
      name,
      description,
      parameters,
    }));
  }

  /** Does what a tool of the client's own does. */
  call(name) {
    this.seen.calls.push(name);
    const tool = this.definitions.find((it) => it.name === name);
    if (!tool) {
      throw new Error(`a call of ${name}, which isn't a tool of the client's own`);
    }
    return tool.output;
  }

  /** Notes an event from the endpoint. Returns the words of the reply, where it ends one. */
  note(event) {
    this.seen.events.push(JSON.stringify(event));
    if (event.type === "response.output_audio.delta") {
      this.seen.audio += Buffer.from(event.delta, "base64").length;
    } else if (event.type === "error") {
      this.seen.errors.push(event.error.message);
    } else if (event.type === "response.mcp_call.completed") {
      this.seen.native.push(event.item_id);
    } else if (event.type === "response.done") {
      const messages = event.response.output.filter((it) => it.type === "message");
      const words = messages.flatMap((it) => it.content.map((part) => part.transcript ?? part.text));
      if (words.length > 0) {
        this.seen.replies.push(words.join(" "));
        return words.join(" ");
      }
      if (event.response.status !== "completed") {
        throw new Error(`a response ended as ${event.response.status}`);
      }
    }
    return undefined;
  }

  /** Checks what was seen, from the question to the answer to `LAST`. */
  judge() {
    const { calls, replies, audio, events, errors, native, approvals } = this.seen;
    const wrong = errors.map((it) => `an error: ${it}`);
    const same = [...calls].sort().join() === [...this.calls].sort().join();
    if (!same) {
      wrong.push(`its calls were [${calls}] and not [${this.calls}]`);
    }
    if (replies.length !== 2 || replies[1] !== LAST_REPLY) {
      wrong.push(`its replies were ${JSON.stringify(replies)}: not one, and one to the last words`);
    }
    const missing = this.replies.filter((it) => !replies[0]?.includes(it));
    if (missing.length > 0) {
      wrong.push(`its reply ${JSON.stringify(replies[0])} lacks ${missing}`);
    }
    if (audio < 24_000) {
      wrong.push(`it heard ${audio / 48} ms of speech`);
    }
    if (this.at === "proxy") {
      const leaked = PROXYS.filter((it) => !this.tools.includes(it));
      const found = leaked.filter((name) => events.some((it) => it.includes(name)));
      found.forEach((it) => wrong.push(`it saw ${it}, a tool of the proxy`));
    }
    if (this.at === "native" && native.length !== 1) {
      wrong.push(`${native.length} calls of MCP tools were completed`);
    }
    if (approvals !== (this.approve ? 1 : 0)) {
      wrong.push(`it was asked for approval ${approvals} times`);
    }
    return wrong;
  }

  /** Says how it ended, for `cargo xtask interop`, and ends. */
  end(problem) {
    const wrong = problem ? [String(problem.message ?? problem)] : this.judge();
    const told = { ok: wrong.length === 0, wrong, replies: this.seen.replies };
    process.stdout.write(`${JSON.stringify(told)}\n`, () => process.exit(0));
  }
}
