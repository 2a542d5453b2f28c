// Programs that a test starts, and that end with it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

export class Program {
  /**
   * Starts a program and waits for the line that says that it is ready.
   * `ready` is matched against each line; the match is kept in `this.ready`.
   */
  static async start(command, args, { ready, env = {} }) {
    const program = new Program(command, args, env);
    const said = program.line(ready);
    const ended = program.ended.then(({ code, signal }) => {
      throw new Error(
        `${program.name} ended (${code ?? signal}) before it was ready:\n${program.lines.join("\n")}`,
      );
    });
    ended.catch(() => {});
    program.ready = await Promise.race([said, ended]);
    return program;
  }

  constructor(command, args, env) {
    this.name = [command, ...args].join(" ");
    this.lines = [];
    this.waiting = [];
    this.child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(this.child);
    this.ended = once(this.child, "exit").then(([code, signal]) => {
      running.delete(this.child);
      return { code, signal };
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => this.take(line));
    }
  }

  /** Resolves with the match of the first line, past or to come, that matches. */
  line(pattern) {
    for (const line of this.lines) {
      const match = pattern.exec(line);
      if (match) {
        return Promise.resolve(match);
      }
    }
    return new Promise((resolve) => this.waiting.push({ pattern, resolve }));
  }

  /** All that it has said, on stdout and stderr. */
  get said() {
    return this.lines.join("\n");
  }

  take(line) {
    this.lines.push(line);
    this.waiting = this.waiting.filter(({ pattern, resolve }) => {
      const match = pattern.exec(line);
      match && resolve(match);
      return !match;
    });
  }

  /** Ends it without a chance to say good-bye. */
  async kill() {
    this.child.kill("SIGKILL");
    return await this.ended;
  }

  /** Asks it to end, and waits until it has. */
  async end() {
    this.child.kill("SIGTERM");
    const late = setTimeout(() => this.child.kill("SIGKILL"), 5_000);
    const how = await this.ended;
    clearTimeout(late);
    return how;
  }
}
