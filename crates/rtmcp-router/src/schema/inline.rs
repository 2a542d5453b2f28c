//! References, written out in place.
//!
//! Realtime endpoints say only that parameters are JSON Schema. Some follow references, some pass
//! them to a model as they are, and grammars for decoding can't be made of recursion. A schema
//! without references means the same to all of them.

use serde_json::{Map, Value, json};

use super::{
    merge,
    notes::{Change, Notes},
    refs::{self, Refs},
    walk,
};

/// Schemas that are shown, when all references are written out. What a model can use has far fewer,
/// and each costs tokens in every session.
pub(crate) const SHOWN_SCHEMAS: usize = 1_000;

/// Levels of schemas that are shown.
pub(crate) const SHOWN_DEPTH: usize = 16;

/// How much is shown, from the most to the least: levels of schemas, and how often a schema may
/// stand within itself.
const VIEWS: [View; 6] = [
    View::new(SHOWN_DEPTH, 2),
    View::new(SHOWN_DEPTH, 1),
    View::new(10, 1),
    View::new(6, 1),
    View::new(4, 1),
    View::new(2, 0),
];

#[derive(Clone, Copy, Debug)]
struct View {
    depth: usize,
    repeats: usize,
}

impl View {
    const fn new(depth: usize, repeats: usize) -> Self {
        Self { depth, repeats }
    }
}

/// Writes all references out, in the largest form that can be shown.
pub(super) fn inline(root: &Value, refs: &Refs<'_>, notes: &mut Notes) -> Result<Value, String> {
    for view in VIEWS {
        let mut writer = Writer {
            refs,
            view,
            left: SHOWN_SCHEMAS,
            within: Vec::new(),
            notes: Notes::default(),
        };
        if let Some(value) = writer.schema(root, 0) {
            notes.absorb(writer.notes);
            return Ok(value);
        }
    }
    Err(format!(
        "its arguments can't be shown in {SHOWN_SCHEMAS} schemas, not even in outline"
    ))
}

struct Writer<'r, 's> {
    refs: &'r Refs<'s>,
    view: View,
    left: usize,
    /// The references that are being written out.
    within: Vec<String>,
    notes: Notes,
}

impl Writer<'_, '_> {
    /// Writes a schema; none when there is no room left.
    fn schema(&mut self, value: &Value, depth: usize) -> Option<Value> {
        self.left = self.left.checked_sub(1)?;
        let Some(schema) = value.as_object() else {
            return Some(value.clone());
        };
        if depth > self.view.depth && !is_simple(schema) {
            self.notes.count(Change::Outline);
            return Some(outline(schema));
        }
        if let Some((keyword, reference)) = refs::reference(schema) {
            return self.follow(schema, keyword, reference, depth);
        }
        let mut written = schema.clone();
        for definitions in ["$defs", "definitions"] {
            written.shift_remove(definitions);
        }
        let mut room = true;
        walk::children_mut(&mut written, &mut |child| {
            if room {
                match self.schema(child, depth + 1) {
                    Some(schema) => *child = schema,
                    None => room = false,
                }
            }
        });
        room.then_some(Value::Object(written))
    }

    /// Writes what a reference leads to, together with what stands beside it.
    fn follow(
        &mut self,
        schema: &Map<String, Value>,
        keyword: &str,
        reference: &str,
        depth: usize,
    ) -> Option<Value> {
        let mut beside = schema.clone();
        beside.shift_remove(keyword);
        let beside = self.schema(&Value::Object(beside), depth)?;
        let Some(target) = self.refs.resolve(reference) else {
            return Some(beside);
        };
        let repeats = self.within.iter().filter(|it| *it == reference).count();
        let written = if repeats > self.view.repeats || self.within.len() > SHOWN_DEPTH * 4 {
            self.notes.count(Change::Recursion);
            target.as_object().map_or(json!({}), outline)
        } else {
            self.notes.count(Change::Reference);
            self.within.push(reference.to_owned());
            let written = self.schema(target, depth);
            self.within.pop();
            written?
        };
        Some(merge::both(written, beside))
    }
}

/// Tells whether a schema has no other schemas in it.
fn is_simple(schema: &Map<String, Value>) -> bool {
    let mut simple = refs::reference(schema).is_none();
    walk::children(schema, &mut |_| simple = false);
    simple
}

/// Keeps of a schema what takes little room: its type and its words.
fn outline(schema: &Map<String, Value>) -> Value {
    let kept = ["type", "title", "description"];
    let kept = kept.into_iter().filter_map(|keyword| {
        let value = schema.get(keyword)?;
        Some((keyword.to_owned(), value.clone()))
    });
    let mut kept: Map<String, Value> = kept.collect();
    if !kept.contains_key("type") && schema.contains_key("properties") {
        kept.insert("type".to_owned(), json!("object"));
    }
    Value::Object(kept)
}
