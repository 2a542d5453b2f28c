// Typing works as speaking does, and needs no microphone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertWords, spoken, visit } from "./stage/visit.mjs";
import { world } from "./stage/world.mjs";

test("a typed question is answered aloud, without a microphone", async (t) => {
  const { server } = await world(t);
  const me = await visit(t, server.url);
  await me.type("What is the weather in London?");
  assertWords(await me.words("user", /\w/), ["london"]);
  const call = await me.call("get_weather", "answered");
  assert.deepEqual(call.arguments, { city: "London" });
  await me.quiet();
  await me.picture("typed-answered");
  assertWords((await me.understood()).text, ["14|fourteen", "london"]);
  assert.equal(await me.page.evaluate(() => window.e2e.mic.length), 0, "the microphone was opened");
  assert.equal(me.oneOutputEach(), 1);
  me.content();
});

test("what is typed in a spoken call is answered too", async (t) => {
  const { server } = await world(t);
  const microphone = await spoken([3, "Hello."]);
  const me = await visit(t, server.url, { microphone });
  await me.press();
  await me.words("user", /Hello/);
  await me.words("assistant", /\w/);
  await me.quiet();
  await me.type("What is the weather in Rome?");
  const call = await me.call("get_weather", "answered");
  assert.deepEqual(call.arguments, { city: "Rome" });
  await me.words("assistant", /Rome/);
  await me.quiet();
  assert.equal(me.oneOutputEach(), 1);
  me.content();
});

test("a refused microphone is explained, and typing goes on", async (t) => {
  const { server } = await world(t);
  const me = await visit(t, server.url, { permission: false });
  await me.press();
  await me.problem("#microphone-problem", /didn't give this page the microphone/);
  await me.picture("typed-no-microphone");
  await me.type("What is the weather in Paris?");
  await me.call("get_weather", "answered");
  await me.quiet();
  me.content();
});
