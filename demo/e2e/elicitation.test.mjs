// What a server asks the person in the course of a call: a form on the page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { visit } from "./stage/visit.mjs";
import { sample, world } from "./stage/world.mjs";

const BRAIN = `
[[turn]]
when = "table"
steps = [{ call = { name = "ask", arguments = { what = "Whom is the table for?" } } }]

[[turn]]
after = "ask"
steps = [{ say = "It is done. {output}" }]

[[turn]]
steps = [{ say = "The inn wants to know something." }]
`;

/** A page with an inn among its servers, which asks for a name, a number and a colour. */
async function inn(t, options) {
  const talker = await sample("talker");
  t.after(() => talker.end());
  const servers = `[[mcp]]\nname = "inn"\nurl = "${talker.url}"\napprove = "never"\n`;
  const { server } = await world(t, { brain: BRAIN, servers });
  return await visit(t, server.url, options);
}

test("a question is answered in a form, by keyboard", async (t) => {
  const me = await inn(t);
  await me.type("Book a table.");
  const form = me.page.locator(".elicitation");
  await form.waitFor();
  assert.match(await form.innerText(), /inn asks[\s\S]*Whom is the table for\?/);
  assert.equal(await me.page.inputValue("#field-count"), "1");
  assert.equal(await me.page.inputValue("#field-colour"), "blue");
  await me.page.click("#elicitation-send");
  await me.problem(".elicitation .trouble", /name is missing/);
  await me.picture("elicitation-missing");
  await me.page.fill("#field-count", "3");
  await me.page.selectOption("#field-colour", "red");
  await me.page.fill("#field-name", "Ada");
  await me.picture("elicitation-filled");
  await me.page.press("#field-name", "Enter");
  const call = await me.call("ask", "answered");
  for (const part of ['"name":"Ada"', '"count":3', '"colour":"red"']) {
    assert.ok(call.output.includes(part), `no ${part} in: ${call.output}`);
  }
  await form.waitFor({ state: "detached" });
  await me.words("assistant", /It is done/);
  await me.quiet();
  await me.picture("elicitation-answered");
  me.content();
});

test("a question is declined, on a phone's width", async (t) => {
  const me = await inn(t, { viewport: { width: 360, height: 740 } });
  await me.type("Book a table.");
  await me.page.waitForSelector(".elicitation");
  const wide = await me.page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 360, `the page is ${wide} px wide`);
  await me.picture("elicitation-phone");
  await me.page.click("#elicitation-decline");
  const call = await me.call("ask", "answered");
  assert.match(call.output, /decline/);
  await me.page.waitForSelector(".elicitation", { state: "detached" });
  me.content();
});
