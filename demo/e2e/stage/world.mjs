// The processes of a test: the page's server, a Realtime endpoint, MCP servers. Each on a free port.

import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { atEnd } from "./ending.mjs";
import { Program } from "./process.mjs";
import { everything } from "./speech.mjs";

const { E2E_RTMCP: RTMCP, E2E_SERVER: SERVER } = process.env;
const ADDRESS = /(http:\/\/127\.0\.0\.1:\d+\S*)/;
const ANYWHERE = "127.0.0.1:0";

/** Keys that nothing but the backend may know. New ones in each run: a search finds only them. */
export class Secrets {
  constructor() {
    this.key = `sk-${randomBytes(16).toString("hex")}`;
    this.token = `token-${randomBytes(16).toString("hex")}`;
  }

  get all() {
    return [this.key, this.token];
  }
}

/** A Realtime endpoint that wants one of some keys. `brain` is a scenario (TOML); rules where it is absent. */
export async function endpoint({ keys, brain, folder, listen = ANYWHERE }) {
  const args = ["sim", "--listen", listen, ...keys.flatMap((key) => ["--key", key])];
  if (brain) {
    const file = path.join(folder, "brain.toml");
    await writeFile(file, brain);
    args.push("--brain", `script:${file}`);
  }
  return await server(RTMCP, args);
}

/** One of our MCP servers: `shop` or `trouble`. */
export async function sample(name, { token } = {}) {
  return await server(RTMCP, ["mock", name, "--listen", ANYWHERE, ...(token ? ["--bearer", token] : [])]);
}

/** MCP's own reference server: `streamableHttp` or `sse`. */
export async function reference(mode) {
  // Between looking for a free port and taking it another process may.
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const port = await freePort();
    const options = { ready: /on port/, env: { PORT: String(port) } };
    const program = await Program.start(everything, [mode], options).catch(() => null);
    if (program) {
      const url = `http://127.0.0.1:${port}/${mode === "sse" ? "sse" : "mcp"}`;
      return Object.assign(program, { url });
    }
  }
  throw new Error(`${everything} ${mode} doesn't start`);
}

/** The page's server, with a configuration (TOML). */
export async function pages(config, { folder, env = {}, listen = ANYWHERE }) {
  const file = path.join(folder, "rtmcp.toml");
  await writeFile(file, config);
  // Detailed logs, since no secret may be in any of them.
  const told = { RUST_LOG: "debug", ...env };
  return await server(SERVER, ["--listen", listen, "--config", file], told);
}

async function server(command, args, env = {}) {
  const program = await Program.start(command, args, { ready: ADDRESS, env });
  return Object.assign(program, { url: program.ready[1] });
}

async function freePort() {
  const listener = net.createServer();
  await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address();
  await new Promise((resolve) => listener.close(resolve));
  return port;
}

/**
 * What most tests need: an endpoint with a key, a shop with a token, and the page's server, which
 * knows both. Ends with the test `t`. `shop` are further settings of the shop, `servers` further MCP
 * servers (TOML), `keys` further keys that the endpoint takes.
 */
export async function world(t, { brain, servers, shop = {}, keys = [] } = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), "e2e-"));
  atEnd(t, () => rm(folder, { recursive: true, force: true }));
  const secrets = new Secrets();
  const start = async (starting) => {
    const program = await starting;
    atEnd(t, () => program.end());
    return program;
  };
  const sim = await start(endpoint({ keys: [secrets.key, ...keys], brain, folder }));
  const store = await start(sample("shop", { token: secrets.token }));
  const config = configuration({ endpoint: sim.url, shop: store.url, rules: shop, servers });
  const env = { E2E_KEY: secrets.key, E2E_TOKEN: secrets.token };
  const server = await start(pages(config, { folder, env }));
  return { sim, shop: store, server, secrets, folder, config, env, start };
}

/** The configuration as a person would write it. `rules` are further lines for the shop. */
function configuration({ endpoint, shop, rules, servers = "" }) {
  const lines = Object.entries(rules).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  return `[realtime]
url = "${endpoint}"
api_key = { env = "E2E_KEY" }
instructions = "You help the customers of a small shop. Answer in one or two short sentences."

[[mcp]]
name = "shop"
url = "${shop}"
bearer = { env = "E2E_TOKEN" }
${lines.join("\n")}
${servers}`;
}
