// No secret reaches the browser, none that the person typed comes back, and none is in any log.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { visit } from "./stage/visit.mjs";
import { sample, world } from "./stage/world.mjs";

/** Where any of the secrets can be read. */
function found(secrets, places) {
  return places.filter(([, text]) => secrets.some((it) => text.includes(it))).map(([place]) => place);
}

/** What the programs of a test have said. */
function logs(programs) {
  return programs.map(({ name, said }) => [name.split(" --")[0], said]);
}

test("what the backend knows stays there", async (t) => {
  const { server, sim, shop, secrets } = await world(t);
  const me = await visit(t, server.url);
  await me.type("What is the weather in Paris?");
  await me.call("get_weather", "answered");
  await me.quiet();
  const received = await me.watch.received();
  // The search finds what is there, also in the module.
  const [, module] = received.find(([place]) => place.endsWith(".wasm"));
  assert.ok(module.includes("/api/calls"), "the module was not looked into");
  assert.ok(found(["get_weather"], received).length >= 3, "what did come was not looked into");
  assert.deepEqual(found(secrets.all, received), []);
  assert.ok(server.said.length > 1_000, "there is no log to look into");
  assert.deepEqual(found(secrets.all, logs([server, sim, shop])), []);
  me.content();
});

test("what the person types doesn't come back, and is in no log", async (t) => {
  const key = `sk-${randomBytes(16).toString("hex")}`;
  const token = `token-${randomBytes(16).toString("hex")}`;
  const { server, sim, shop, start } = await world(t, { keys: [key], shop: { allow: ["quote"] } });
  const other = await start(sample("shop", { token }));
  const me = await visit(t, server.url);
  await me.page.fill("#key", key);
  await me.page.fill("#server-url", other.url);
  await me.page.click("#add-header");
  await me.page.fill(".header-name", "Authorization");
  await me.page.fill(".header-value", `Bearer ${token}`);
  await me.page.click("#load-tools");
  await me.page.waitForSelector('.tool[data-tool="get_weather"]');
  await me.type("What is the weather in Paris?");
  await me.call("get_weather", "answered");
  await me.quiet();
  assert.deepEqual(found([key, token], await me.watch.received()), []);
  assert.deepEqual(found([key, token], logs([server, sim, shop, other])), []);
  me.content();
});

test("a wrong key is told beside it, and comes back nowhere", async (t) => {
  const { server } = await world(t);
  const me = await visit(t, server.url);
  me.watch.expected.push(/Failed to load resource: .* 401/);
  const key = `sk-${randomBytes(16).toString("hex")}`;
  await me.page.fill("#key", key);
  await me.type("What is the weather in Paris?");
  await me.state("failed");
  await me.page.waitForSelector('#key[aria-invalid="true"]');
  await me.picture("secrets-wrong-key");
  assert.deepEqual(found([key], await me.watch.received()), []);
  assert.deepEqual(found([key], logs([server])), []);
  // Without it, the backend's own is used again.
  await me.page.fill("#key", "");
  await me.type("What is the weather in Paris?");
  await me.call("get_weather", "answered");
  await me.quiet();
  me.content();
});
