//! [`Words`]: what an utterance of the person means for the calls that wait.

use crate::config::SpokenWords;

/// What the person said about the calls that wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// No, to all that they name; to all that wait, where they name none.
    No,
    /// Yes, and nothing else.
    Yes,
    /// Anything else.
    Nothing,
}

/// A call that waits, as a person would name it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name<'a> {
    pub(super) number: u64,
    pub(super) tool: &'a str,
}

/// The words that decide.
#[derive(Debug)]
pub(super) struct Words {
    agree: Vec<Vec<String>>,
    deny: Vec<Vec<String>>,
    fillers: Vec<String>,
    numbers: Vec<String>,
}

impl Words {
    pub(super) fn new(words: &SpokenWords) -> Self {
        let all = |list: &[String]| list.iter().map(|it| spoken(it)).collect();
        Self {
            agree: all(&words.agree),
            deny: all(&words.deny),
            fillers: words.fillers.iter().flat_map(|it| spoken(it)).collect(),
            numbers: words.numbers.iter().flat_map(|it| spoken(it)).collect(),
        }
    }

    /// Says what an utterance means, and which of the calls that wait it names.
    ///
    /// A word that denies counts wherever it stands. A yes is one only if nothing else is said: who
    /// says "I approve, if it is under twenty" has agreed to nothing, and neither has who asks
    /// "Approved?". The name of a tool is a stranger's words, and counts as one only behind the yes: a
    /// tool `should` must not make one of "Should I approve".
    pub(super) fn read(&self, utterance: &str, waiting: &[Name<'_>]) -> (Meaning, Vec<bool>) {
        let said = spoken(utterance);
        let named = waiting.iter().map(|it| self.names(&said, *it)).collect();
        if self.deny.iter().any(|it| find(&said, it).is_some()) {
            return (Meaning::No, named);
        }
        // What is left without the names must be the yes, and fillers.
        let is_numbered = |word: &String| waiting.iter().any(|it| self.is_number(word, it.number));
        let rest: Vec<String> = said.into_iter().filter(|it| !is_numbered(it)).collect();
        let agrees = self.agree.iter().any(|yes| {
            find(&rest, yes).is_some_and(|at| {
                let behind = without_tools(&rest[at + yes.len()..], waiting);
                let around = rest[..at].iter().chain(&behind);
                { around }.all(|word| self.fillers.contains(word))
            })
        });
        let agrees = agrees && !utterance.contains(QUESTION);
        match agrees {
            true => (Meaning::Yes, named),
            false => (Meaning::Nothing, named),
        }
    }

    fn names(&self, said: &[String], name: Name<'_>) -> bool {
        let tool = spoken(name.tool);
        find(said, &tool).is_some() || said.iter().any(|word| self.is_number(word, name.number))
    }

    fn is_number(&self, word: &str, number: u64) -> bool {
        let at = usize::try_from(number)
            .ok()
            .and_then(|it| it.checked_sub(1));
        let name = at.and_then(|at| self.numbers.get(at));
        word == number.to_string() || name.is_some_and(|name| name == word)
    }
}

/// What ends a question, as it is written in the scripts of the world.
const QUESTION: [char; 4] = ['?', '？', '؟', '\u{37e}'];

fn without_tools(said: &[String], waiting: &[Name<'_>]) -> Vec<String> {
    let mut rest = said.to_vec();
    for name in waiting {
        let tool = spoken(name.tool);
        while let Some(at) = find(&rest, &tool) {
            rest.drain(at..at + tool.len());
        }
    }
    rest
}

/// Returns the words of a text as they sound: without case and punctuation; names of tools as people
/// say them.
pub(super) fn spoken(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut was_small = false;
    for c in text.chars() {
        // "don't" is one word, however its apostrophe is written.
        if matches!(c, '\'' | '’' | 'ʼ' | '‘') {
            continue;
        }
        let breaks = !c.is_alphanumeric() || (c.is_uppercase() && was_small);
        if breaks && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        was_small = c.is_lowercase() || c.is_ascii_digit();
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// Finds words that follow each other.
fn find(said: &[String], wanted: &[String]) -> Option<usize> {
    if wanted.is_empty() {
        return None;
    }
    said.windows(wanted.len()).position(|it| it == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUND: Name<'_> = Name {
        number: 1,
        tool: "issue_refund",
    };
    const NOTE: Name<'_> = Name {
        number: 2,
        tool: "addNote",
    };

    fn read(utterance: &str) -> (Meaning, Vec<bool>) {
        let words = Words::new(&SpokenWords::default());
        words.read(utterance, &[REFUND, NOTE])
    }

    #[test]
    fn only_an_explicit_yes_agrees() {
        for utterance in [
            "I approve.",
            "Yes, approve!",
            "yes, I approve it, please",
            "Okay. I approve the issue refund.",
            "Approve it, number one",
            "I approve number 1",
            "Approved, thank you.",
            "I APPROVE THIS",
        ] {
            assert_eq!(read(utterance).0, Meaning::Yes, "{utterance}");
        }
    }

    #[test]
    fn what_is_no_explicit_yes_is_none() {
        for utterance in [
            "",
            "Yes.",
            "Ja.",
            "Okay, sure.",
            "Do I approve?",
            "What happens if I approve?",
            "I approve if it is under twenty",
            "I approve of your manners",
            "Would you approve it?",
            "I approve twenty euros",
            "Should I say I approve",
            "approval",
            "I improve",
            "I approve?",
            "Approve it?",
            "Approved？",
        ] {
            assert_eq!(read(utterance).0, Meaning::Nothing, "{utterance}");
        }
    }

    #[test]
    fn a_word_that_denies_counts_wherever_it_stands() {
        for utterance in [
            "No.",
            "No, I approve",
            "I approve, no, wait, stop",
            "I don’t approve",
            "I do not approve",
            "Yes, cancel it",
            "Stop!",
            "I approve. Never mind.",
        ] {
            assert_eq!(read(utterance).0, Meaning::No, "{utterance}");
        }
        // A word of which it is a part isn't the word.
        for utterance in ["Note that", "I know", "notably nonstop"] {
            assert_eq!(read(utterance).0, Meaning::Nothing, "{utterance}");
        }
    }

    #[test]
    fn a_call_is_named_by_its_number_or_its_tool() {
        assert_eq!(read("I approve").1, [false, false]);
        assert_eq!(read("I approve number two").1, [false, true]);
        assert_eq!(read("I approve the issue refund").1, [true, false]);
        assert_eq!(read("yes, approve add note").1, [false, true]);
        assert_eq!(read("I approve one and 2").1, [true, true]);
        assert_eq!(read("no, not number 2"), (Meaning::No, vec![false, true]));
    }

    #[test]
    fn the_name_of_a_tool_makes_no_yes_of_other_words() {
        let words = Words::new(&SpokenWords::default());
        for (tool, utterance) in [
            ("should", "Should I approve"),
            ("what_happens_if", "What happens if I approve"),
            ("would_you", "Would you approve it"),
        ] {
            let waiting = [Name { number: 1, tool }];
            let (meaning, _) = words.read(utterance, &waiting);
            assert_eq!(meaning, Meaning::Nothing, "{utterance}");
        }
        let tool = "approve_order";
        let waiting = [Name { number: 1, tool }];
        let (meaning, named) = words.read("Yes, I approve the approve order", &waiting);
        assert_eq!((meaning, named), (Meaning::Yes, vec![true]));
    }

    #[test]
    fn phrases_can_be_of_another_language() {
        let words = Words::new(&SpokenWords {
            agree: vec!["Ja, ich genehmige".into(), "承認します".into()],
            deny: vec!["nein".into(), "auf keinen Fall".into()],
            fillers: vec!["bitte".into()],
            numbers: vec!["eins".into(), "zwei".into()],
        });
        let read = |utterance: &str| words.read(utterance, &[REFUND, NOTE]);
        assert_eq!(read("Ja, ich genehmige. Bitte!").0, Meaning::Yes);
        assert_eq!(read("ja ich genehmige zwei").1, [false, true]);
        assert_eq!(read("承認します。").0, Meaning::Yes);
        assert_eq!(read("Ja.").0, Meaning::Nothing);
        assert_eq!(read("I approve").0, Meaning::Nothing);
        assert_eq!(read("Auf keinen Fall, ich genehmige").0, Meaning::No);
    }
}
