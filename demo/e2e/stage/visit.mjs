// A person's visit to the page: what they do, and what they see and hear.

import assert from "node:assert/strict";
import path from "node:path";
import { Browser } from "./browser.mjs";
import { atEnd } from "./ending.mjs";
import { hear, speak } from "./speech.mjs";
import * as wav from "./wav.mjs";

const LEFT = process.env.E2E_LEFT;

/** How long anything may take that a test waits for. Far above what it takes. */
const PATIENCE = 30_000;

/**
 * What is said into the microphone: `[seconds of silence, text, seconds, text, …]`. The first
 * silence is what the page needs to make a call.
 */
export async function spoken(parts, voice = "espeak") {
  const sounds = [];
  for (const part of parts) {
    sounds.push(typeof part === "string" ? await speak(part, voice) : part);
  }
  const { rate } = sounds.find((it) => typeof it !== "number");
  return wav.joined(sounds.map((it) => (typeof it === "number" ? wav.silence(rate, it) : it)));
}

/** A browser that ends with the test `t`. */
export async function browser(t, options) {
  const launched = await Browser.launch(options);
  atEnd(t, async () => {
    if (!t.passed) {
      await tellFailure(t, launched);
    }
    await launched.close();
  });
  return launched;
}

/** Opens the page in a browser of its own, which ends with the test `t`. */
export async function visit(t, url, { microphone, permission, ...context } = {}) {
  return await Visit.open(await browser(t, { microphone, permission }), url, context);
}

/** Leaves what each page shows, heard and received when a test failed. */
async function tellFailure(t, launched) {
  for (const [nth, watch] of launched.watched.entries()) {
    const name = path.join(LEFT, `failed-${t.name.replaceAll(/\W+/g, "-")}-${nth + 1}`);
    await watch.leave(name).catch((problem) => t.diagnostic(`nothing left of page ${nth + 1}: ${problem}`));
    t.diagnostic(`what the page showed: ${name}.png`);
    watch.unexpected.forEach((complaint) => t.diagnostic(`the page complains: ${complaint}`));
  }
}

export class Visit {
  static async open(browser, url, context) {
    const visit = new Visit(await browser.open(url, context));
    // Until the page runs in the browser, what is clicked goes nowhere.
    await visit.page.waitForFunction(() => "ready" in document.documentElement.dataset, null, {
      timeout: PATIENCE,
    });
    return visit;
  }

  constructor({ page, watch, context }) {
    this.page = page;
    this.watch = watch;
    this.context = context;
    page.setDefaultTimeout(PATIENCE);
  }

  /** Presses the microphone. */
  async press() {
    await this.page.click("#mic");
  }

  /** Types something to the model. */
  async type(text) {
    await this.page.fill("#say", text);
    await this.page.press("#say", "Enter");
  }

  /** Waits until the call is in one of these states. */
  async state(...words) {
    const wanted = words.map((word) => `#state[data-state="${word}"]`).join(", ");
    await this.page.waitForSelector(wanted, { state: "attached" });
  }

  /** Waits until somebody's finished words match. Returns them. */
  async words(role, pattern) {
    const lines = this.page.locator(`.line[data-role="${role}"][data-done="true"] .words`);
    const found = lines.filter({ hasText: pattern }).last();
    await found.waitFor();
    return await found.innerText();
  }

  /** Waits until a tool's card is in one of these states. Returns what it shows. */
  async call(tool, ...states) {
    const wanted = states.map((state) => `[data-state="${state}"]`).join(", ");
    const cards = this.page.locator(".call").filter({ has: this.page.locator(`.tool-name:text-is("${tool}")`) });
    const card = cards.and(this.page.locator(wanted)).last();
    await card.waitFor();
    const text = async (part) => {
      const found = card.locator(part);
      return (await found.count()) > 0 ? (await found.first().textContent()).trim() : "";
    };
    return {
      id: await card.getAttribute("data-call-id"),
      state: await card.getAttribute("data-state"),
      arguments: JSON.parse((await text(".arguments")) || "{}"),
      output: await text(".output"),
      advice: await text(".advice"),
    };
  }

  /** How many cards of tools there are. */
  async calls() {
    return await this.page.locator(".call").count();
  }

  /** Waits until all is said and heard: nothing sounds, runs or is about to. */
  async quiet() {
    await this.page.waitForFunction(
      () =>
        document.querySelector("#state").dataset.state === "listening" &&
        !document.querySelector('.line[data-role="assistant"][data-done="false"]'),
      null,
      { timeout: PATIENCE },
    );
  }

  /** Waits until the page says what went wrong, in one of its places for that. Returns the words. */
  async problem(place, pattern) {
    const found = this.page.locator(place).filter({ hasText: pattern });
    await found.waitFor();
    return (await found.innerText()).trim();
  }

  /** The diagnostics of the backend, as they came. */
  get diagnostics() {
    return this.watch.events.map((data) => JSON.parse(data));
  }

  /** Asserts that each call got one output, as the backend sent them. Returns how many calls. */
  oneOutputEach() {
    const sent = this.diagnostics.filter(({ kind }) => kind === "sent").map(({ event }) => event);
    const outputs = sent
      .filter(({ type, item }) => type === "conversation.item.create" && item?.type === "function_call_output")
      .map(({ item }) => item.call_id);
    assert.equal(new Set(outputs).size, outputs.length, `an output was sent twice: ${outputs}`);
    return outputs.length;
  }

  /** The sound of the other side, and what the ear understands of it. */
  async understood() {
    const sound = await this.watch.sound("voice");
    assert.ok(sound, "nothing came from the other side");
    const sounding = wav.stretches(sound);
    assert.ok(sounding.length > 0, "the other side sent nothing but silence");
    const speech = wav.between(sound, Math.max(0, sounding[0][0] - 0.2), sounding.at(-1)[1] + 0.2);
    const level = wav.loudness(speech);
    assert.ok(level > 0.02, `too quiet to be speech: ${level}`);
    return { text: await hear(speech), sound, sounding };
  }

  /** Leaves a picture of the page. */
  async picture(name) {
    await this.page.screenshot({ path: path.join(LEFT, `${name}.png`) });
  }

  /** Leaves a recording of both sides: what the microphone heard, and what came back. */
  async recording(name) {
    await this.watch.leaveSound(path.join(LEFT, name));
  }

  /** Asserts that the page complained about nothing. */
  content() {
    assert.deepEqual(this.watch.unexpected, [], "the page complains");
  }
}

/**
 * Asserts that each of the words is there, or one of its spellings: `"eighteen|18"`. A recognizer is
 * free in how it writes numbers, and in signs.
 */
export function assertWords(text, words) {
  const lower = text.toLowerCase();
  for (const word of words) {
    const found = word.split("|").some((it) => lower.includes(it.toLowerCase()));
    assert.ok(found, `no "${word}" in: ${text}`);
  }
}
