//! Numbers of bank accounts (IBAN), in one piece or in groups of four.

use std::ops::Range;

/// Finds accounts; places may overlap.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let starts = bytes.windows(4).enumerate().filter(|(at, signs)| {
        // Digits are rarer than letters.
        signs[3].is_ascii_digit() && begins(bytes, *at)
    });
    starts.filter_map(|(at, _)| account(bytes, at)).collect()
}

/// Tells whether two letters and two digits begin here, and no word that they are a part of.
fn begins(bytes: &[u8], at: usize) -> bool {
    let is_within = at > 0 && bytes[at - 1].is_ascii_alphanumeric();
    let country = bytes[at..at + 2].iter().all(u8::is_ascii_alphabetic);
    !is_within && country && bytes[at + 2..at + 4].iter().all(u8::is_ascii_digit)
}

/// Returns the longest account that begins here.
fn account(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let mut signs = Vec::new();
    let mut longest = None;
    let mut at = start;
    loop {
        let group = bytes[at..]
            .iter()
            .take_while(|it| it.is_ascii_alphanumeric());
        let group: Vec<u8> = group.copied().collect();
        let is_first = at == start;
        at += group.len();
        signs.extend_from_slice(&group);
        if signs.len() > LONGEST {
            return longest;
        }
        if signs.len() >= SHORTEST && checks(&signs) {
            longest = Some(start..at);
        }
        // In groups, all but the last have four.
        let goes_on = group.len() == 4 || (is_first && group.is_empty());
        let next = bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric);
        if !goes_on || !next || !matches!(bytes[at], b' ' | b'-' | b'.' | b'\n' | b'\t') {
            return longest;
        }
        at += 1;
    }
}

/// Checks the two digits behind the country (ISO 13616, mod 97).
fn checks(signs: &[u8]) -> bool {
    let turned = signs[4..].iter().chain(&signs[..4]);
    let rest = turned.fold(0_u32, |rest, sign| match sign {
        b'0'..=b'9' => (rest * 10 + u32::from(sign - b'0')) % 97,
        _ => (rest * 100 + u32::from(sign.to_ascii_uppercase() - b'A') + 10) % 97,
    });
    rest == 1
}

/// Letters and digits of the shortest one, of Norway.
const SHORTEST: usize = 15;

/// Letters and digits of the longest one that the standard allows.
const LONGEST: usize = 34;
