// The main job: a spoken question makes a tool run, and the answer sounds.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertWords, spoken, visit } from "./stage/visit.mjs";
import { world } from "./stage/world.mjs";

test("a spoken question is answered aloud", async (t) => {
  const { server } = await world(t);
  const microphone = await spoken([3, "What is the weather in Paris?"]);
  const me = await visit(t, server.url, { microphone });

  await me.press();
  await me.state("listening");
  await me.picture("spoken-listening");
  assertWords(await me.words("user", /\w/), ["weather", "paris"]);
  const call = await me.call("get_weather", "answered");
  assert.deepEqual(call.arguments, { city: "Paris" });
  assertWords(call.output, ["18", "sunny", "paris"]);
  assertWords(await me.words("assistant", /\w/), ["18", "sunny", "paris"]);
  await me.quiet();
  await me.picture("spoken-answered");
  await me.recording("spoken");

  assert.equal(await me.calls(), 1);
  assert.equal(me.oneOutputEach(), 1);
  const { text } = await me.understood();
  assertWords(text, ["18|eighteen", "sunny", "paris"]);

  await me.page.click("#hangup");
  await me.state("ended");
  me.content();
});
