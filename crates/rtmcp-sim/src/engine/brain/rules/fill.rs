//! What a tool is given, from what was said.

mod choice;
mod figure;
mod role;
mod text;

use serde_json::{Map, Value};

pub(super) use role::Role;

use super::{
    tool::{Kind, Known, Property},
    utterance::Utterance,
};

/// Arguments, and what is missing of them.
#[derive(Debug)]
pub(super) struct Filled<'t, 'a> {
    pub(super) arguments: Map<String, Value>,
    /// Required, and not to be had from the words.
    pub(super) missing: Vec<&'t Property<'a>>,
    /// How many of the required the words gave.
    pub(super) given: usize,
}

/// Fills the arguments of a tool.
pub(super) fn fill<'t, 'a>(tool: &'t Known<'a>, utterance: &Utterance<'_>) -> Filled<'t, 'a> {
    let mut page = Page::new(tool, utterance);
    page.fill(&tool.properties);
    let mut filled = Filled {
        arguments: Map::new(),
        missing: Vec::new(),
        given: 0,
    };
    for property in &tool.properties {
        match page.values.remove(property.name) {
            Some(value) => {
                filled.given += usize::from(property.required);
                filled.arguments.insert(property.name.to_owned(), value);
            }
            None if !property.required => {}
            None => match without_words(property) {
                Some(value) => {
                    filled.arguments.insert(property.name.to_owned(), value);
                }
                None => filled.missing.push(property),
            },
        }
    }
    filled
}

/// Returns something that a property takes, where a call must be made whatever was said.
pub(super) fn stand_in(property: &Property<'_>, text: &str) -> Value {
    match &property.kind {
        Kind::Choice(values) => values.first().map_or(Value::Null, |it| (*it).clone()),
        Kind::Boolean => Value::Bool(false),
        Kind::Number(limits) => {
            let nearest = 0_f64.max(limits.least).min(limits.most);
            figure::json(nearest, limits.integer)
        }
        Kind::Text { .. } | Kind::Any => Value::from(text),
        Kind::List(_) => Value::Array(Vec::new()),
        Kind::Table(inner) => {
            let required = inner.iter().filter(|it| it.required);
            required
                .map(|it| (it.name.to_owned(), stand_in(it, text)))
                .collect()
        }
    }
}

/// What needs no words: a default, or the only value that there is.
fn without_words(property: &Property<'_>) -> Option<Value> {
    let only = match &property.kind {
        Kind::Choice(values) => values.first().filter(|_| values.len() == 1).copied(),
        _ => None,
    };
    property.default.or(only).cloned()
}

/// An utterance on which each word is struck out once an argument has taken it.
struct Page<'p, 'a> {
    tool: &'p Known<'a>,
    utterance: &'p Utterance<'p>,
    used: Vec<bool>,
    values: Map<String, Value>,
}

impl<'p, 'a> Page<'p, 'a> {
    fn new(tool: &'p Known<'a>, utterance: &'p Utterance<'p>) -> Self {
        Self {
            tool,
            utterance,
            used: vec![false; utterance.words.len()],
            values: Map::new(),
        }
    }

    /// From what is unmistakable to what is left over.
    fn fill(&mut self, properties: &[Property<'a>]) {
        self.choices(properties);
        self.formats(properties);
        self.quotes(properties);
        self.figures(properties);
        self.examples(properties);
        self.labels(properties);
        self.prepositions(properties);
        self.names(properties);
        self.nouns(properties);
        self.booleans(properties);
        self.nested(properties);
        self.remainders(properties);
        self.counts(properties);
    }

    fn is_open(&self, property: &Property<'_>) -> bool {
        !self.values.contains_key(property.name)
    }

    fn set(&mut self, property: &Property<'_>, value: impl Into<Value>) {
        self.values.insert(property.name.to_owned(), value.into());
    }

    fn strike(&mut self, from: usize, to: usize) {
        self.used[from..to].fill(true);
    }

    /// Lists and tables, from the words that are left.
    fn nested(&mut self, properties: &[Property<'a>]) {
        for property in properties.iter().filter(|it| it.required) {
            match &property.kind {
                Kind::List(item) if self.is_open(property) => {
                    let values = self.list(item);
                    if !values.is_empty() {
                        self.set(property, values);
                    }
                }
                Kind::Table(inner) if self.is_open(property) => {
                    if let Some(table) = self.table(inner) {
                        self.set(property, table);
                    }
                }
                _ => {}
            }
        }
    }

    fn list(&mut self, item: &Property<'a>) -> Vec<Value> {
        match &item.kind {
            Kind::Number(limits) => {
                let numbers = self.utterance.numbers.iter();
                let fits = numbers.filter(|it| limits.take(it.value));
                fits.map(|it| figure::json(it.value, limits.integer))
                    .collect()
            }
            Kind::Choice(values) => {
                let said = values.iter().filter(|it| self.choice_at(it).is_some());
                said.map(|it| (*it).clone()).collect()
            }
            Kind::Table(inner) => self.table(inner).into_iter().collect(),
            Kind::Text { .. } | Kind::Any => self.enumeration(),
            Kind::Boolean | Kind::List(_) => Vec::new(),
        }
    }

    fn table(&self, inner: &[Property<'a>]) -> Option<Value> {
        let mut page = Page {
            tool: self.tool,
            utterance: self.utterance,
            used: self.used.clone(),
            values: Map::new(),
        };
        page.fill(inner);
        let complete = inner
            .iter()
            .filter(|it| it.required)
            .all(|it| !page.is_open(it));
        (complete && !page.values.is_empty()).then_some(Value::Object(page.values))
    }
}
