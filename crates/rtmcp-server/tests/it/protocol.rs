//! `docs/protocol.md`: every event of the protocol, and what is done with it, as it is found to be.

mod dialects;
mod proxy;
mod rows;
mod session;
mod sim;

use std::{fs, path::Path};

use rtmcp::core::{ClientEvent, ServerEvent};
use serde_json::Value;

use proxy::Fate;
use rows::{Does, ROWS, Row};

/// One example of each event, as the tests of the vocabulary have it.
const EXAMPLES: &str = include_str!("../../../rtmcp-core/tests/it/events.jsonl");

/// Every example of a side.
fn examples(side: &str) -> Vec<Value> {
    let lines = EXAMPLES.lines();
    let lines = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
    let own = lines.filter(|line| line["side"] == side);
    own.map(|mut line| line["event"].take()).collect()
}

/// What was found out.
struct Found {
    session: session::Tried,
    sim: sim::Seen,
    proxy: proxy::Found,
}

#[tokio::test]
async fn every_event_is_documented_as_it_is_treated() {
    let found = Found {
        session: session::tried(),
        sim: sim::seen().await,
        proxy: proxy::found(),
    };
    let page = page(&found);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/protocol.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let old = "docs/protocol.md is old: run this test with UPDATE_DOCS=1";
    for (kept, now) in kept.lines().zip(page.lines()) {
        assert_eq!(kept, now, "{old}");
    }
    assert_eq!(kept.len(), page.len(), "{old}");
}

fn page(found: &Found) -> String {
    let (client, server) = (ClientEvent::KINDS, ServerEvent::KINDS);
    assert_eq!(ROWS.len(), client.len() + server.len());
    let table = |kinds: &[&str], does: &str| {
        let mut table = format!(
            "| event | read as | {does} | the simulator | the proxy |\n|---|---|---|---|---|\n"
        );
        for kind in kinds {
            let row = ROWS.iter().find(|row| row.kind == *kind);
            let row = row.unwrap_or_else(|| panic!("nothing is said of {kind}"));
            table.push_str(&found.line(row));
        }
        table
    };
    let (count, own) = (client.len() + server.len(), client.len());
    let opening = OPENING
        .replace("{count}", &count.to_string())
        .replace("{client}", &own.to_string())
        .replace("{server}", &server.len().to_string());
    format!(
        "{opening}\n{}\n{SERVER}\n{}\n{}",
        table(client, "when a session sends it"),
        table(server, "what a session does with it"),
        dialects::section()
    )
}

impl Found {
    fn line(&self, row: &Row) -> String {
        let kind = row.kind;
        let is_client = ClientEvent::KINDS.contains(&kind);
        let cells = [
            format!("`{kind}`"),
            format!("`{}`", read_as(kind)),
            self.session(row, is_client),
            self.sim(row, is_client),
            self.proxy(kind),
        ];
        format!("| {} |\n", cells.join(" | "))
    }

    fn session(&self, row: &Row, is_client: bool) -> String {
        let done = if is_client {
            &self.session.sends
        } else {
            &self.session.acts
        };
        let is_done = done.contains(row.kind);
        match row.session {
            Does::This(what) => {
                assert!(is_done, "the session does nothing with {}", row.kind);
                what.to_owned()
            }
            Does::Nothing(why) => {
                assert!(!is_done, "the session does something with {}", row.kind);
                let never = if is_client { "never" } else { "passed over" };
                format!("{never}: {why}")
            }
        }
    }

    fn sim(&self, row: &Row, is_client: bool) -> String {
        let kind = row.kind;
        let answer = self.sim.took.get(kind);
        let does = if is_client {
            answer.is_some()
        } else {
            self.sim.said.contains(kind)
        };
        assert_eq!(
            does,
            row.not_simulated.is_empty(),
            "the simulator and {kind}"
        );
        match answer {
            Some(Some(answer)) => format!("takes it: `{answer}`"),
            Some(None) => "takes it, without an answer".to_owned(),
            None if does => "sends it".to_owned(),
            None => format!("no: {}", row.not_simulated),
        }
    }

    fn proxy(&self, kind: &str) -> String {
        let plain = self.proxy.plain[kind].iter().collect::<Vec<_>>();
        assert_eq!(plain, [&Fate::AsItIs], "the proxy and {kind}");
        let mut cell = "as it is".to_owned();
        for (fates, when) in [
            (&self.proxy.ours, "of rtmcp's"),
            (&self.proxy.native, "of emulated servers"),
        ] {
            let fates = fates.get(kind).into_iter().flatten();
            let words: Vec<_> = fates.filter_map(|fate| fate.word()).collect();
            if !words.is_empty() {
                cell.push_str(&format!("; {when}: {}", words.join(", ")));
            }
        }
        cell
    }
}

impl Fate {
    /// What the page calls it, where it is worth a word.
    const fn word(self) -> Option<&'static str> {
        match self {
            Self::AsItIs => None,
            Self::Rewritten => Some("rewritten"),
            Self::Kept => Some("kept"),
            Self::Made => Some("sent"),
        }
    }
}

/// Returns the type that an event is read into.
fn read_as(kind: &str) -> String {
    let (side, name) = if ClientEvent::KINDS.contains(&kind) {
        let example = example("client", kind);
        ("client", format!("{:?}", ClientEvent::decode(&example)))
    } else {
        let example = example("server", kind);
        ("server", format!("{:?}", ServerEvent::decode(&example)))
    };
    let name = name.split('(').next().unwrap_or_default().to_owned();
    assert_ne!(name, "Unknown", "{kind}");
    format!("{side}::{name}")
}

fn example(side: &str, kind: &str) -> String {
    let example = examples(side).into_iter().find(|it| it["type"] == kind);
    example.unwrap().to_string()
}

const OPENING: &str = "# The protocol

The {count} events of the Realtime protocol as published, {client} of clients and {server} of servers, and what each part of rtmcp \
does with them. This page is written by a test that tries it: a session with and without each event at many of its \
moments, the simulator as a client of WebSocket and WebRTC, the proxy between the two sides. It is checked by the same test \
(`UPDATE_DOCS=1 cargo nextest run -p rtmcp-server protocol`).

- *Read as* is the type in `rtmcp_core::event`. What isn't published, such as events of translation sessions and the \
  `transcription_session.*` that no session sends, and whatever comes later, is kept whole as `Unknown`: written again it is \
  what it was. A field of another type than published is passed over and told of, not the event that it is in.
- *A session* is `rtmcp_session::Session`: whoever leads a conversation. Everything, also what is passed over, reaches \
  observers, diagnostics and recordings. Any event of a response is a sign that it is alive.
- *The simulator* is `rtmcp sim`.
- *The proxy* is `GET /v1/realtime` of `rtmcp serve`: [proxy.md](proxy.md). Everything goes on as it is, byte for byte, but \
  for what is about the configured tools, their calls, and the items of these (*of rtmcp's*), or about MCP tools that the proxy \
  runs in the endpoint's place (*of emulated servers*). Of those events some are *kept*, hidden from the other side or \
  held until they can go on; some are *rewritten*, so that they name what the other side knows; and some are *sent* by the \
  proxy itself.

## What a client says
";

const SERVER: &str = "
## What a server says
";
