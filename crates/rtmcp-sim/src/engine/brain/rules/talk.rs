//! What the brain says when there is nothing to call.

use super::{
    ask::listed,
    tool::Known,
    words::{is_stop_word, is_tail, name_words, words},
};

/// How many tools it names when it says what it can do.
const NAMED: usize = 5;

const GOODBYES: [&str; 3] = ["goodbye", "bye", "see you"];
const THANKS: [&str; 2] = ["thanks", "thank you"];

/// What is said to words that ask for no tool.
pub(super) fn reply(text: &str, tools: &[Known<'_>]) -> String {
    let has = |signs: &[&str]| has(text, signs);
    let can = abilities(tools);
    if has(&GOODBYES) {
        return "Goodbye.".to_owned();
    }
    if has(&THANKS) {
        return "You're welcome.".to_owned();
    }
    if has(&["never mind", "nothing", "no thanks", "forget it"]) {
        return "All right.".to_owned();
    }
    if has(&[
        "hello",
        "hi",
        "hey",
        "good morning",
        "good evening",
        "good afternoon",
    ]) {
        return format!("Hello! {can}");
    }
    if has(&[
        "help",
        "can you do",
        "what can",
        "who are you",
        "what are you",
    ]) {
        return can;
    }
    format!("I'm not sure what to do with that. {can}")
}

/// Whether words are courtesy and nothing else, so that they add nothing to what was asked before.
pub(super) fn is_courtesy(text: &str) -> bool {
    let courteous = |it: &str| is_tail(it) || is_stop_word(it) || GOODBYES.contains(&it);
    let all = words(text).iter().all(|it| courteous(&it.lower));
    (has(text, &THANKS) || has(text, &GOODBYES)) && all
}

fn has(text: &str, signs: &[&str]) -> bool {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|it: char| !it.is_alphanumeric() && it != '\'')
        .collect();
    signs.iter().any(|sign| {
        let sign: Vec<&str> = sign.split(' ').collect();
        words.windows(sign.len()).any(|it| it == sign)
    })
}

/// What is said before anybody has said anything.
pub(super) fn greeting(tools: &[Known<'_>]) -> String {
    format!("Hello! {}", abilities(tools))
}

fn abilities(tools: &[Known<'_>]) -> String {
    if tools.is_empty() {
        return "I have no tools in this session, so I can only talk.".to_owned();
    }
    let mut names: Vec<String> = tools
        .iter()
        .take(NAMED)
        .map(|it| name_words(&it.tool.name).join(" "))
        .collect();
    if tools.len() > NAMED {
        names.push("more".to_owned());
    }
    format!("I can do this for you: {}.", listed(&names, "and"))
}

/// Whether what was said takes back what was asked for.
pub(super) fn is_refusal(text: &str) -> bool {
    let lower = text.to_lowercase();
    let lower = lower
        .trim_start_matches("please ")
        .trim_start_matches("no, ");
    ["don't ", "do not ", "never mind", "forget it", "stop"]
        .iter()
        .any(|it| lower.starts_with(it))
}
