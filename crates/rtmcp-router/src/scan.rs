//! Whether what a server says of its tools reads like instructions to the model.
//!
//! A description should say what a tool does. One that tells the model what to do otherwise is an
//! attack, or an honest author's attempt to be preferred; the owner should read it either way. The
//! list is one of signs, not of proofs: a match is a warning, and what it doesn't know it doesn't
//! find.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use regex::Regex;
use rtmcp_core::{ServerName, ToolSpec};
use serde_json::{Map, Value};

use crate::visible::visible;

/// One sign: what it is called, and how it is written. Case makes no difference, and any white
/// space stands for any other.
const SIGNS: [(&str, &str); 9] = [
    (
        "tells the model to disregard what it was told",
        r"\b(ignore|disregard|forget|override|bypass)\b.{0,40}\b(previous|prior|above|earlier|preceding|other|system|all|any|your)\b.{0,20}\b(instruction|prompt|rule|guideline|message|command|context|polic)",
    ),
    (
        "speaks of the model's own instructions",
        r"\b(system|developer|hidden|initial|secret)[ _-]?(prompt|message|instruction)s?\b",
    ),
    (
        "gives instructions in a tag",
        r"</?\s*(important|system|secret|instruction|instructions|critical|admin|assistant|user|hidden|override|tool_call|inst)\s*/?>|\[/?(inst|system)\]|<\|[a-z_]{2,20}\|>",
    ),
    (
        "asks that something be kept from the user",
        r"\b(do not|don't|never|without)\b.{0,30}\b(tell|telling|inform|informing|mention|mentioning|reveal|revealing|show|showing|notify|notifying|ask|asking|alert|alerting)\b.{0,20}\b(the |this |that |it |to )*(user|person|caller|customer|human|anyone|anybody)",
    ),
    (
        "asks for what isn't the tool's",
        r"\b(send|include|attach|append|pass|forward|post|upload|copy|leak|exfiltrate|provide|read|put)\b.{0,60}\b(conversation|chat history|transcript|api[ _-]?keys?|passwords?|credentials|secrets?|access tokens?|private keys?|id_rsa|\.ssh|\.env\b|environment variables|system prompt|contents? of (other|all|the) files?)",
    ),
    (
        "plays a part in the conversation",
        r"(^|\n)\s*(system|assistant|user|human|developer)\s*:|\byou are now\b|\bfrom now on\b|\bact as (an?|the)\b|\bpretend (to be|that)\b|\bnew instructions?\b",
    ),
    (
        "wants to be called before or instead of others",
        r"\b(always|must|immediately|first)\b.{0,30}\b(call|use|invoke|run|execute)\b.{0,20}\bthis (tool|function)\b.{0,40}\b(before|first|instead|prior|regardless|every|any|whenever)|\b(before|prior to|after|instead of) (using|calling|invoking|running|executing|any|every|each|all)\b.{0,20}\b(any |all |every |each )?(other )?(tool|function)s?\b",
    ),
    (
        "asks for a command to be run",
        r"\b(curl|wget|powershell|bash -c|sh -c|rm -rf|eval\(|base64 -d|nc -e)\b|\|\s*(ba|z)?sh\b",
    ),
    (
        "has a long text in a code that people don't read",
        r"[A-Za-z0-9+/]{120,}={0,2}|(\\u[0-9a-fA-F]{4}){12,}|(%[0-9a-fA-F]{2}){24,}",
    ),
];

static PATTERNS: LazyLock<Vec<(&'static str, Regex)>> = LazyLock::new(|| {
    let compiled = SIGNS.iter().filter_map(|(sign, pattern)| {
        let pattern = format!("(?is){}", pattern.replace(' ', r"\s+"));
        Some((*sign, Regex::new(&pattern).ok()?))
    });
    compiled.collect()
});

/// What a tool says, in which signs are looked for.
pub(crate) fn scan(tool: &ToolSpec) -> Vec<String> {
    let mut said = Vec::new();
    let own = [("title", &tool.title), ("description", &tool.description)];
    for (place, text) in own {
        if let Some(text) = text {
            said.push((place.to_owned(), text.as_str()));
        }
    }
    let mut left = TEXTS;
    collect(&tool.input_schema, "", &mut said, &mut left);
    let mut warnings = BTreeSet::new();
    for (place, text) in said {
        // What is cut for the model may be shown to a person who approves it.
        let text: String = text.chars().take(LENGTH).collect();
        warnings.extend(signs(&text).map(|sign| format!("the {place} {sign}")));
    }
    warnings.into_iter().collect()
}

