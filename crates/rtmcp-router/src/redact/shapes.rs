//! Secrets that are known by their form: e-mail addresses, telephone numbers, keys.
//!
//! Patterns run only over candidates: pieces of a text with what every form needs, and with all that
//! a form may have. A text without any costs little more than a look at its bytes.

use std::{ops::Range, sync::LazyLock};

use regex::{Regex, RegexSet};

/// Finds e-mail addresses, also those with letters of other scripts.
pub(super) fn emails(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let Some(form) = EMAIL.as_ref() else {
        return found;
    };
    let mut from = 0;
    while let Some(at) = text[from..].find('@').map(|at| from + at) {
        // What no address has is ASCII, one byte each.
        let start = text[from..at].rfind(|it| !is_of_email(it));
        let start = start.map_or(from, |it| from + it + 1);
        let end = text[at..].find(|it| !is_of_email(it));
        let end = end.map_or(text.len(), |it| at + it);
        each_match(form, text, start..end, &mut found);
        from = end;
    }
    found
}

/// Finds telephone numbers; places may overlap.
pub(super) fn phones(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    each_number(text, |number| {
        let signs = &text[number.clone()];
        // What stands beside it says whether a word begins or ends there.
        let around = beside(text, number);
        for (needed, form) in PHONE.iter() {
            if signs.contains(needed) {
                each_match(form, text, around.clone(), &mut found);
            }
        }
    });
    found
}

/// Finds keys; places may overlap.
pub(super) fn keys(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let Some((begins, forms)) = KEY.as_ref() else {
        return found;
    };
    if text.len() < SHORTEST_KEY || !begins.is_match(text) {
        return found;
    }
    for nth in begins.matches(text) {
        each_match(&forms[nth], text, 0..text.len(), &mut found);
    }
    found.retain(|place| is_like_a_key(&text[place.clone()]));
    found
}

fn each_match(form: &Regex, text: &str, within: Range<usize>, found: &mut Vec<Range<usize>>) {
    let start = within.start;
    let places = form.find_iter(&text[within]);
    found.extend(places.map(|it| start + it.start()..start + it.end()));
}

/// Tells whether an address may have this character; all of other scripts may be letters.
fn is_of_email(sign: char) -> bool {
    !sign.is_ascii() || sign.is_ascii_alphanumeric() || "_.!#$%&'*+?^`{|}~-@".contains(sign)
}

/// Reads the longest pieces of a text that have only characters of telephone numbers, and at least
/// as many digits as the shortest of them.
fn each_number(text: &str, mut act: impl FnMut(Range<usize>)) {
    let mut number: Option<(usize, usize)> = None;
    let ends = std::iter::once((text.len(), '\n'));
    for (at, sign) in text.char_indices().chain(ends) {
        let is_digit = sign.is_ascii_digit() || (!sign.is_ascii() && sign.is_numeric());
        if is_digit || matches!(sign, ' ' | '+' | '(' | ')' | '-' | '.' | '/') {
            let (_, digits) = number.get_or_insert((at, 0));
            *digits += usize::from(is_digit);
        } else if let Some((start, digits)) = number.take()
            && digits >= FEWEST_DIGITS
        {
            act(start..at);
        }
    }
}

/// Widens a place by a character on each side.
fn beside(text: &str, place: Range<usize>) -> Range<usize> {
    let before = text[..place.start].chars().next_back();
    let behind = text[place.end..].chars().next();
    place.start - before.map_or(0, char::len_utf8)..place.end + behind.map_or(0, char::len_utf8)
}

/// Tells keys from words that are joined with dashes: those have the form of some keys, but no digits.
fn is_like_a_key(key: &str) -> bool {
    key.starts_with("-----") || key.contains("://") || key.bytes().any(|it| it.is_ascii_digit())
}

static EMAIL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[\w.!#$%&'*+?^`{|}~-]+@(?:[\w-]+\.)+[^\W\d_][\w-]*[^\W_]").ok());

/// Telephone numbers as people write them, and what each form can't do without.
static PHONE: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    let forms = [
        ("+", r"\+[ (]{0,2}\d(?:[ ().\-/]{0,3}\d){6,14}"),
        ("00", r"\b00[1-9](?:[ ().\-/]{0,3}\d){7,14}"),
        ("(", r"\(\d{2,5}\)[ .\-/]{0,2}\d(?:[ .\-/]?\d){4,11}"),
        ("", r"\b\d{3}[ .\-]\d{3}[ .\-]\d{4}\b"),
        ("0", r"\b0\d{1,4}[ ./\-]{1,3}\d(?:[ .\-/]?\d){4,10}\b"),
    ];
    let compiled = forms
        .into_iter()
        .map(|(needed, form)| Some((needed, Regex::new(form).ok()?)));
    compiled.flatten().collect()
});

