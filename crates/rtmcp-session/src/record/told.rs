//! [`Told`]: leaves out words that were told before.

use std::collections::BTreeMap;

use serde_json::Value;

/// The words that were last told of each item.
///
/// A session tells the words of an item again only when they have changed. Hidden, two texts may be
/// the same that weren't: what was told then isn't told again in a replay. So news that are the same
/// as the last ones, once hidden, count on neither side.
#[derive(Debug, Default)]
pub(super) struct Told(BTreeMap<String, Value>);

impl Told {
    /// Tells whether an output says something new.
    pub(super) fn is_news(&mut self, output: &Value) -> bool {
        let words = &output["notify"]["transcript"];
        let Some(item_id) = words["item_id"].as_str() else {
            return true;
        };
        let before = self.0.insert(item_id.to_owned(), words.clone());
        before.is_none_or(|before| before != *words)
    }
}
