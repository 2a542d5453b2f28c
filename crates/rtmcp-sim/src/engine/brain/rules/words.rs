//! What was said, as words.

/// One word of an utterance, without the punctuation around it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Word<'a> {
    /// As it was said.
    pub(super) text: &'a str,
    pub(super) lower: String,
    /// What it has in common with its other forms, see [`stem`].
    pub(super) stem: String,
    /// Where it is in the utterance, in bytes.
    pub(super) start: usize,
    pub(super) end: usize,
    /// It is the first of its sentence, so that a capital says nothing.
    pub(super) first: bool,
    /// It stands in quotes.
    pub(super) quoted: bool,
    /// A sign of money is before it.
    pub(super) money: bool,
    /// The punctuation after it.
    pub(super) stop: Option<char>,
}

impl Word<'_> {
    /// Whether it is written as a name is.
    pub(super) fn is_capital(&self) -> bool {
        self.text.starts_with(char::is_uppercase)
            && self.lower != "i"
            && !self.lower.starts_with("i'")
    }

    /// Whether a sentence ends after it.
    pub(super) fn ends_sentence(&self) -> bool {
        matches!(self.stop, Some('.' | '?' | '!' | ';'))
    }

    /// Whether it says something by itself.
    pub(super) fn is_content(&self) -> bool {
        !is_stop_word(&self.lower)
    }
}

/// Returns the words of an utterance.
pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let mut words: Vec<Word<'_>> = Vec::new();
    let mut in_quotes = false;
    for (start, chunk) in chunks(text) {
        let opens = chunk.starts_with(is_quote);
        let closes =
            chunk.trim_end_matches(is_punctuation).ends_with(is_quote) || chunk.ends_with(is_quote);
        let quoted = in_quotes || opens;
        in_quotes = quoted && !closes;
        let first = words.last().is_none_or(Word::ends_sentence);
        words.extend(word(start, chunk, first, quoted));
    }
    words
}

fn word(start: usize, chunk: &str, first: bool, quoted: bool) -> Option<Word<'_>> {
    if chunk == "+" {
        return Some(made(start, chunk, "plus", first));
    }
    let body = chunk.trim_start_matches(|c: char| !(c.is_alphanumeric() || c == '-' || c == '/'));
    let before = &chunk[..chunk.len() - body.len()];
    let text = body.trim_end_matches(|c: char| !(c.is_alphanumeric() || c == '/'));
    let after = &body[text.len()..];
    if !text.contains(char::is_alphanumeric) {
        return None;
    }
    let lower = text.to_lowercase().replace('’', "'");
    let start = start + before.len();
    Some(Word {
        text,
        stem: stem(&lower),
        lower,
        start,
        end: start + text.len(),
        first,
        quoted,
        money: before.ends_with(['$', '€', '£']),
        stop: after.chars().find(|it| is_punctuation(*it)),
    })
}

fn made<'a>(start: usize, text: &'a str, lower: &str, first: bool) -> Word<'a> {
    Word {
        text,
        lower: lower.to_owned(),
        stem: lower.to_owned(),
        start,
        end: start + text.len(),
        first,
        quoted: false,
        money: false,
        stop: None,
    }
}

/// The pieces between spaces and dashes, with where they begin.
fn chunks(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let between = |c: char| c.is_whitespace() || c == '—' || c == '–';
    let start = move |it: &str| it.as_ptr() as usize - text.as_ptr() as usize;
    let pieces = text.split(between).filter(|it| !it.is_empty());
    let pieces = pieces.flat_map(|it| match unit_at(it) {
        Some(at) => [&it[..at], &it[at + 1..]],
        None => [it, ""],
    });
    let pieces = pieces.filter(|it| !it.is_empty());
    pieces.map(move |it| (start(it), it))
}

/// Where the hyphen of "20-dollar" is, which is a number and its unit.
fn unit_at(chunk: &str) -> Option<usize> {
    let (number, unit) = chunk.split_once('-')?;
    let digits = number.trim_start_matches(['$', '€', '£', '#']);
    let is_number = !digits.is_empty() && digits.chars().all(|it| it.is_ascii_digit());
    (is_number && unit.starts_with(char::is_alphabetic)).then_some(number.len())
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '«' | '»')
}

