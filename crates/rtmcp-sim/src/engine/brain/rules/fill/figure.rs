//! Numbers as arguments.

use serde_json::Value;

use super::{Page, role::Role};
use crate::engine::brain::rules::{
    number::{Number, is_currency},
    tool::{Kind, Limits, Property},
    words::stem,
};

/// A whole number of this size is a number of something rather than how many.
const CODE_FROM: f64 = 100.0;

/// A number as JSON: whole where it is whole.
pub(super) fn json(value: f64, integer: bool) -> Value {
    let whole = value.fract() == 0.0 && value.abs() < 9e15;
    if integer || whole {
        return Value::from(value as i64);
    }
    Value::from(value)
}

impl<'a> Page<'_, 'a> {
    /// Gives each number to the argument that its neighbors speak for, and what is left to the
    /// required ones in order.
    pub(super) fn figures(&mut self, properties: &[Property<'a>]) {
        let mut numbers: Vec<&Number> = self.utterance.numbers.iter().collect();
        numbers.retain(|it| !self.used[it.at.clone()].contains(&true));
        loop {
            let wanting = properties.iter().filter(|it| self.is_open(it));
            let pairs = wanting.flat_map(|property| {
                numbers
                    .iter()
                    .enumerate()
                    .map(move |(nth, it)| (property, nth, *it))
            });
            let rated =
                pairs.map(|(property, nth, it)| (self.affinity(property, it), property, nth));
            let best = rated.reduce(|best, it| if it.0 > best.0 { it } else { best });
            let Some((affinity, property, nth)) = best else {
                break;
            };
            if affinity <= 0 {
                break;
            }
            self.give(property, numbers.remove(nth));
        }
        for property in properties.iter().filter(|it| it.required) {
            let takes = |it: &&Number| match property.kind {
                Kind::Number(limits) => limits.take(it.value),
                Kind::Text { .. } => Role::of(property) == Role::Code,
                _ => false,
            };
            if let (true, Some(nth)) = (self.is_open(property), numbers.iter().position(takes)) {
                self.give(property, numbers.remove(nth));
            }
        }
    }

    fn give(&mut self, property: &Property<'a>, number: &Number) {
        let value = match property.kind {
            Kind::Number(limits) => json(number.value, limits.integer),
            _ => Value::from(number.code.clone()),
        };
        self.set(property, value);
        self.strike(number.at.start, number.at.end);
        let words = &self.utterance.words;
        // The unit goes with it, and so does the name before it: "20 dollars", "on order 1042".
        let at = number.at.end;
        if words.get(at).is_some_and(|it| is_currency(&it.stem)) {
            self.strike(at, at + 1);
        }
        let mut before = number.at.start;
        while let Some(word) = before.checked_sub(1).map(|it| &words[it]) {
            let label = property.words.iter().any(|it| stem(it) == word.stem);
            if !label && !matches!(word.lower.as_str(), "number" | "no" | "id") {
                break;
            }
            before -= 1;
            self.strike(before, before + 1);
        }
    }

    /// How much the words around a number speak for an argument; nothing for one that can't take it.
    fn affinity(&self, property: &Property<'_>, number: &Number) -> i32 {
        let limits = match property.kind {
            Kind::Number(limits) if limits.take(number.value) => Some(limits),
            Kind::Text { .. } if Role::of(property) == Role::Code => None,
            _ => return 0,
        };
        let mut affinity = self.neighbors(property, number);
        let money = is_money(property);
        affinity += match (number.money, money) {
            (true, true) => 4,
            (true, false) => -4,
            (false, _) => 0,
        };
        if affinity == 0 && limits.is_some_and(|it: Limits| it.integer) {
            let counted = is_count(property) && number.value < CODE_FROM;
            affinity += i32::from(counted && self.is_before_noun(number));
        }
        let code = number.code.contains(|it: char| it.is_alphabetic());
        affinity + i32::from(code && limits.is_none()) * 2
    }

    fn neighbors(&self, property: &Property<'_>, number: &Number) -> i32 {
        let name: Vec<String> = property.words.iter().map(|it| stem(it)).collect();
        let words = &self.utterance.words;
        let rate = |at: Option<usize>, weight: i32| {
            let Some(word) = at.and_then(|it| words.get(it)) else {
                return 0;
            };
            if name.contains(&word.stem) {
                3 * weight
            } else if word.is_content() && property.about.contains(&word.stem) {
                weight
            } else {
                0
            }
        };
        let before = |back: usize| {
            let at = number.at.start.checked_sub(back)?;
            // What is before a comma belongs to something else.
            (!words[at].ends_sentence()).then_some(at)
        };
        rate(before(1), 2) + rate(before(2), 1) + rate(Some(number.at.end), 2)
    }

    fn is_before_noun(&self, number: &Number) -> bool {
        let next = self.utterance.words.get(number.at.end);
        next.is_some_and(|it| it.is_content() && !is_currency(&it.stem))
    }

    /// One, where how many isn't said: "How much is a lamp?"
    pub(super) fn counts(&mut self, properties: &[Property<'a>]) {
        let asked = self.utterance.words.windows(2);
        let asked = asked
            .into_iter()
            .any(|it| it[0].lower == "how" && it[1].lower == "many");
        for property in properties.iter().filter(|it| it.required && is_count(it)) {
            let Kind::Number(limits) = property.kind else {
                continue;
            };
            let something = !self.values.is_empty();
            if self.is_open(property) && limits.take(1.0) && something && !asked {
                self.set(property, 1);
            }
        }
    }
}

fn is_count(property: &Property<'_>) -> bool {
    let counts = |it: &str| matches!(it, "quantity" | "count" | "qty");
    property.words.iter().any(|it| counts(it)) || property.description.starts_with("How many")
}

fn is_money(property: &Property<'_>) -> bool {
    let says = |it: &str| {
        let money = [
            "amount", "price", "money", "cost", "pay", "budget", "fee", "salary",
        ];
        is_currency(it) || money.iter().any(|sign| stem(sign) == it)
    };
    property.words.iter().any(|it| says(&stem(it))) || property.about.iter().any(|it| says(it))
}
