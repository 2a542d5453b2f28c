// No secret reaches the browser, and none is in any log.

import assert from "node:assert/strict";
import { test } from "node:test";
import { visit } from "./stage/visit.mjs";
import { world } from "./stage/world.mjs";

/** Where any of the secrets can be read. */
function found(secrets, places) {
  return places.filter(([, text]) => secrets.some((it) => text.includes(it))).map(([place]) => place);
}

test("what the backend knows stays there", async (t) => {
  const { server, sim, shop, secrets } = await world(t);
  const me = await visit(t, server.url);
  await me.type("What is the weather in Paris?");
  await me.call("get_weather", "answered");
  await me.quiet();
  const received = await me.watch.received();
  // The search finds what is there, also in the module.
  const wasm = received.find(([place]) => place.endsWith(".wasm"));
  assert.ok(wasm && wasm[1].length > 50_000, "the module was not looked into");
  assert.notDeepEqual(found(["get_weather"], received), []);
  assert.deepEqual(found(secrets.all, received), []);
  const logs = [server, sim, shop].map(({ name, said }) => [name.split(" --")[0], said]);
  assert.deepEqual(found(secrets.all, logs), []);
  me.content();
});
