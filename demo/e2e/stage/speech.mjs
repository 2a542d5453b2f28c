// The voices and the ear that `cargo xtask setup` installed: see docs/testing.md.

import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import * as wav from "./wav.mjs";

const tools = await readTools();

/** The commands that were installed. Its arrays and strings are written as JSON writes them. */
async function readTools() {
  const text = await readFile(process.env.RTMCP_TOOLS, "utf8");
  const lines = text.split("\n").map((line) => /^(\w+) = (.+)$/.exec(line));
  return Object.fromEntries(lines.filter(Boolean).map(([, name, value]) => [name, JSON.parse(value)]));
}

/** The program of MCP's reference server. */
export const everything = tools.everything;

/** A text in one of the voices: `voice`, which the ear understands best, or `espeak`. */
export async function speak(text, voice = "voice") {
  // A voice may open /dev/stdout, which is possible of a pipe, and not of what Node makes.
  const args = ["-c", '"$@" | cat', "sh", ...tools[voice]];
  const speaker = spawn("sh", args, { stdio: ["pipe", "pipe", "inherit"] });
  speaker.stdin.end(text);
  const chunks = [];
  for await (const chunk of speaker.stdout) {
    chunks.push(chunk);
  }
  return wav.read(Buffer.concat(chunks));
}

let ear;

/** What the ear understands of a sound. */
export async function hear({ rate, samples }) {
  ear ??= new Ear();
  return await ear.hear(rate, samples);
}

class Ear {
  constructor() {
    const [command, ...args] = tools.ear;
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    // It ends when its stdin does, so with us; until then it must not keep us.
    child.unref();
    child.stdin.unref?.();
    child.stdout.unref?.();
    this.stdin = child.stdin;
    this.lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.ready = this.lines.next();
    this.count = 0;
  }

  async hear(rate, samples) {
    // Unreferenced pipes alone would let the process end while it waits for them.
    const stay = setInterval(() => {}, 1_000);
    try {
      await this.ready;
      const audio = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
      this.count += 1;
      this.stdin.write(`${JSON.stringify({ id: this.count, rate, audio: audio.toString("base64") })}\n`);
      const { value } = await this.lines.next();
      const { text, error } = JSON.parse(value);
      if (error) {
        throw new Error(`the ear: ${error}`);
      }
      return text;
    } finally {
      clearInterval(stay);
    }
  }
}
