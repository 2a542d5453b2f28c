// The page on a phone and in the dark: nothing is cut off, and pictures are left to look at.

import assert from "node:assert/strict";
import { test } from "node:test";
import { visit } from "./stage/visit.mjs";
import { world } from "./stage/world.mjs";

const LOOKS = [
  { name: "wide-light", viewport: { width: 1440, height: 900 }, colorScheme: "light" },
  { name: "wide-dark", viewport: { width: 1440, height: 900 }, colorScheme: "dark" },
  { name: "phone-light", viewport: { width: 390, height: 844 }, colorScheme: "light" },
  { name: "phone-dark", viewport: { width: 390, height: 844 }, colorScheme: "dark" },
];

for (const { name, ...look } of LOOKS) {
  test(`the page is whole: ${name}`, async (t) => {
    const { server } = await world(t);
    const me = await visit(t, server.url, look);
    await me.picture(`looks-${name}-empty`);
    await me.type("What is the weather in Paris and in Rome?");
    await me.words("assistant", /Rome/);
    await me.quiet();
    await me.picture(`looks-${name}`);
    const outside = await me.page.evaluate(() => {
      const all = [...document.querySelectorAll("body *")];
      const wide = all.filter((it) => it.checkVisibility() && it.getBoundingClientRect().right > innerWidth + 1);
      const room = document.scrollingElement;
      const scrolls = room.scrollWidth > innerWidth;
      return scrolls ? wide.map((it) => `${it.tagName}#${it.id}.${it.className}`) : [];
    });
    assert.deepEqual(outside, [], "what makes the page wider than its window");
    me.content();
  });
}
