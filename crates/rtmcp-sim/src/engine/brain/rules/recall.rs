//! What was said or found out earlier, when somebody asks for it.

use std::collections::HashSet;

use super::{
    pick::Tools,
    report,
    words::{content_stems, name_words, stem, words},
};
use crate::engine::brain::conversation::{Conversation, Memory, Output};

/// Questions for what the person said.
const OF_PERSON: [&str; 3] = ["did i say", "did i tell", "did i ask"];
/// Questions for what the model said or found out.
const OF_MODEL: [&str; 3] = ["did you say", "did you tell", "did you find"];
/// Questions for either.
const OF_ANY: [&str; 4] = [
    "do you remember",
    "can you remember",
    "remind me what",
    "remind me of",
];
/// They ask for either where the words begin like a question.
const TIMES: [&str; 3] = ["earlier", "so far", "last time"];
/// They ask for what the person said of themselves, where no tool knows it.
const OF_OWN: [&str; 4] = ["what is my", "what's my", "what was my", "who am i"];

const OPENINGS: [&str; 9] = [
    "what", "what's", "which", "who", "where", "when", "how", "did", "do",
];

/// Words of such questions which say nothing of what is asked for.
const SIGNS: [&str; 10] = [
    "ask", "earlier", "far", "find", "last", "remember", "remind", "say", "tell", "time",
];

/// Whose memory is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Person,
    Model,
    Any,
}

/// Returns what to say to a question for something earlier in the conversation; nothing where it
/// is no such question.
pub(super) fn answer(conversation: &Conversation<'_>, tools: &Tools<'_>) -> Option<String> {
    let heard = conversation.heard()?;
    let memories = conversation.memories();
    if let Some(whose) = asked_for(&heard) {
        let found = best(&memories, &heard, whose);
        let nothing = || "I remember nothing about that.".to_owned();
        return Some(found.map_or_else(nothing, told));
    }
    let own = has(&heard, &OF_OWN) && !tools.pick(&heard).is_some_and(|it| it.is_complete());
    best(&memories, &heard, Whose::Person)
        .filter(|_| own)
        .map(told)
}

fn asked_for(heard: &str) -> Option<Whose> {
    if has(heard, &OF_PERSON) {
        return Some(Whose::Person);
    }
    if has(heard, &OF_MODEL) {
        return Some(Whose::Model);
    }
    let first = words(heard).first().map(|it| it.lower.clone());
    let opens = first.is_some_and(|it| OPENINGS.contains(&it.as_str()));
    (has(heard, &OF_ANY) || opens && has(heard, &TIMES)).then_some(Whose::Any)
}

/// Whether one of the phrases is among the words.
fn has(text: &str, phrases: &[&str]) -> bool {
    let said: Vec<String> = words(text).into_iter().map(|it| it.lower).collect();
    phrases.iter().any(|phrase| {
        let phrase: Vec<&str> = phrase.split(' ').collect();
        said.windows(phrase.len()).any(|it| it == phrase)
    })
}

/// The memory that shares the most words with a question; of equals, the latest. Where the
/// question has no words of its own, the latest of all.
fn best<'m, 'a>(memories: &'m [Memory<'a>], heard: &str, whose: Whose) -> Option<&'m Memory<'a>> {
    let signs = SIGNS.map(stem);
    let mut wanted: HashSet<String> = content_stems(heard).into_iter().collect();
    wanted.retain(|it| !signs.contains(it));
    let fitting = memories.iter().filter(|it| belongs(it, whose));
    let scored = fitting.map(|it| (shared(it, &wanted), it));
    let least = usize::from(!wanted.is_empty());
    let (_, found) = scored
        .filter(|(score, _)| *score >= least)
        .max_by_key(|(score, _)| *score)?;
    Some(found)
}

fn belongs(memory: &Memory<'_>, whose: Whose) -> bool {
    match memory {
        // A question isn't what is remembered, unless it is what is asked for.
        Memory::Told(text) => match whose {
            Whose::Person => true,
            Whose::Model => false,
            Whose::Any => !text.trim_end().ends_with('?'),
        },
        Memory::Said(_) | Memory::Found { .. } => whose != Whose::Person,
    }
}

fn shared(memory: &Memory<'_>, wanted: &HashSet<String>) -> usize {
    let stems: HashSet<String> = match memory {
        Memory::Told(text) | Memory::Said(text) => content_stems(text).into_iter().collect(),
        Memory::Found { call, output } => {
            let name = output.function.map(name_words).unwrap_or_default();
            let name = name.iter().map(|it| stem(it));
            let texts = [call.unwrap_or_default(), output.text];
            let texts = texts.into_iter().flat_map(plain_stems);
            name.chain(texts).collect()
        }
    };
    wanted.intersection(&stems).count()
}

/// The words of a text that may be JSON.
fn plain_stems(text: &str) -> Vec<String> {
    content_stems(&text.replace(|it: char| !it.is_alphanumeric(), " "))
}

fn told(memory: &Memory<'_>) -> String {
    match memory {
        Memory::Told(text) => format!("You said: {text}"),
        Memory::Said(text) => format!("I said: {text}"),
        Memory::Found { output, .. } => {
            let output: &Output<'_> = output;
            report::spoken(std::slice::from_ref(output))
        }
    }
}

#[cfg(test)]
mod tests;
