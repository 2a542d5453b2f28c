// What is done at the end of a test: the last thing begun is ended first.

const endings = new WeakMap();

/** Does this at the end of the test `t`, before what was asked for earlier. */
export function atEnd(t, end) {
  if (!endings.has(t)) {
    const stack = [];
    endings.set(t, stack);
    t.after(async () => {
      for (const end of stack.reverse()) {
        await end();
      }
    });
  }
  endings.get(t).push(end);
}
