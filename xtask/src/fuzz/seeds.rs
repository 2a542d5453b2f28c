//! What fuzzing begins with: the examples that the repository has.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde_json::{Value, json};

/// Writes the examples for a target into a folder, a file each. Returns how many there are.
///
/// # Errors
///
/// When an example can't be read, or written.
pub(super) fn write(target: &str, root: &Path, folder: &Path) -> anyhow::Result<usize> {
    let seeds = match target {
        "wire_decoding" => events(root)?,
        "sse_parsing" => streams(&events(root)?),
        "proxy_texts" => conversations(root)?,
        _ => Vec::new(),
    };
    let own = root.join("xtask/fuzz/seeds").join(target);
    let own = match own.is_dir() {
        true => files(&own, "txt")?,
        false => Vec::new(),
    };
    let all = seeds.into_iter().chain(own);
    let mut count = 0;
    for (at, seed) in all.enumerate() {
        fs::write(folder.join(format!("seed-{at}")), seed)?;
        count = at + 1;
    }
    Ok(count)
}

/// One of each event, as the published schema has it.
fn events(root: &Path) -> anyhow::Result<Vec<String>> {
    let path = root.join("crates/rtmcp-core/tests/it/events.jsonl");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let mut events = Vec::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line)?;
        events.push(line["event"].to_string());
    }
    Ok(events)
}

/// Streams of a handful of events, with each of the ways in which lines end.
fn streams(events: &[String]) -> Vec<String> {
    let ends = ["\n", "\r\n", "\r"];
    let streams = events.chunks(5).zip(ends.iter().cycle());
    let stream = |(events, end): (&[String], &&str)| {
        let events = events.iter().enumerate();
        let events = events.map(|(id, data)| {
            format!("id: {id}{end}event: message{end}retry: 1000{end}data: {data}{end}{end}")
        });
        // The first byte says how large the chunks are.
        format!("\u{7}: hello{end}{}", events.collect::<String>())
    };
    streams.map(stream).collect()
}

/// What was recorded, as a proxy would have seen it from both sides.
fn conversations(root: &Path) -> anyhow::Result<Vec<String>> {
    let recordings = root.join("crates/rtmcp-session/tests/recordings");
    let mut seeds = Vec::new();
    for recording in files(&recordings, "jsonl")? {
        let lines = recording.lines().flat_map(|line| {
            let line: Option<Value> = serde_json::from_str(line).ok();
            line.map(|line| spoken(&line)).unwrap_or_default()
        });
        // Greeting, settings, a turn: more of it teaches nothing, and takes its time.
        let lines: Vec<_> = lines.take(60).collect();
        seeds.extend((!lines.is_empty()).then(|| lines.join("\n")));
    }
    let hello = json!({"type": "session.created", "session": {"type": "realtime"}});
    let update = json!({"type": "session.update", "session": {"type": "realtime", "tools": [
        {"type": "mcp", "server_label": "shop", "server_url": "https://mcp.example.com/mcp"},
        {"type": "function", "name": "theirs", "parameters": {"type": "object"}},
    ]}});
    let ask = json!({"type": "response.create"});
    seeds.push(format!("e{hello}\nc{update}\ne{hello}\nc{ask}\nt"));
    Ok(seeds)
}

/// What a line of a recording says was sent, from whichever side.
fn spoken(line: &Value) -> Vec<String> {
    let heard = line["in"].get("event").map(|it| format!("e{it}"));
    let outputs = line["out"].as_array().into_iter().flatten();
    let sent = outputs.filter_map(|it| it.get("send").map(|it| format!("c{it}")));
    heard.into_iter().chain(sent).collect()
}

fn files(folder: &Path, extension: &str) -> anyhow::Result<Vec<String>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == extension) {
            paths.push(path);
        }
    }
    paths.sort();
    let read =
        |path: &PathBuf| fs::read_to_string(path).with_context(|| path.display().to_string());
    paths.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_target_has_examples() {
        let root = crate::workspace::root().unwrap();
        for target in super::super::TARGETS {
            let folder = tempfile::tempdir().unwrap();
            let count = super::write(target, &root, folder.path()).unwrap();
            assert!(count > 3, "{target} has {count}");
            assert_eq!(folder.path().read_dir().unwrap().count(), count);
        }
    }
}
