//! `docs/reliability.md`: the table as people read it, written from the one that is tested.

use std::{fs, path::Path};

use crate::{
    rows::{Ask, Row, SECTIONS},
    scene::Way,
    stage::SECOND,
};

/// Compares the page with the table; writes it anew where `UPDATE_DOCS` is set.
pub(crate) fn compare() {
    let page = page();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reliability.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let old = "docs/reliability.md is old: run this test with UPDATE_DOCS=1";
    for (kept, now) in kept.lines().zip(page.lines()) {
        assert_eq!(kept, now, "{old}");
    }
    assert_eq!(kept.len(), page.len(), "{old}");
}

fn page() -> String {
    let mut page = OPENING
        .replace("{QUESTION}", Ask::Quick.question())
        .replace("{SECOND}", SECOND);
    for section in SECTIONS {
        page.push_str(&format!("\n## {}\n\n", section.title));
        let ways = Way::ALL.map(Way::name).join(" | ");
        page.push_str(&format!("| what goes wrong | fault | {ways} |\n"));
        page.push_str(&format!("|---|---|{}\n", "---|".repeat(Way::ALL.len())));
        section.rows.iter().for_each(|it| page.push_str(&line(it)));
    }
    page
}

fn line(row: &Row) -> String {
    let first = row.said(Way::ALL[0]);
    let cells = Way::ALL.map(|way| match row.said(way) {
        None => "—",
        Some(_) if way != Way::ALL[0] && row.said(way) == first => "the same",
        Some(seen) => seen,
    });
    format!(
        "| {} | `{}` | {} |\n",
        row.what,
        row.fault,
        cells.join(" | ")
    )
}

const OPENING: &str = "\
# What goes wrong, and what an application sees of it

The simulator can do wrong whatever an endpoint or a network does wrong (`rtmcp sim --help` lists it). Each row below \
is one such fault, over each way to an endpoint: a WebSocket, a call over WebRTC from this side, the sideband of a call \
that a page has, and a WebSocket through the proxy, where the application is one that knows nothing of the tool. A test plays all of them and compares what an application saw with this page, which it writes \
from the table that it checks:

```sh
cargo nextest run -p rtmcp-server --test reliability                 # compare
UPDATE_DOCS=1 cargo nextest run -p rtmcp-server --test reliability   # write the page anew
rtmcp sim --fault close=1011@response=2                              # see for yourself
```

An application asks \"{QUESTION}\", which takes a tool, and then \"{SECOND}\", which takes none. *Goes on* means \
that the second question was answered. What comes before it happened to the first. Where nothing is said of it, the \
tool ran exactly once, and its call was given exactly one output (which a client of the proxy doesn't see, and which is \
tested with the proxy). What asks through the proxy is a session of rtmcp, which asks again for a response that failed, \
also where the connection broke behind the proxy: a client that doesn't keeps the failed response, and goes on with its \
next request. A fault strikes the first session, and the first \
response of it, which calls the tool; `@response=2` is the reply to the tool's output. — stands where a fault can't \
happen, or is none of its own: the end of a call has no codes.

## What is promised

- **A tool runs once.** A call is run when it is whole, by its id, however often it comes, and never when its response \
was cancelled or broken off. Its output is given once in a conversation, also where the conversation goes on over \
another connection while the tool runs.
- **One reply.** After the outputs of a response, one reply is asked for. A reply that the endpoint begins by itself \
counts; one that it refuses, since it is busy, is asked for again when it isn't, and one that fails for a reason that \
passes is asked for once more.
- **A conversation outlives its connection.** Before the endpoint ends a session, at a moment when nobody speaks, and \
after a connection breaks, a new one is opened and given what was said, called and answered. What it couldn't be given \
is listed, item by item, and nothing is claimed to be there that isn't. A connection that can't be opened is tried \
again five times, over some 16 s. A call over WebRTC that breaks off goes on in a new call; one that the endpoint ends \
is over. A sideband joins its call again, which never ended: what came meanwhile is not known. The proxy does \
the same behind a client's back: the client sees a response that broke off fail, and another one take its place.
- **No second try where none is wanted.** A connection that the endpoint closes in order, or for a reason that would \
hold for the next one too, isn't opened again: close codes 1000, 1002, 1003, 1007 to 1010, 1015, and all that aren't \
registered.
- **Nothing waits for ever.** An endpoint that has been silent for 15 s is asked for a sign of life, and given up after \
another 10 s. A response of which nothing comes for 60 s no longer keeps the next one back.
- **What can't be understood is passed over**, told of, and costs nothing else.
";
