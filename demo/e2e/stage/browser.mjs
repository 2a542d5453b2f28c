// Chromium with a WAV as its microphone, and all that a page receives, says and logs.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";
import * as wav from "./wav.mjs";

const { E2E_BROWSER, E2E_HEADED } = process.env;

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
  "--use-fake-device-for-media-stream",
];

export class Browser {
  /**
   * `microphone`: the sound that is spoken once into the microphone, from when a page opens it;
   * nothing at all where it is absent. `permission`: false where the person refuses.
   */
  static async launch({ microphone, permission = true } = {}) {
    const folder = await mkdtemp(path.join(tmpdir(), "e2e-"));
    const file = path.join(folder, "microphone.wav");
    await writeFile(file, wav.write(microphone ?? wav.silence(16_000, 1)));
    const chromiumItself = await chromium.launch({
      executablePath: E2E_BROWSER,
      headless: !E2E_HEADED,
      args: [
        ...FLAGS,
        // Silence follows: without this the file would begin again.
        `--use-file-for-fake-audio-capture=${file}%noloop`,
        permission ? "--use-fake-ui-for-media-stream" : "--use-fake-ui-for-media-stream=deny",
      ],
    });
    return new Browser(chromiumItself, folder);
  }

  constructor(browser, folder) {
    this.browser = browser;
    this.folder = folder;
    this.watched = [];
  }

  /** Opens a page in a context of its own: other cookies, other storage. */
  async open(url, options = {}) {
    const context = await this.browser.newContext(options);
    await context.addInitScript({ path: new URL("recorder.js", import.meta.url).pathname });
    const page = await context.newPage();
    const watch = await Watch.on(page);
    this.watched.push(watch);
    await page.goto(url);
    return { page, watch, context };
  }

  async close() {
    await this.browser.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Everything that reaches a page, and everything that it complains about. */
export class Watch {
  static async on(page) {
    const watch = new Watch(page);
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Network.enable");
    devtools.on("Network.eventSourceMessageReceived", ({ data }) => watch.events.push(data));
    return watch;
  }

  constructor(page) {
    this.page = page;
    /** What the page complained about: errors and warnings on the console, and thrown ones. */
    this.complaints = [];
    /** Complaints that a test brings about on purpose: patterns. */
    this.expected = [];
    /** The data of server-sent events. */
    this.events = [];
    this.responses = [];
    page.on("console", (message) => {
      if (["error", "warning", "assert"].includes(message.type())) {
        this.complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
    page.on("pageerror", (error) => this.complaints.push(`thrown: ${error.stack ?? error}`));
    page.on("response", (response) => this.responses.push(this.keep(response)));
  }

  /** The complaints that nobody expected. */
  get unexpected() {
    return this.complaints.filter((it) => !this.expected.some((pattern) => pattern.test(it)));
  }

  async keep(response) {
    const headers = await response.allHeaders().catch(() => ({}));
    const kept = { url: response.url(), status: response.status(), headers, body: Buffer.alloc(0) };
    const streams = (headers["content-type"] ?? "").startsWith("text/event-stream");
    if (!streams) {
      kept.body = await response.body().catch(() => kept.body);
    }
    return kept;
  }

  /** All text that reached the page, by where it came from. */
  async received() {
    const responses = await Promise.all(this.responses);
    const channels = await this.page.evaluate(() => window.e2e.received.map(({ text }) => text));
    const dom = await this.page.content();
    return [
      ...responses.map(({ url, headers, body }) => [
        url,
        `${JSON.stringify(headers)}\n${body.toString("latin1")}`,
      ]),
      ["the events' stream", this.events.join("\n")],
      ["the data channel", channels.join("\n")],
      ["the page itself", dom],
    ];
  }

  /** The events of one kind that came over the data channel, with the page's time in seconds. */
  async channelEvents(type) {
    const received = await this.page.evaluate(() => window.e2e.received);
    const events = received.map(({ at, text }) => ({ at, event: JSON.parse(text) }));
    return events.filter(({ event }) => event.type === type);
  }

  /** When the page kept the other side's sound back, in seconds on its clock. */
  async hushed() {
    return this.page.evaluate(() => window.e2e.hushed);
  }

  /** What sounded so far: `mic` or `voice`. `begun` is in seconds on the page's clock. */
  async sound(name) {
    const kept = await this.page.evaluate((name) => window.e2e.sound(name), name);
    if (!kept) {
      return null;
    }
    const bytes = Buffer.from(kept.base64, "base64");
    const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    return { rate: kept.rate, samples, begun: kept.begun / 1000 };
  }

  /** Leaves the sound of both sides as files whose names begin so. */
  async leaveSound(name) {
    for (const side of ["mic", "voice"]) {
      const sound = await this.sound(side);
      if (sound) {
        await writeFile(`${name}-${side}.wav`, wav.write(sound));
      }
    }
  }

  /** Leaves all that there is to look at: a picture, the events, the sound. */
  async leave(name) {
    await writeFile(`${name}.jsonl`, this.events.map((data) => `${data}\n`).join(""));
    await this.page.screenshot({ path: `${name}.png` });
    await this.leaveSound(name);
  }
}