fn is_punctuation(c: char) -> bool {
    matches!(c, '.' | ',' | ';' | ':' | '?' | '!')
}

/// Returns what a lower-case word has in common with its other forms: `creating`, `created` and
/// `create` are all `creat`.
pub(super) fn stem(lower: &str) -> String {
    let word = lower.strip_suffix("'s").unwrap_or(lower);
    let singular = singular(word);
    let long = |rest: &&str| rest.len() >= 3 && rest.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    let bare = singular
        .strip_suffix("ing")
        .or_else(|| singular.strip_suffix("ed"))
        .filter(long);
    let Some(bare) = bare else {
        let rest = singular.strip_suffix('e').filter(|it| it.len() >= 3);
        return rest.unwrap_or(&singular).to_owned();
    };
    // `stopping` is a form of `stop`, and `calling` is one of `call`.
    let mut last = bare.chars().rev();
    let doubled = last.next() == last.next() && !bare.ends_with(['l', 's', 'z', 'e', 'o']);
    let undoubled = if doubled {
        &bare[..bare.len() - 1]
    } else {
        bare
    };
    undoubled.to_owned()
}

/// Returns the singular of a noun: `lamps` is `lamp`, `boxes` is `box`, `glass` stays.
pub(super) fn singular(word: &str) -> String {
    let ends = |it: &str| word.len() > it.len() + 1 && word.ends_with(it);
    if ends("ies") && word.len() > 4 {
        return format!("{}y", &word[..word.len() - 3]);
    }
    if ["xes", "ches", "shes", "sses", "zes"]
        .iter()
        .any(|it| ends(it))
    {
        return word[..word.len() - 2].to_owned();
    }
    let plural = word.len() > 3 && word.ends_with('s');
    let other = ["ss", "us", "is", "'s"].iter().any(|it| word.ends_with(it));
    if plural && !other {
        return word[..word.len() - 1].to_owned();
    }
    word.to_owned()
}

/// Returns the lower-case words of a name such as `get-sum`, `issue_refund` or `messageType`.
pub(super) fn name_words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut last = ' ';
    for c in name.chars() {
        let camel = c.is_uppercase() && last.is_lowercase();
        if camel || !c.is_alphanumeric() {
            words.push(String::new());
        }
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
        last = c;
    }
    words.retain(|it| !it.is_empty());
    words
}

/// Returns the stems of the words of a text that say something by themselves.
pub(super) fn content_stems(text: &str) -> Vec<String> {
    let content = words(text).into_iter().filter(Word::is_content);
    content.map(|it| it.stem).collect()
}

/// Whether a lower-case word is so common that it tells no tool from another.
pub(super) fn is_stop_word(lower: &str) -> bool {
    STOP_WORDS.contains(&lower)
        || lower.len() == 1 && !lower.starts_with(|c: char| c.is_ascii_digit())
}

/// Words that join others. A name ends before one.
pub(super) fn is_preposition(lower: &str) -> bool {
    PREPOSITIONS.contains(&lower)
}

/// Courtesy and time at the end of a request, no part of what it is about.
pub(super) fn is_tail(lower: &str) -> bool {
    TAILS.contains(&lower)
}

const PREPOSITIONS: [&str; 27] = [
    "about",
    "after",
    "and",
    "around",
    "at",
    "because",
    "before",
    "by",
    "concerning",
    "during",
    "for",
    "from",
    "in",
    "into",
    "near",
    "of",
    "on",
    "or",
    "regarding",
    "saying",
    "to",
    "until",
    "using",
    "via",
    "with",
    "within",
    "without",
];

const TAILS: [&str; 12] = [
    "please",
    "now",
    "right",
    "today",
    "thanks",
    "thank",
    "you",
    "currently",
    "again",
    "okay",
    "ok",
    "then",
];

