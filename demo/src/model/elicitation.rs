//! [`Asked`]: what an MCP server asks the person, as a form.

use std::collections::BTreeMap;

use rtmcp_api::{Elicitation, ElicitationAction, ElicitationAnswer};
use rtmcp_core::{Private, Timestamp};
use serde_json::{Map, Number, Value};

use super::trouble::Trouble;

/// What an MCP server asks the person.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Names the question.
    pub id: String,
    /// The server that asks.
    pub server: String,
    /// The tool that was called there.
    pub tool: String,
    /// What it asks.
    pub message: Private<String>,
    /// What there is to fill in, in the order of the server.
    pub fields: Vec<Field>,
    /// A page to visit instead.
    pub url: Option<Private<String>>,
    /// When it is too late.
    pub expires: Timestamp,
    /// An answer is on its way.
    pub answering: bool,
    /// Why the answer can't be sent, or didn't get through.
    pub trouble: Option<Trouble>,
}

/// Something to fill in.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name at the server.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it means.
    pub description: Option<String>,
    /// What can be filled in.
    pub kind: Kind,
    /// Whether it must be.
    pub required: bool,
    /// What is filled in at first.
    pub default: String,
}

/// What can be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text, by the type of field that browsers have for it.
    Text(&'static str),
    /// A number, whole or any.
    Number {
        /// Only whole ones.
        whole: bool,
    },
    /// Yes or no.
    Flag,
    /// One of these.
    Choice(Vec<Choice>),
    /// Any of these.
    Several(Vec<Choice>),
}

/// A choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What the server gets.
    pub value: String,
    /// What people read.
    pub title: String,
}

/// What the person filled in: a text for each field, by its name; of several choices one a line.
pub type Filled = BTreeMap<String, String>;

impl Asked {
    pub(super) fn new(asked: &Elicitation, expires: Timestamp) -> Self {
        let schema = asked.schema.as_ref().map(|it| it.expose());
        Self {
            id: asked.id.clone(),
            server: asked.server.clone(),
            tool: asked.tool.clone(),
            message: asked.message.clone(),
            fields: schema.map(fields).unwrap_or_default(),
            url: asked.url.clone(),
            expires,
            answering: false,
            trouble: None,
        }
    }

    /// Returns what is filled in at first.
    pub fn defaults(&self) -> Filled {
        let fields = self.fields.iter();
        fields
            .map(|field| (field.name.clone(), field.default.clone()))
            .collect()
    }

    /// Makes an answer of what the person filled in.
    pub(super) fn answer(
        &self,
        action: ElicitationAction,
        filled: &Filled,
    ) -> Result<ElicitationAnswer, Trouble> {
        let mut content = Map::new();
        if action == ElicitationAction::Accept {
            for field in &self.fields {
                let text = filled.get(&field.name).map_or("", String::as_str);
                if let Some(value) = field.value(text)? {
                    content.insert(field.name.clone(), value);
                }
            }
        }
        Ok(ElicitationAnswer {
            action,
            content: Private::new(content),
        })
    }
}

impl Field {
    /// Makes a value of what was filled in; none where nothing was.
    fn value(&self, text: &str) -> Result<Option<Value>, Trouble> {
        let value = match &self.kind {
            Kind::Flag => Some(Value::Bool(text == YES)),
            Kind::Several(_) => {
                let chosen: Vec<Value> = text.lines().map(Value::from).collect();
                (!chosen.is_empty()).then_some(Value::Array(chosen))
            }
            _ if text.is_empty() => None,
            Kind::Number { whole } => Some(self.number(text, *whole)?),
            Kind::Text(_) | Kind::Choice(_) => Some(Value::from(text)),
        };
        if value.is_none() && self.required {
            return Err(Trouble::new(
                format!("{} is missing.", self.title),
                "Fill it in, or decline to answer.",
            ));
        }
        Ok(value)
    }

    fn number(&self, text: &str, whole: bool) -> Result<Value, Trouble> {
        let text = text.trim();
        let number = match text.parse::<i64>() {
            Ok(number) => Some(Number::from(number)),
            Err(_) if whole => None,
            Err(_) => text.parse().ok().and_then(Number::from_f64),
        };
        let kind = if whole { "a whole number" } else { "a number" };
        number.map(Value::Number).ok_or_else(|| {
            Trouble::new(
                format!("{} must be {kind}.", self.title),
                "Change it, then send your answer again.",
            )
        })
    }
}

/// How a flag that is set is written.
pub const YES: &str = "yes";

/// Reads the fields of a form from its schema.
fn fields(schema: &Map<String, Value>) -> Vec<Field> {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|it| it == name));
    let properties = schema.get("properties").and_then(Value::as_object);
    let fields = properties.into_iter().flatten().map(|(name, field)| {
        let text = |key: &str| field.get(key)?.as_str().map(str::to_owned);
        Field {
            name: name.clone(),
            title: text("title").unwrap_or_else(|| name.replace('_', " ")),
            description: text("description"),
            kind: kind(field),
            required: is_required(name),
            default: field.get("default").map(written).unwrap_or_default(),
        }
    });
    fields.collect()
}

fn kind(field: &Value) -> Kind {
    let choices = choices(field);
    match field.get("type").and_then(Value::as_str) {
        Some("boolean") => Kind::Flag,
        Some("integer") => Kind::Number { whole: true },
        Some("number") => Kind::Number { whole: false },
        Some("array") => Kind::Several(field.get("items").map(self::choices).unwrap_or_default()),
        _ if !choices.is_empty() => Kind::Choice(choices),
        _ => Kind::Text(match field.get("format").and_then(Value::as_str) {
            Some("email") => "email",
            Some("uri") => "url",
            Some("date") => "date",
            _ => "text",
        }),
    }
}

/// Reads the choices of a field: `enum`, with `enumNames` where there are some, or the `const` and
/// `title` of `oneOf` and `anyOf`.
fn choices(field: &Value) -> Vec<Choice> {
    let list = |key: &str| field.get(key).and_then(Value::as_array);
    let names = list("enumNames");
    let listed = list("enum").into_iter().flatten().enumerate();
    let listed = listed.filter_map(|(nth, value)| {
        let value = value.as_str()?.to_owned();
        let title = names.and_then(|names| names.get(nth)?.as_str());
        Some(Choice {
            title: title.unwrap_or(&value).to_owned(),
            value,
        })
    });
    let titled = ["oneOf", "anyOf"].into_iter().filter_map(list).flatten();
    let titled = titled.filter_map(|choice| {
        let value = choice.get("const")?.as_str()?.to_owned();
        let title = choice.get("title").and_then(Value::as_str);
        Some(Choice {
            title: title.unwrap_or(&value).to_owned(),
            value,
        })
    });
    listed.chain(titled).collect()
}

/// A default as it is filled in.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => YES.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => {
            let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            items.join("\n")
        }
        Value::Bool(false) | Value::Null | Value::Object(_) => String::new(),
    }
}
