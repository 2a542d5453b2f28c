// What dies in the middle of a call: the page says so, each call has one output, and the next call
// works.

import assert from "node:assert/strict";
import { test } from "node:test";
import { atEnd } from "./stage/ending.mjs";
import { browser, Visit, visit } from "./stage/visit.mjs";
import { endpoint, pages, sample, world } from "./stage/world.mjs";

/** A model that calls a tool which never answers, when it is asked to. */
const BRAIN = `
[[turn]]
when = "hang"
steps = [{ call = { name = "hang" } }]

[[turn]]
when = "weather"
steps = [{ call = { name = "get_weather", arguments = { city = "Paris" } } }]

[[turn]]
after = "hang"
steps = [{ say = "That did not work." }]

[[turn]]
after = "get_weather"
steps = [{ say = "{output}" }]
`;

/** A world with a server whose tool never answers, and a page that waits for it. */
async function hanging(t) {
  const trouble = await sample("trouble");
  atEnd(t, () => trouble.end());
  const servers = `[[mcp]]\nname = "trouble"\nurl = "${trouble.url}"\napprove = "never"\nallow = ["hang"]\n`;
  const here = await world(t, { brain: BRAIN, servers });
  const me = await visit(t, here.server.url);
  await me.type("Please hang.");
  await me.call("hang", "running");
  return { ...here, trouble, me };
}

/** Asks what works, in a call that runs or a new one. */
async function works(me) {
  await me.type("What is the weather in Paris?");
  await me.call("get_weather", "answered");
  await me.words("assistant", /Paris/);
  await me.quiet();
}

/** Waits until the backend has no call any more. */
async function noCalls(url) {
  for (;;) {
    const health = await (await fetch(new URL("/api/health", url))).json();
    if (health.calls === 0) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test("an MCP server dies", async (t) => {
  const { me, trouble } = await hanging(t);
  await trouble.kill();
  const call = await me.call("hang", "failed");
  assert.match(call.output, /may or may not have taken effect/);
  await me.words("assistant", /did not work/);
  await me.quiet();
  await me.picture("failures-mcp-server");
  assert.equal(me.oneOutputEach(), 1);
  await works(me);
  assert.equal(me.oneOutputEach(), 2);
  me.content();
});

test("the Realtime endpoint dies", async (t) => {
  const { me, sim, server, secrets, folder } = await hanging(t);
  await sim.kill();
  await me.problem("#problem", /connection|endpoint|lost/i);
  await me.state("failed");
  await me.call("hang", "ended", "failed");
  await me.picture("failures-endpoint");
  me.oneOutputEach();
  await noCalls(server.url);
  // It comes back where it was.
  const listen = new URL(sim.url).host;
  const again = await endpoint({ keys: [secrets.key], brain: BRAIN, folder, listen });
  atEnd(t, () => again.end());
  await works(me);
  me.content();
});

test("the backend dies", async (t) => {
  const { me, server, config, env, folder } = await hanging(t);
  me.watch.expected.push(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET/);
  me.watch.expected.push(/Failed to load resource: .* 404/);
  await server.kill();
  await me.problem("#line-problem, #problem", /backend/i);
  await me.picture("failures-backend");
  me.oneOutputEach();
  const listen = new URL(server.url).host;
  const again = await pages(config, { folder, env, listen });
  atEnd(t, () => again.end());
  await me.problem("#problem", /backend/i);
  await me.state("failed");
  await me.call("hang", "ended", "failed");
  await works(me);
  me.content();
});

test("nobody is at the endpoint", async (t) => {
  const { server, sim, secrets, folder } = await world(t, { brain: BRAIN });
  await sim.kill();
  const me = await visit(t, server.url);
  me.watch.expected.push(/Failed to load resource: .* 502/);
  await me.type("What is the weather in Paris?");
  await me.problem("#problem", /endpoint .* can't be reached/);
  await me.state("failed");
  await me.picture("failures-nobody");
  const listen = new URL(sim.url).host;
  const again = await endpoint({ keys: [secrets.key], brain: BRAIN, folder, listen });
  atEnd(t, () => again.end());
  await works(me);
  me.content();
});

test("the tab is closed", async (t) => {
  const { me, server, trouble } = await hanging(t);
  await me.page.close();
  await noCalls(server.url);
  const other = await Visit.open(await browser(t), server.url);
  await works(other);
  assert.equal(other.oneOutputEach(), 1);
  other.content();
  assert.equal(trouble.child.exitCode, null);
});