#[rustfmt::skip]
const STOP_WORDS: &[&str] = &[
    "a", "an", "the", "this", "that", "these", "those", "some", "any", "all", "each", "every",
    "and", "or", "but", "if", "then", "than", "as", "so", "not", "no", "yes",
    "i", "me", "my", "mine", "we", "us", "our", "you", "your", "he", "him", "his", "she", "her",
    "it", "its", "it's", "they", "them", "their", "one", "ones", "someone", "something",
    "anything", "everything", "that's", "there's", "i'm", "i'd", "i'll", "i've", "you're", "let's",
    "let", "is", "are", "was", "were", "be", "been", "being", "am", "do", "does", "did", "done",
    "has", "have", "had", "will", "would", "shall", "should", "can", "could", "may", "might",
    "must", "can't", "cannot", "don't", "doesn't", "didn't", "isn't", "won't", "couldn't",
    "of", "in", "on", "at", "to", "for", "from", "with", "without", "by", "about", "into", "onto",
    "over", "under", "up", "down", "out", "off", "through", "between", "via", "using", "per",
    "here", "there", "now", "today", "just", "only", "also", "too", "very", "really", "again",
    "what", "what's", "which", "who", "who's", "whom", "whose", "when", "where", "where's", "why",
    "how", "how's", "much", "many", "more", "most", "like", "such", "other", "another", "same",
    "please", "thanks", "thank", "hello", "hi", "hey", "okay", "ok", "well", "oh", "um", "uh",
    "want", "need", "wish", "get", "gets", "got", "give", "gives", "tell", "tells", "show",
    "shows", "make", "makes", "use", "used", "uses", "go", "going", "see", "know", "think", "able",
    "return", "returns", "returned", "provide", "provides", "demonstrate", "demonstrates", "tool",
    "tools", "function", "example", "e.g", "i.e", "etc", "whether", "given", "based", "specify",
    "specified", "optional", "required", "default", "value", "way", "thing", "things", "kind",
    "back", "off", "less", "least", "part", "new", "leave", "unless", "never", "always", "can",
];

#[cfg(test)]
mod tests {
    use super::{name_words, singular, stem, words};

    #[test]
    fn words_lose_their_punctuation_and_keep_what_it_says() {
        let words = words("Refund $20.50 on order #1042, for “Ada Lovelace”. It's late!");
        let texts: Vec<_> = words.iter().map(|it| it.text).collect();
        let wanted = [
            "Refund", "20.50", "on", "order", "1042", "for", "Ada", "Lovelace", "It's", "late",
        ];
        assert_eq!(texts, wanted);
        assert!(words[1].money && !words[4].money);
        assert_eq!(words[4].stop, Some(','));
        assert!(words[6].quoted && words[7].quoted && !words[8].quoted);
        assert!(words[7].ends_sentence() && words[8].first && !words[6].first);
    }

    #[test]
    fn forms_of_a_word_share_a_stem() {
        for forms in [
            ["create", "creates", "created", "creating"],
            ["quote", "quotes", "quoted", "quoting"],
            ["stop", "stops", "stopped", "stopping"],
            ["call", "calls", "called", "calling"],
            ["query", "queries", "query's", "query"],
        ] {
            assert!(
                forms.iter().all(|it| stem(it) == stem(forms[0])),
                "{forms:?}"
            );
        }
        let others = ["glass", "bus", "sum", "this", "ring", "red"];
        assert!(others.iter().all(|it| stem(it) == *it));
    }

    #[test]
    fn one_of_many() {
        for (many, one) in [
            ("lamps", "lamp"),
            ("boxes", "box"),
            ("cities", "city"),
            ("desk", "desk"),
        ] {
            assert_eq!(singular(many), one);
        }
    }

    #[test]
    fn names_are_split_however_they_are_written() {
        assert_eq!(name_words("get-sum"), ["get", "sum"]);
        assert_eq!(
            name_words("shop__issue_refund"),
            ["shop", "issue", "refund"]
        );
        assert_eq!(name_words("messageType"), ["message", "type"]);
    }
}
