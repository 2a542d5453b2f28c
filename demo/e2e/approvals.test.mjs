// A call that somebody must decide about: allowed, denied, left until it is too late.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertWords, spoken, visit } from "./stage/visit.mjs";
import { world } from "./stage/world.mjs";

const SENTENCE = "I want a refund of twenty dollars for order number 1042.";
const WANTED = { order: 1042, amount: 20 };

test("an allowed refund is made", async (t) => {
  const { server } = await world(t);
  const me = await visit(t, server.url, { microphone: await spoken([3, SENTENCE]) });
  await me.press();
  const asked = await me.call("issue_refund", "asked");
  assert.deepEqual(asked.arguments, WANTED);
  await me.picture("approvals-asked");
  await me.page.click("#approve");
  const call = await me.call("issue_refund", "answered");
  assert.equal(call.id, asked.id);
  await me.quiet();
  await me.picture("approvals-allowed");
  await me.words("assistant", /1042/);
  assertWords((await me.understood()).text, ["refunded", "20|twenty", "order"]);
  assert.equal(me.oneOutputEach(), 1);
  me.content();
});

test("a denied refund is not made, and the model says so", async (t) => {
  const { server } = await world(t);
  const me = await visit(t, server.url);
  await me.type(SENTENCE);
  await me.call("issue_refund", "asked");
  await me.page.click("#deny");
  await me.call("issue_refund", "refused");
  await me.words("assistant", /wasn't approved/);
  await me.quiet();
  await me.picture("approvals-denied");
  assert.equal(await me.page.locator("#approve").count(), 0);
  assert.equal(me.oneOutputEach(), 1);
  me.content();
});

test("a refund that nobody decides about is not made, and the model says so", async (t) => {
  const { server } = await world(t, { shop: { approval_expires: "2s" } });
  const me = await visit(t, server.url);
  await me.type(SENTENCE);
  await me.call("issue_refund", "asked");
  await me.page.waitForSelector("#approve");
  await me.call("issue_refund", "ended");
  await me.page.waitForSelector("#approve", { state: "detached" });
  await me.words("assistant", /nobody decided in time/);
  await me.quiet();
  await me.picture("approvals-expired");
  assert.equal(me.oneOutputEach(), 1);
  me.content();
});

test("a yes for the session is asked for once", async (t) => {
  const { server } = await world(t);
  const me = await visit(t, server.url);
  await me.type(SENTENCE);
  const asked = await me.call("issue_refund", "asked");
  assert.deepEqual(asked.arguments, WANTED);
  await me.page.selectOption("#remember", "arguments");
  await me.picture("approvals-session-asked");
  await me.page.click("#approve");
  await me.call("issue_refund", "answered");
  await me.quiet();
  // The same again: nobody is asked.
  await me.type(SENTENCE);
  await me.page.locator('.call[data-state="answered"] .decided', { hasText: "Allowed earlier" }).waitFor();
  await me.quiet();
  await me.picture("approvals-session-again");
  const decisions = me.diagnostics.filter(({ kind }) => kind === "approval");
  assert.equal(decisions.length, 1, "it was asked about once");
  assert.equal(me.oneOutputEach(), 2);
  me.content();
});
