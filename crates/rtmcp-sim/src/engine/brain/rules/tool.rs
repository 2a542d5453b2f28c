//! A tool as the rules see it: weighed words, and what it must be given.

use std::collections::HashMap;

use rtmcp_core::session::FunctionTool;
use serde_json::{Map, Value};

use super::words::{content_stems, is_stop_word, name_words, stem};

/// How deep `$ref`s and nested objects are followed.
const DEPTH: usize = 4;
/// How much a word of the name says about the tool.
const NAME_WEIGHT: f64 = 3.0;
const PROPERTY_WEIGHT: f64 = 1.2;
const CHOICE_WEIGHT: f64 = 1.0;
const DESCRIPTION_WEIGHT: f64 = 1.0;
const PROPERTY_DESCRIPTION_WEIGHT: f64 = 0.5;
/// A description of this many words counts half: in a long one every word is found.
const LONG_DESCRIPTION: f64 = 60.0;

/// A tool of the session.
#[derive(Debug)]
pub(super) struct Known<'a> {
    pub(super) tool: &'a FunctionTool,
    /// Stems of the name that say something.
    pub(super) name: Vec<String>,
    /// How much each stem says about the tool.
    pub(super) weights: HashMap<String, f64>,
    pub(super) properties: Vec<Property<'a>>,
}

/// An argument of a tool.
#[derive(Clone, Debug)]
pub(super) struct Property<'a> {
    pub(super) name: &'a str,
    pub(super) description: &'a str,
    pub(super) required: bool,
    pub(super) default: Option<&'a Value>,
    pub(super) kind: Kind<'a>,
    /// Lower-case words of the name.
    pub(super) words: Vec<String>,
    /// Stems of the description.
    pub(super) about: Vec<String>,
}

/// What an argument may be.
#[derive(Clone, Debug)]
pub(super) enum Kind<'a> {
    /// One of these.
    Choice(Vec<&'a Value>),
    Boolean,
    Number(Limits),
    Text {
        format: Option<&'a str>,
    },
    /// Several of what the property says.
    List(Box<Property<'a>>),
    Table(Vec<Property<'a>>),
    /// Anything at all.
    Any,
}

/// Which numbers are taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limits {
    pub(super) integer: bool,
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Limits {
    pub(super) fn take(&self, value: f64) -> bool {
        (self.least..=self.most).contains(&value) && !(self.integer && value.fract() != 0.0)
    }
}

impl<'a> Known<'a> {
    pub(super) fn new(tool: &'a FunctionTool) -> Self {
        let properties = tool
            .parameters
            .as_ref()
            .map_or_else(Vec::new, |root| Reader { root }.properties(root, 0));
        let content = |it: &String| !is_stop_word(it);
        let name = name_words(&tool.name).into_iter().filter(content);
        let name: Vec<String> = name.map(|it| stem(&it)).collect();
        let mut known = Self {
            tool,
            name,
            weights: HashMap::new(),
            properties,
        };
        known.weigh();
        known
    }

    pub(super) fn description(&self) -> &'a str {
        self.tool.description.as_deref().unwrap_or_default()
    }

    fn weigh(&mut self) {
        let mut weights = Weights::default();
        weights.add(self.name.iter().cloned(), NAME_WEIGHT);
        let about = content_stems(self.description());
        let short = 1.0 / (1.0 + about.len() as f64 / LONG_DESCRIPTION);
        weights.add(about, DESCRIPTION_WEIGHT * short);
        for property in &self.properties {
            let name = property.words.iter().filter(|it| !is_stop_word(it));
            weights.add(name.map(|it| stem(it)), PROPERTY_WEIGHT);
            weights.add(property.about.iter().cloned(), PROPERTY_DESCRIPTION_WEIGHT);
            if let Kind::Choice(values) = &property.kind {
                let texts = values.iter().filter_map(|it| it.as_str());
                weights.add(texts.flat_map(content_stems), CHOICE_WEIGHT);
            }
        }
        self.weights = weights.0;
    }
}

#[derive(Default)]
struct Weights(HashMap<String, f64>);

impl Weights {
    /// A word that is found twice counts by where it says most.
    fn add(&mut self, stems: impl IntoIterator<Item = String>, weight: f64) {
        for stem in stems {
            let known = self.0.entry(stem).or_default();
            *known = known.max(weight);
        }
    }
}

/// Reads properties out of a JSON Schema.
struct Reader<'a> {
    root: &'a Map<String, Value>,
}

impl<'a> Reader<'a> {
    fn properties(&self, schema: &'a Map<String, Value>, depth: usize) -> Vec<Property<'a>> {
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .map_or_else(Vec::new, |it| it.iter().filter_map(Value::as_str).collect());
        let properties = schema.get("properties").and_then(Value::as_object);
        let properties = properties.into_iter().flatten();
        properties
            .map(|(name, schema)| Property {
                required: required.contains(&name.as_str()),
                ..self.property(name, schema, depth)
            })
            .collect()
    }

    fn property(&self, name: &'a str, schema: &'a Value, depth: usize) -> Property<'a> {
        let resolved = self.resolved(schema, depth);
        let text = |key: &str| {
            let found = schema.get(key).or_else(|| resolved.get(key));
            found.and_then(Value::as_str)
        };
        let description = text("description")
            .or_else(|| text("title"))
            .unwrap_or_default();
        Property {
            name,
            description,
            required: false,
            default: schema.get("default").or_else(|| resolved.get("default")),
            kind: self.kind(name, resolved, depth),
            words: name_words(name),
            about: content_stems(description),
        }
    }

