// Speaking over the model: it stops, and what was said over it is answered.

import assert from "node:assert/strict";
import { test } from "node:test";
import { hear } from "./stage/speech.mjs";
import { assertWords, spoken, visit } from "./stage/visit.mjs";
import * as wav from "./stage/wav.mjs";
import { world } from "./stage/world.mjs";

/** How long the other side may sound on after the person began to speak, in seconds. */
const LIMIT = 0.3;

const LONG = "What is the weather in Paris and in Rome and in London and in Tokyo?";

test("the model is silent soon after somebody speaks over it", async (t) => {
  const { server } = await world(t);
  const microphone = await spoken([3, LONG, 6, "How much is a bookcase?"], "voice");
  const me = await visit(t, server.url, { microphone });
  await me.press();
  await me.call("quote", "answered");
  await me.quiet();
  await me.picture("interruption");
  await me.recording("interruption");

  const mic = await me.watch.sound("mic");
  const voice = await me.watch.sound("voice");
  const over = mic.begun + wav.stretches(mic, { pause: 1 }).at(-1)[0];
  const sounded = wav.stretches(voice).map(([from, to]) => [voice.begun + from, voice.begun + to]);
  const cut = sounded.findLast(([from]) => from < over);
  assert.ok(cut, "nothing sounded before");
  const late = cut[1] - over;
  assert.ok(late > -0.5, `it was silent ${-late} s before anybody spoke over it: nothing was cut`);
  const noticed = (await me.watch.channelEvents("output_audio_buffer.cleared")).at(-1).at - over;
  const ms = (seconds) => Math.round(seconds * 1000);
  t.diagnostic(`silent ${ms(late)} ms after the person began to speak; noticed after ${ms(noticed)} ms`);
  assert.ok(late <= LIMIT, `it sounded on for ${late} s`);

  assert.equal(await me.page.locator('.line[data-role="assistant"][data-cut="true"]').count(), 1);
  const answer = wav.between(voice, cut[1] - voice.begun + 0.1, wav.seconds(voice));
  assertWords(await hear(answer), ["bookcase|book case"]);
  assert.equal(me.oneOutputEach(), 5);
  me.content();
});

test("the button stops the model", async (t) => {
  const { server } = await world(t);
  const me = await visit(t, server.url);
  await me.type(LONG);
  await me.state("speaking");
  await me.page.waitForFunction(() => window.e2e.voice.length > 0);
  await me.page.click("#interrupt");
  await me.quiet();
  const cut = me.page.locator('.line[data-role="assistant"][data-cut="true"]');
  await cut.waitFor();
  // It listens on.
  await me.type("How much is a bookcase?");
  await me.call("quote", "answered");
  await me.quiet();
  me.content();
});