/// How keys begin, and their forms in the same order.
static KEY: LazyLock<Option<(RegexSet, Vec<Regex>)>> = LazyLock::new(|| {
    let begins = RegexSet::new(KEYS.map(|(begin, _)| begin)).ok()?;
    let forms = KEYS.iter().map(|(_, form)| Regex::new(form).ok());
    Some((begins, forms.collect::<Option<_>>()?))
});

/// Keys by what they can't do without, and by the forms that well-known services give them.
const KEYS: [(&str, &str); 19] = [
    // Of OpenAI, Anthropic, Stripe and those that do as they do.
    (
        r"(?:sk|rk|pk|whsec|ek)[-_]",
        r"(?:sk|rk|pk|whsec|ek)[-_][A-Za-z0-9_\-]{16,}",
    ),
    // Of GitHub, GitLab, npm, PyPI, Hugging Face, DigitalOcean, Shopify.
    (r"gh[pousr]_", r"gh[pousr]_[A-Za-z0-9]{20,}"),
    (r"github_pat_", r"github_pat_[A-Za-z0-9_]{20,}"),
    (r"glpat-", r"glpat-[A-Za-z0-9_\-]{16,}"),
    (r"npm_", r"npm_[A-Za-z0-9]{30,}"),
    (r"pypi-", r"pypi-[A-Za-z0-9_\-]{16,}"),
    (r"hf_", r"hf_[A-Za-z0-9]{20,}"),
    (r"do[opr]_v1_", r"do[opr]_v1_[a-f0-9]{32,}"),
    (
        r"shp(?:at|ca|pa|ss)_",
        r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
    ),
    // Of Slack, AWS, Google, SendGrid.
    (r"xox[a-z]-", r"xox[a-z]-[A-Za-z0-9\-]{10,}"),
    (r"xapp-", r"xapp-[A-Za-z0-9\-]{10,}"),
    (
        r"(?:AKIA|ASIA|AGPA|AIDA|AROA)",
        r"(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{16}",
    ),
    (r"AIza", r"AIza[A-Za-z0-9_\-]{35}"),
    (r"ya29\.", r"ya29\.[A-Za-z0-9_\-]{20,}"),
    (r"SG\.", r"SG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}"),
    // JSON Web Tokens, bearer tokens, passwords in addresses.
    (
        r"eyJ",
        r"eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]*){0,3}",
    ),
    (r"(?i:bearer)", r"(?i:bearer)\s+[A-Za-z0-9._~+/\-]{16,}=*"),
    (r"://", r"[a-z][a-z0-9+.\-]*://[^\s/:@]+:[^\s/@]+@"),
    // Private keys as PEM, also those that are cut off.
    (
        r"-----BEGIN ",
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
    ),
];

/// Digits of the shortest telephone number.
const FEWEST_DIGITS: usize = 7;

/// Bytes of the shortest key: `a://b:c@`.
const SHORTEST_KEY: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a pattern over all of a text.
    fn everywhere<'f>(forms: impl Iterator<Item = &'f Regex>, text: &str) -> Vec<(usize, usize)> {
        let found = forms.flat_map(|form| form.find_iter(text));
        sorted(&found.map(|it| it.range()).collect::<Vec<_>>())
    }

    fn sorted(places: &[Range<usize>]) -> Vec<(usize, usize)> {
        let mut places: Vec<_> = places.iter().map(|it| (it.start, it.end)).collect();
        places.sort_unstable();
        places
    }

    #[cfg(not(target_arch = "wasm32"))]
    proptest::proptest! {
        #[test]
        fn a_search_of_candidates_finds_what_a_search_of_the_text_does(
            parts in proptest::collection::vec(
                proptest::prop_oneof![
                    "[0-9]{1,8}",
                    "[ ().+/@a-c_\"\n-]{1,3}",
                    "[٣é–४²]",
                    "(00|\\+4|sk-|eyJ|://|bearer |AKIA|a@b\\.co)",
                    "[A-Za-z0-9]{16,20}",
                ],
                0..24,
            ),
        ) {
            let text = parts.concat();
            assert_eq!(sorted(&emails(&text)), everywhere(EMAIL.iter(), &text));
            let forms = PHONE.iter().map(|(_, form)| form);
            assert_eq!(sorted(&phones(&text)), everywhere(forms, &text));
            let mut all = everywhere(KEY.iter().flat_map(|(_, forms)| forms), &text);
            all.retain(|(start, end)| is_like_a_key(&text[*start..*end]));
            assert_eq!(sorted(&keys(&text)), all);
        }
    }

    #[test]
    fn every_form_compiles() {
        let keys = KEY.as_ref().map_or(0, |(_, forms)| forms.len());
        assert!(EMAIL.is_some());
        assert_eq!((PHONE.len(), keys), (5, 19));
    }
}
