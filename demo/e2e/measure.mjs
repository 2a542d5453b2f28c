// What a browser loads before the page can be used, and how long that takes. Prints Markdown.
//
// Run by `cargo xtask bench`. Each load is in a context of its own, with nothing in its cache.

import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { Browser } from "./stage/browser.mjs";
import { world } from "./stage/world.mjs";

const LOADS = process.argv.includes("--quick") ? 3 : 10;

/** Runs in the page before anything else: notes when its button can be pressed and does something. */
function watch() {
  const observer = new MutationObserver(() => {
    const mic = document.querySelector("#mic");
    const hydrated = "ready" in document.documentElement.dataset;
    if (hydrated && mic && !mic.disabled) {
      observer.disconnect();
      window.interactive = performance.now();
    }
  });
  observer.observe(document, { attributes: true, childList: true, subtree: true });
}

/** Loads the page once. Times are milliseconds from the start of the navigation. */
async function load(browser, url) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(watch);
  await page.goto(url);
  await page.waitForFunction(() => window.interactive !== undefined);
  const seen = await page.evaluate(() => {
    const [navigation] = performance.getEntriesByType("navigation");
    const [painted] = performance.getEntriesByName("first-contentful-paint");
    const loaded = [navigation, ...performance.getEntriesByType("resource")];
    return {
      painted: painted?.startTime,
      interactive: window.interactive,
      loaded: loaded.map(({ name, encodedBodySize }) => ({ name, sent: encodedBodySize })),
    };
  });
  await context.close();
  return seen;
}

/** What the files of each kind weigh, in bytes. */
async function weigh(loaded) {
  const kinds = { "WebAssembly": 0, "JavaScript": 0, "styles": 0, "the document": 0 };
  const weights = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, { raw: 0, gzip: 0, brotli: 0, sent: 0 }]));
  for (const { name, sent } of loaded) {
    const response = await fetch(name);
    const kind = kindOf(response.headers.get("content-type") ?? "");
    if (!kind) {
      continue;
    }
    const raw = Buffer.from(await response.arrayBuffer());
    const weight = weights[kind];
    weight.raw += raw.length;
    weight.gzip += gzipSync(raw, { level: 9 }).length;
    weight.brotli += brotliCompressSync(raw, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: raw.length },
    }).length;
    weight.sent += sent;
  }
  return weights;
}

function kindOf(type) {
  const kinds = [
    [/wasm/, "WebAssembly"],
    [/javascript/, "JavaScript"],
    [/css/, "styles"],
    [/html/, "the document"],
  ];
  return kinds.find(([pattern]) => pattern.test(type))?.[1];
}

function percentile(values, rank) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(Math.floor((sorted.length * rank) / 100), sorted.length - 1)];
}

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
const millis = (time) => `${Math.round(time)} ms`;

function report(weights, seen) {
  console.log("| what a browser loads | raw | gzip | brotli | as it is sent |\n|---|---|---|---|---|");
  for (const [kind, { raw, gzip, brotli, sent }] of Object.entries(weights)) {
    console.log(`| ${[kind, ...[raw, gzip, brotli, sent].map(kilobytes)].join(" | ")} |`);
  }
  console.log("\n| from the start of the navigation | loads | median | slowest |\n|---|---|---|---|");
  for (const [what, name] of [
    ["until something is seen", "painted"],
    ["until the microphone can be pressed", "interactive"],
  ]) {
    const times = seen.map((it) => it[name]).filter((it) => it !== undefined);
    const row = [what, times.length, millis(percentile(times, 50)), millis(Math.max(...times))];
    console.log(`| ${row.join(" | ")} |`);
  }
}

const endings = [];
const browser = await Browser.launch();
endings.push(() => browser.close());
try {
  const { server } = await world({ after: (end) => endings.push(end) });
  const seen = [];
  for (let nth = 0; nth < LOADS; nth += 1) {
    seen.push(await load(browser.browser, server.url));
  }
  report(await weigh(seen[0].loaded), seen);
} finally {
  for (const end of endings) {
    await end();
  }
}
