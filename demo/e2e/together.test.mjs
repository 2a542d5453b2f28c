// Several tabs at once don't see each other.

import assert from "node:assert/strict";
import { test } from "node:test";
import { browser, Visit } from "./stage/visit.mjs";
import { world } from "./stage/world.mjs";

const PARIS = "What is the weather in Paris?";
const BOOKCASE = "How much is a bookcase?";

/** Asks in one tab, and answers what the page then shows. */
async function asks(tab, text, tool) {
  await tab.type(text);
  await tab.call(tool, "answered");
  await tab.quiet();
  return await tab.page.locator("#transcript").innerText();
}

/** The name of a tab's session at the backend. */
async function session(tab) {
  const responses = await Promise.all(tab.watch.responses);
  const urls = responses.map(({ url }) => /\/api\/sessions\/([^/]+)\/events/.exec(url));
  return urls.find(Boolean)[1];
}

test("two people at once see each their own", async (t) => {
  const { server } = await world(t);
  const chromium = await browser(t);
  const [one, other] = [await Visit.open(chromium, server.url), await Visit.open(chromium, server.url)];
  const [paris, bookcase] = await Promise.all([
    asks(one, PARIS, "get_weather"),
    asks(other, BOOKCASE, "quote"),
  ]);
  await one.picture("together-one");
  await other.picture("together-other");
  assert.doesNotMatch(paris, /bookcase/i);
  assert.doesNotMatch(bookcase, /paris/i);
  // The descriptions of the tools, which both are told, name a bookcase and Paris too.
  const seen = (tab) => JSON.stringify(tab.diagnostics);
  assert.deepEqual([PARIS, BOOKCASE].map((it) => seen(one).includes(it)), [true, false]);
  assert.deepEqual([PARIS, BOOKCASE].map((it) => seen(other).includes(it)), [false, true]);
  assert.deepEqual([one.oneOutputEach(), other.oneOutputEach()], [1, 1]);

  // Who knows a session's name all the same gets nothing of it.
  const name = await session(one);
  other.watch.expected.push(/Failed to load resource: .* 404/);
  const answers = await other.page.evaluate(async (name) => {
    const at = `/api/sessions/${name}`;
    const events = await fetch(`${at}/events`);
    const ended = await fetch(at, { method: "DELETE" });
    return [events.status, ended.status];
  }, name);
  assert.deepEqual(answers, [404, 404]);
  await one.type("What is the weather in Rome?");
  await one.words("assistant", /Rome/);
  one.content();
  other.content();
});
