// Speaking over the model: it stops, and what was said over it is answered.

import assert from "node:assert/strict";
import { test } from "node:test";
import { hear } from "./stage/speech.mjs";
import { assertWords, spoken, visit } from "./stage/visit.mjs";
import * as wav from "./stage/wav.mjs";
import { world } from "./stage/world.mjs";

/** How long the other side may sound on after the person began to speak, in seconds. */
const LIMIT = 0.3;

/** Now and then the model draws breath just then: one of so many calls must prove something. */
const CALLS = 4;

const LONG = "What is the weather in Paris and in Rome and in Tokyo?";
const OVER = "What is the weather in London?";

test("the model is silent soon after somebody speaks over it", async (t) => {
  const { server } = await world(t);
  const microphone = await spoken([3, LONG, 6, OVER], "voice");
  let late = null;
  for (let call = 1; call <= CALLS && late === null; call += 1) {
    const me = await visit(t, server.url, { microphone });
    await me.press();
    await me.words("assistant", /London/);
    await me.quiet();
    await me.picture("interruption");
    await me.recording("interruption");
    late = await silentAfter(me, t);
    assert.equal(await me.page.locator('.line[data-role="assistant"][data-cut="true"]').count(), 1);
    assert.equal(me.oneOutputEach(), 4);
    me.content();
    await me.context.close();
  }
  assert.ok(late !== null && late <= LIMIT, `it was heard for ${late} s`);
});

/**
 * How long the other side was heard after the person began to speak over it, in seconds; none where
 * it drew breath just then, which proves nothing. What sounded after that was the answer.
 */
async function silentAfter(me, t) {
  const mic = await me.watch.sound("mic");
  const voice = await me.watch.sound("voice");
  const over = mic.begun + wav.stretches(mic, { pause: 1 }).at(-1)[0];
  const sounded = wav.stretches(voice).map(([from, to]) => [voice.begun + from, voice.begun + to]);
  const cut = sounded.findLast(([from]) => from < over);
  assert.ok(cut, "nothing sounded before");
  const came = cut[1] - over;
  const hushed = (await me.watch.hushed()).at(-1) - over;
  const ms = (seconds) => Math.round(seconds * 1000);
  t.diagnostic(`after the person began to speak: kept back after ${ms(hushed)} ms, all came by ${ms(came)} ms`);
  const answer = wav.between(voice, cut[1] - voice.begun + 0.1, wav.seconds(voice));
  assertWords(await hear(answer), ["14|fourteen", "london"]);
  return came > 0 ? Math.min(came, hushed) : null;
}

test("the button stops the model", async (t) => {
  const { server } = await world(t);
  const me = await visit(t, server.url);
  await me.type(LONG);
  await me.state("speaking");
  await me.page.click("#interrupt");
  const cut = me.page.locator('.line[data-role="assistant"][data-cut="true"]');
  await cut.waitFor();
  await me.quiet();
  // It listens on.
  await me.type("How much is a bookcase?");
  await me.call("quote", "answered");
  await me.quiet();
  me.content();
});
