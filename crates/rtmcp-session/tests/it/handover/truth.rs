//! Reports of hand-overs, held against what was said and what the next endpoint was given.

use std::collections::{BTreeMap, BTreeSet};

use rtmcp_session::{HandOver, Loss};
use serde_json::Value;

use super::{model::text_of, world::World};

impl World {
    /// The new endpoint knows what the session knew, in its order, or the report says what not; and
    /// what the report says is so.
    pub(super) fn check(&self, report: &HandOver) {
        let endpoint = self.endpoint.as_ref().unwrap();
        let places = endpoint.conversation.iter().map(id).zip(0..);
        let places: BTreeMap<&str, usize> = places.collect();
        let lost: BTreeSet<String> = report.lost.iter().filter_map(item_of).collect();
        let older = report.lost.iter().find_map(|loss| match loss {
            Loss::Older { items } => Some(*items),
            _ => None,
        });
        let mut last = None;
        let past = self.past.iter().filter(|it| self.known.contains(id(it)));
        for item in past.skip(older.unwrap_or(0)) {
            let is_call = item["type"] == "function_call";
            let name = if is_call {
                &item["call_id"]
            } else {
                &item["id"]
            };
            let lost = lost.contains(name.as_str().unwrap());
            let is_whole = self.whole.contains(id(item));
            let Some(place) = places.get(id(item)) else {
                let again = item["role"] == "user" && !is_whole;
                assert!(lost || again, "{item} is missing: {report:?}");
                continue;
            };
            assert!(last < Some(place), "{item} is out of order");
            last = Some(place);
            let given = &endpoint.conversation[*place];
            if lost {
                assert!(is_prefix(given, item), "{given} for {item}");
            } else {
                assert!(is_whole, "{item} isn't known to be whole");
                assert_eq!(short(given), short(item));
                assert_eq!(given["arguments"], item["arguments"]);
                assert_eq!(given["output"], item["output"]);
            }
        }
        let past: BTreeSet<&str> = self.past.iter().map(id).collect();
        let new = endpoint.conversation.iter();
        let new: Vec<&Value> = new.filter(|it| !past.contains(id(it))).collect();
        for item in &new {
            // A tool may have ended since, before the replay or during it.
            assert_eq!(item["type"], "function_call_output", "{item} is made up");
        }
        assert!((places.len() - new.len()..=places.len()).contains(&report.replayed));
    }
}

pub(super) fn id(item: &Value) -> &str {
    item["id"].as_str().unwrap()
}

/// Returns the item or call that a loss is about.
fn item_of(loss: &Loss) -> Option<String> {
    match loss {
        Loss::Speech { item_id }
        | Loss::CutShort { item_id }
        | Loss::Refused { item_id, .. }
        | Loss::Unacknowledged { item_id } => Some(item_id.to_string()),
        Loss::Call { call_id } => Some(call_id.to_string()),
        _ => None,
    }
}

fn is_prefix(given: &Value, item: &Value) -> bool {
    let (given, whole) = (text_of(given), text_of(item));
    whole.starts_with(given.as_str()) && given != whole || whole.is_empty()
}

/// Returns what an item is, in short.
pub(super) fn short(item: &Value) -> String {
    match item["type"].as_str().unwrap() {
        "message" => format!("{}: {}", item["role"].as_str().unwrap(), text_of(item)),
        kind => format!("{kind} {}", item["call_id"].as_str().unwrap()),
    }
}
