//! Numbers of payment cards, in one piece or in groups.

use std::ops::Range;

/// Finds cards; places may overlap.
///
/// Digits that stand together are a group, and groups with little between them are a row. Each part
/// of a row that begins and ends with a group can be a card, so that whatever stands around one
/// doesn't hide it; and what is a part of a group can't.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    each_row(text, |row| cards(row, &mut found));
    found
}

/// Digits that stand together.
#[derive(Debug)]
struct Group {
    place: Range<usize>,
    digits: usize,
    /// It follows a group and one point: it may be the end of a decimal number.
    is_fraction: bool,
}

/// Groups with little between them, and their digits one after the other.
#[derive(Debug, Default)]
struct Row {
    groups: Vec<Group>,
    digits: Vec<u8>,
}

/// Reads rows that are long enough to have a card.
fn each_row(text: &str, mut act: impl FnMut(&Row)) {
    let bytes = text.as_bytes();
    let mut row = Row::default();
    let (mut at, mut gap) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        let sign = match byte {
            // Most of a text is neither within a row nor the beginning of one.
            0..=0x7f if row.groups.is_empty() && !byte.is_ascii_digit() => {
                at += 1;
                continue;
            }
            0..=0x7f => char::from(*byte),
            _ => text[at..].chars().next().unwrap_or_default(),
        };
        let end = at + sign.len_utf8();
        match (digit(sign), row.groups.last_mut()) {
            (Some(digit), Some(group)) if gap == 0 => {
                row.digits.push(digit);
                group.digits += 1;
                group.place.end = end;
            }
            (Some(digit), last) => {
                let is_fraction = last.is_some_and(|it| &bytes[it.place.end..at] == b".");
                row.digits.push(digit);
                row.groups.push(Group {
                    place: at..end,
                    digits: 1,
                    is_fraction,
                });
                gap = 0;
            }
            (None, Some(_)) if is_gap(sign) && gap < GAP => gap += 1,
            (None, _) => {
                gap = 0;
                if row.digits.len() >= SHORTEST {
                    act(&row);
                }
                row.groups.clear();
                row.digits.clear();
            }
        }
        at = end;
    }
    if row.digits.len() >= SHORTEST {
        act(&row);
    }
}

fn cards(row: &Row, found: &mut Vec<Range<usize>>) {
    let groups = &row.groups;
    let mut begin = 0;
    for (first, group) in groups.iter().enumerate() {
        let from = begin;
        begin += group.digits;
        if group.is_fraction && !groups[first - 1].is_fraction && !looks_grouped(groups, first) {
            continue;
        }
        let mut end = from;
        for (last, next) in groups.iter().enumerate().skip(first) {
            end += next.digits;
            let digits = &row.digits[from..end];
            if digits.len() > LONGEST {
                break;
            }
            if is_card(digits) && is_grouped(&groups[first..=last]) {
                found.push(group.place.start..next.place.end);
            }
        }
    }
}

/// Tells whether groups behind a point can be more than the fraction of one number.
fn looks_grouped(row: &[Group], first: usize) -> bool {
    row.get(first + 1).is_some_and(|next| next.is_fraction)
}

/// Tells whether people group digits so: all groups alike but for a shorter last one, or as on cards
/// of American Express and Diners Club.
fn is_grouped(groups: &[Group]) -> bool {
    let sizes: Vec<usize> = groups.iter().map(|it| it.digits).collect();
    match sizes.as_slice() {
        [_] | [4, 6, 5] | [4, 6, 4] => true,
        [rest @ .., last] => {
            let first = rest.first().copied().unwrap_or_default();
            rest.iter().all(|size| *size == first) && *last <= first
        }
        [] => false,
    }
}

fn is_card(digits: &[u8]) -> bool {
    digits.len() >= SHORTEST && is_given_out(digits) && checks(digits)
}

/// Tells whether a network gives out cards with these first digits and so many in all.
fn is_given_out(digits: &[u8]) -> bool {
    let start = |count: usize| -> u32 {
        let first = digits.iter().take(count);
        first.fold(0, |sum, digit| sum * 10 + u32::from(*digit))
    };
    match (start(4), digits.len()) {
        // Visa.
        (4000..=4999, 13 | 16 | 19)
        // Mastercard.
        | (5100..=5599 | 2221..=2720, 16)
        // American Express.
        | (3400..=3499 | 3700..=3799, 15)
        // Diners Club.
        | (3000..=3059 | 3095 | 3600..=3699 | 3800..=3999, 14..=19)
        // JCB.
        | (3528..=3589, 16..=19)
        // Mir.
        | (2200..=2204, 16..=19)
        // Discover, UnionPay, Maestro, RuPay.
        | (5000..=5099 | 5600..=5899 | 6000..=6999 | 8100..=8299, 13..=19) => true,
        _ => false,
    }
}

/// Checks the last digit (ISO/IEC 7812, Luhn).
fn checks(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match (at % 2, u32::from(*digit)) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Reads a digit, also one of another script.
fn digit(sign: char) -> Option<u8> {
    let zero = match sign {
        '0'..='9' => '0',
        '\u{ff10}'..='\u{ff19}' => '\u{ff10}',
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        '\u{966}'..='\u{96f}' => '\u{966}',
        _ => return None,
    };
    u8::try_from(u32::from(sign) - u32::from(zero)).ok()
}

fn is_gap(sign: char) -> bool {
    sign.is_whitespace()
        || matches!(
            sign,
            '-' | '.' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{b7}'
        )
}

/// Characters between two groups of a number: ` - `.
const GAP: usize = 3;

/// Digits of the shortest card.
const SHORTEST: usize = 13;

/// Digits of the longest one.
const LONGEST: usize = 19;