    fn kind(&self, name: &'a str, schema: &'a Value, depth: usize) -> Kind<'a> {
        if let Some(values) = choices(schema) {
            return Kind::Choice(values);
        }
        let limit = |keys: [&str; 2], none: f64| {
            let found = keys.iter().find_map(|it| schema.get(it));
            found.and_then(Value::as_f64).unwrap_or(none)
        };
        match type_of(schema) {
            "boolean" => Kind::Boolean,
            kind @ ("integer" | "number") => Kind::Number(Limits {
                integer: kind == "integer",
                least: limit(["minimum", "exclusiveMinimum"], f64::NEG_INFINITY),
                most: limit(["maximum", "exclusiveMaximum"], f64::INFINITY),
            }),
            "string" => Kind::Text {
                format: schema.get("format").and_then(Value::as_str),
            },
            "array" if depth < DEPTH => match schema.get("items") {
                Some(items) => Kind::List(Box::new(self.property(name, items, depth + 1))),
                None => Kind::Any,
            },
            "object" if depth < DEPTH => match schema.as_object() {
                Some(schema) => Kind::Table(self.properties(schema, depth + 1)),
                None => Kind::Any,
            },
            _ => Kind::Any,
        }
    }

    /// The schema itself behind `$ref`, `anyOf` with null, and `allOf` of one.
    fn resolved(&self, schema: &'a Value, depth: usize) -> &'a Value {
        if depth > DEPTH {
            return schema;
        }
        if let Some(path) = schema.get("$ref").and_then(Value::as_str) {
            let found = path.strip_prefix("#/").and_then(|it| self.lookup(it));
            return found.map_or(schema, |it| self.resolved(it, depth + 1));
        }
        let several = ["anyOf", "oneOf", "allOf"]
            .iter()
            .find_map(|it| schema.get(it));
        let is_some = |it: &&'a Value| type_of(it) != "null";
        let first = several
            .and_then(Value::as_array)
            .filter(|_| choices(schema).is_none());
        match first.and_then(|it| it.iter().find(is_some)) {
            Some(it) => self.resolved(it, depth + 1),
            None => schema,
        }
    }

    fn lookup(&self, path: &str) -> Option<&'a Value> {
        let mut parts = path.split('/');
        let first = self.root.get(parts.next()?)?;
        parts.try_fold(first, |it, part| it.get(part))
    }
}

fn choices(schema: &Value) -> Option<Vec<&Value>> {
    if let Some(only) = schema.get("const") {
        return Some(vec![only]);
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let values: Vec<&Value> = values.iter().filter(|it| !it.is_null()).collect();
        return (!values.is_empty()).then_some(values);
    }
    let several = schema.get("oneOf").or_else(|| schema.get("anyOf"))?;
    several
        .as_array()?
        .iter()
        .map(|it| it.get("const"))
        .collect()
}

fn type_of(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str);
            kinds.find(|it| *it != "null").unwrap_or("null")
        }
        _ if schema.get("properties").is_some() => "object",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use rtmcp_core::session::FunctionTool;
    use serde_json::json;

    use super::{Kind, Known};

    #[test]
    fn schemas_of_every_author_are_read() {
        let parameters = json!({
            "type": "object",
            "$defs": {"Level": {"type": "string", "enum": ["low", "high"]}},
            "properties": {
                "level": {"$ref": "#/$defs/Level", "description": "How loud."},
                "count": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]},
                "unit": {"oneOf": [{"const": "C"}, {"const": "F"}]},
                "names": {"type": ["array", "null"], "items": {"type": "string"}},
                "place": {"type": "object", "properties": {"city": {"type": "string"}}},
                "loop": {"$ref": "#/properties/loop"},
            },
            "required": ["level"],
        });
        let tool = FunctionTool {
            name: "set-alarm".to_owned(),
            parameters: parameters.as_object().cloned(),
            ..FunctionTool::default()
        };
        let known = Known::new(&tool);
        assert_eq!(known.name, ["set", "alarm"]);
        let kinds: Vec<&Kind<'_>> = known.properties.iter().map(|it| &it.kind).collect();
        assert!(matches!(kinds[0], Kind::Choice(it) if it.len() == 2));
        assert!(
            matches!(kinds[1], Kind::Number(it) if it.integer && it.take(1.0) && !it.take(0.0))
        );
        assert!(matches!(kinds[2], Kind::Choice(it) if it.len() == 2));
        assert!(matches!(kinds[3], Kind::List(it) if matches!(it.kind, Kind::Text { .. })));
        assert!(matches!(kinds[4], Kind::Table(it) if it[0].name == "city"));
        assert!(known.properties[0].required && !known.properties[1].required);
        assert_eq!(known.properties[0].about, ["loud"]);
    }
}
