// How the tests went: a line for each as it ends, then a table of the files and what went wrong.

import path from "node:path";
import { inspect } from "node:util";

export default async function* report(events) {
  const files = new Map();
  const wrong = [];
  for await (const { type, data } of events) {
    if (type === "test:diagnostic" && data.file && notable(data.message)) {
      yield `      ${data.message}\n`;
    }
    if (type === "test:stderr" || type === "test:stdout") {
      yield data.message;
    }
    if ((type !== "test:pass" && type !== "test:fail") || data.skip !== undefined) {
      continue;
    }
    const passed = type === "test:pass";
    const seconds = (data.details.duration_ms / 1000).toFixed(1);
    const file = path.basename(data.file ?? "", ".test.mjs");
    // A file that can't be run at all is told as a test that has its name.
    if (path.basename(data.name, ".test.mjs") === file && passed) {
      continue;
    }
    yield `${passed ? "ok    " : "FAILED"} ${file}: ${data.name} (${seconds} s)\n`;
    const row = files.get(file) ?? { passed: 0, failed: 0, seconds: 0 };
    row[passed ? "passed" : "failed"] += 1;
    row.seconds += Number(seconds);
    files.set(file, row);
    if (!passed) {
      wrong.push({ file, name: data.name, error: data.details.error });
      yield `${indented(told(data.details.error))}\n`;
    }
  }
  yield `\n${"tests".padEnd(14)} ok  failed     time\n`;
  for (const [file, { passed, failed, seconds }] of files) {
    yield `${file.padEnd(14)} ${pad(passed, 2)} ${pad(failed, 7)} ${pad(seconds.toFixed(1), 6)} s\n`;
  }
  for (const { file, name } of wrong) {
    yield `FAILED ${file}: ${name}\n`;
  }
}

function notable(message) {
  return !/^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(message);
}

function told(error) {
  const cause = error.cause ?? error;
  return typeof cause === "string" ? cause : (cause.stack ?? inspect(cause));
}

function indented(text) {
  return text.replaceAll(/^/gm, "       ");
}

function pad(text, width) {
  return String(text).padStart(width);
}
