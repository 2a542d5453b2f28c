//! Numbers of payment cards, in one piece or in groups.

use std::ops::Range;

/// Finds cards; places may overlap.
///
/// Digits that stand together are a group, and groups with little between them are a row. Each part
/// of a row that begins and ends with a group can be a card, so that whatever stands around one
/// doesn't hide it; and what is a part of a group can't.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    rows(text).iter().flat_map(|row| cards(row)).collect()
}

/// Digits that stand together.
#[derive(Debug)]
struct Group {
    place: Range<usize>,
    digits: Vec<u8>,
    /// It follows a group and one point: it may be the end of a decimal number.
    is_fraction: bool,
}

fn rows(text: &str) -> Vec<Vec<Group>> {
    let mut rows: Vec<Vec<Group>> = Vec::new();
    let mut row: Vec<Group> = Vec::new();
    let mut gap = String::new();
    for (at, sign) in text.char_indices() {
        let end = at + sign.len_utf8();
        let follows = !row.is_empty();
        match (digit(sign), row.last_mut()) {
            (Some(digit), Some(group)) if gap.is_empty() => {
                group.digits.push(digit);
                group.place.end = end;
            }
            (Some(digit), _) => {
                row.push(Group {
                    place: at..end,
                    digits: vec![digit],
                    is_fraction: follows && gap == ".",
                });
                gap.clear();
            }
            (None, Some(_)) if is_gap(sign) && gap.chars().count() < GAP => gap.push(sign),
            (None, _) => {
                gap.clear();
                if !row.is_empty() {
                    rows.push(std::mem::take(&mut row));
                }
            }
        }
    }
    rows.push(row);
    rows
}

fn cards(row: &[Group]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (first, group) in row.iter().enumerate() {
        if group.is_fraction && !row[first - 1].is_fraction && !looks_grouped(row, first) {
            continue;
        }
        let mut digits = Vec::new();
        for (last, next) in row.iter().enumerate().skip(first) {
            digits.extend_from_slice(&next.digits);
            if digits.len() > 19 {
                break;
            }
            if is_card(&digits) && is_grouped(&row[first..=last]) {
                found.push(group.place.start..next.place.end);
            }
        }
    }
    found
}

/// Tells whether groups behind a point can be more than the fraction of one number.
fn looks_grouped(row: &[Group], first: usize) -> bool {
    row.get(first + 1).is_some_and(|next| next.is_fraction)
}

/// Tells whether people group digits so: all groups alike but for a shorter last one, or as on cards
/// of American Express and Diners Club.
fn is_grouped(groups: &[Group]) -> bool {
    let sizes: Vec<usize> = groups.iter().map(|it| it.digits.len()).collect();
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
    digits.len() >= 13 && is_given_out(digits) && checks(digits)
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
