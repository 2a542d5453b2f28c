// MCP servers that the person names on the page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertWords, spoken, visit } from "./stage/visit.mjs";
import { reference, world } from "./stage/world.mjs";

/** Adds a server by its address, and waits until its tools are listed. */
async function add(me, url, transport) {
  await me.page.fill("#server-url", url);
  if (transport) {
    await me.page.selectOption("#server-transport", transport);
  }
  await me.page.click("#load-tools");
}

const WAYS = [
  {
    way: "Streamable HTTP",
    mode: "streamableHttp",
    say: "What is 50 plus 30?",
    tool: "get-sum",
    wanted: { a: 50, b: 30 },
    output: "The sum of 50 and 30 is 80.",
    heard: ["sum", "80|eighty"],
  },
  {
    way: "SSE",
    mode: "sse",
    say: "Repeat after me: open the window.",
    tool: "echo",
    wanted: { message: "open the window" },
    output: "Echo: open the window",
    heard: ["open the window"],
  },
];

for (const { way, mode, say, tool, wanted, output, heard } of WAYS) {
  test(`MCP's reference server is called over ${way}`, async (t) => {
    const { server, start } = await world(t);
    const everything = await start(reference(mode));
    const me = await visit(t, server.url, { microphone: await spoken([4, say]) });
    await add(me, everything.url);
    await me.page.waitForSelector(`.tool[data-tool="${tool}"]`);
    await me.picture(`servers-${mode}-listed`);
    await me.press();
    const call = await me.call(tool, "answered");
    assert.deepEqual(call.arguments, wanted);
    assertWords(call.output, [output]);
    await me.quiet();
    await me.picture(`servers-${mode}-answered`);
    await me.recording(`servers-${mode}`);
    assertWords((await me.understood()).text, heard);
    assert.equal(me.oneOutputEach(), 1);
    me.content();
  });
}

test("an address where nobody listens is told beside it", async (t) => {
  const { server } = await world(t);
  const me = await visit(t, server.url);
  // The browser itself notes the answer of the backend, which is no success.
  me.watch.expected.push(/Failed to load resource: .* 502/);
  await add(me, "http://127.0.0.1:9/mcp");
  await me.problem("#own-server, .server", /is the server running and the URL right/);
  await me.picture("servers-unreachable");
  me.content();
});

test("what is no MCP server is told beside it", async (t) => {
  const { server, sim } = await world(t);
  const me = await visit(t, server.url);
  me.watch.expected.push(/Failed to load resource: .* 502/);
  await add(me, sim.url);
  await me.problem("#own-server, .server", /is not an MCP endpoint/);
  me.content();
});