/// Says which of the other tools' names a description mentions: steering the use of another
/// server's tools is how one server attacks another.
pub(crate) fn mentions(
    tool: &ToolSpec,
    server: &ServerName,
    others: &BTreeMap<&str, Vec<&ServerName>>,
) -> Vec<String> {
    let Some(description) = &tool.description else {
        return Vec::new();
    };
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let words = description.split(|c| !is_part(c));
    // A word such as `search` is in any description.
    let names: BTreeSet<&str> = words.filter(|word| word.contains(['_', '-'])).collect();
    let named = names.into_iter().filter_map(|name| {
        let servers = others.get(name)?;
        let other = servers.first().filter(|_| !servers.contains(&server))?;
        Some(format!(
            "the description mentions `{name}`, a tool of another server (`{other}`)"
        ))
    });
    named.take(MENTIONED).collect()
}

/// Says how words of a result read like instructions to the model, and whether they hide any. Signs
/// of how tools are to be called, of commands and of codes mean nothing in a result.
pub(crate) fn of_result(text: &str) -> Vec<String> {
    let end = text.floor_char_boundary(RESULT);
    let clean = visible(&text[..end]).text;
    let found = PATTERNS.iter().take(OF_RESULTS);
    let found = found.filter(|(_, pattern)| pattern.is_match(&clean));
    let found = found.map(|(sign, _)| (*sign).to_owned());
    found.chain(hidden(&text[..end])).collect()
}

/// Signs that mean something in a result: the first ones.
const OF_RESULTS: usize = 6;

/// Bytes of a result in which signs are looked for.
const RESULT: usize = 64 * 1024;

fn signs(text: &str) -> impl Iterator<Item = String> {
    let clean = visible(text).text;
    let hidden = hidden(text);
    let found: Vec<String> = PATTERNS
        .iter()
        .filter(|(_, pattern)| pattern.is_match(&clean))
        .map(|(sign, _)| (*sign).to_owned())
        .collect();
    found.into_iter().chain(hidden)
}

/// Tells of text that isn't shown, and what it says where that can be told.
fn hidden(text: &str) -> Option<String> {
    let count = visible(text).removed;
    let tags: String = text.chars().filter_map(tag).collect();
    if !tags.is_empty() {
        let shown: String = tags.chars().take(SHOWN).collect();
        return Some(format!(
            "has text that isn't shown, which reads “{shown}”; it was taken out"
        ));
    }
    (count >= HIDDEN).then(|| format!("has {count} invisible characters, which were taken out"))
}

/// Returns the letter that a Unicode tag stands for.
fn tag(c: char) -> Option<char> {
    let code = u32::from(c).checked_sub(0xE0000)?;
    char::from_u32(code).filter(|c| matches!(c, ' '..='~'))
}

fn collect<'s>(
    schema: &'s Map<String, Value>,
    path: &str,
    said: &mut Vec<(String, &'s str)>,
    left: &mut usize,
) {
    for (name, value) in schema {
        let Some(rest) = left.checked_sub(1) else {
            return;
        };
        *left = rest;
        let place = match path {
            "" => name.clone(),
            path => format!("{path}.{name}"),
        };
        match value {
            Value::String(text) if text.len() > SHORT => {
                said.push((format!("schema at `{}`", clipped(&place)), text));
            }
            Value::Object(inner) if path.matches('.').count() < DEPTH => {
                collect(inner, &place, said, left);
            }
            Value::Array(items) => {
                for item in items.iter().filter_map(Value::as_object) {
                    collect(item, &place, said, left);
                }
            }
            _ => {}
        }
    }
}

fn clipped(place: &str) -> String {
    visible(place).text.chars().take(SHOWN).collect()
}

/// Characters of one text that are looked at.
const LENGTH: usize = 20_000;

/// Texts of one schema that are looked at.
const TEXTS: usize = 5_000;

/// Levels of a schema that are looked at.
const DEPTH: usize = 64;

/// Bytes that no instruction is shorter than.
const SHORT: usize = 8;

/// Invisible characters that aren't a slip any more.
const HIDDEN: usize = 4;

/// Characters of a hidden text that are shown to the owner.
const SHOWN: usize = 120;

/// Other tools that are named.
const MENTIONED: usize = 3;
