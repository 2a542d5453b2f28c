//! Numbers in what was said: digits, words, and codes such as `T-1001`.

use std::ops::Range;

use super::words::Word;

/// A number that was said.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Number {
    /// The words that say it.
    pub(super) at: Range<usize>,
    pub(super) value: f64,
    /// As an identifier is written: `1042`, `T-1001`.
    pub(super) code: String,
    /// An amount of money.
    pub(super) money: bool,
}

impl Number {
    fn new(at: Range<usize>, value: f64, money: bool) -> Self {
        Self {
            code: value.to_string(),
            at,
            value,
            money,
        }
    }
}

/// Returns the numbers of an utterance, in order.
pub(super) fn numbers(words: &[Word<'_>]) -> Vec<Number> {
    let mut numbers: Vec<Number> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let found = digit_by_digit(words, at)
            .or_else(|| in_digits(words, at))
            .or_else(|| in_words(words, at));
        match found {
            Some(mut number) => {
                at = number.at.end;
                negate(words, &mut number);
                number.money |= words.get(at).is_some_and(|it| is_currency(&it.stem));
                join_or_push(words, &mut numbers, number);
            }
            None => at += 1,
        }
    }
    numbers
}

/// Whether a stem names a currency.
pub(super) fn is_currency(stem: &str) -> bool {
    matches!(
        stem,
        "dollar" | "buck" | "euro" | "pound" | "usd" | "eur" | "gbp" | "cent"
    )
}

/// "one oh four two": at least three digits one by one.
fn digit_by_digit(words: &[Word<'_>], at: usize) -> Option<Number> {
    let mut digits = String::new();
    for word in &words[at..] {
        let digit = match word.lower.as_str() {
            "oh" | "o" if !digits.is_empty() => 0,
            other => match small(other) {
                Some(it) if it < 10 => it,
                _ => break,
            },
        };
        digits.push_str(&digit.to_string());
        if word.stop.is_some() {
            break;
        }
    }
    let count = digits.len();
    let value = digits.parse().ok().filter(|_| count >= 3)?;
    Some(Number {
        code: digits,
        ..Number::new(at..at + count, value, false)
    })
}

/// "1,042", "20.50", "3rd", "T-1001", "10-42".
fn in_digits(words: &[Word<'_>], at: usize) -> Option<Number> {
    let word = &words[at];
    if !word.lower.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut plain = word.lower.replace(',', "");
    if plain.chars().all(|it| it.is_ascii_digit() || it == 'o') {
        // A recognizer writes "oh" down as the letter.
        plain = plain.replace('o', "0");
    }
    let plain = ["st", "nd", "rd", "th", "k"]
        .iter()
        .find_map(|it| plain.strip_suffix(it).filter(|it| is_digits(it)))
        .unwrap_or(&plain);
    if let Some(value) = plain.parse::<f64>().ok().filter(|it| it.is_finite()) {
        let thousands = if word.lower.ends_with('k') {
            1_000.0
        } else {
            1.0
        };
        let scale = words.get(at + 1).and_then(|it| scale(&it.lower));
        let words_used = if scale.is_some() { 2 } else { 1 };
        let value = value * scale.unwrap_or(1.0) * thousands;
        let number = Number::new(at..at + words_used, value, word.money);
        let code = if scale.is_none() && is_digits(plain) {
            plain
        } else {
            &number.code
        };
        return Some(Number {
            code: code.to_owned(),
            ..number
        });
    }
    let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
    let is_code = plain
        .chars()
        .all(|it| it.is_ascii_alphanumeric() || "-_:".contains(it));
    let value = digits.parse().ok().filter(|_| is_code)?;
    let spoken_in_parts = plain.split(['-', ':']).all(is_digits);
    let code = if spoken_in_parts {
        digits
    } else {
        word.text.to_uppercase()
    };
    Some(Number {
        code,
        ..Number::new(at..at + 1, value, word.money)
    })
}

/// "seven", "twenty five", "a hundred and five", "two point five", "a dozen".
fn in_words(words: &[Word<'_>], at: usize) -> Option<Number> {
    let mut reading = Reading::default();
    let mut next = at;
    while let Some(word) = words.get(next) {
        let follows = words.get(next + 1).map(|it| it.lower.as_str());
        if !reading.take(&word.lower, follows) {
            break;
        }
        next += 1;
        if word.stop.is_some() {
            break;
        }
    }
    let value = reading.value()?;
    let mut number = Number::new(at..next, value, false);
    if words.get(next).is_some_and(|it| it.lower == "point") {
        let decimals: Vec<String> = words[next + 1..]
            .iter()
            .map_while(|it| small(&it.lower).filter(|it| *it < 10))
            .map(|it| it.to_string())
            .collect();
        let text = format!("{value}.{}", decimals.concat());
        if let (false, Ok(value)) = (decimals.is_empty(), text.parse()) {
            number = Number::new(at..next + 1 + decimals.len(), value, false);
        }
    }
    Some(number)
}

/// A number in words, read word by word.
#[derive(Debug, Default)]
struct Reading {
    /// Thousands and millions.
    large: f64,
    /// What is below them.
    current: f64,
    started: bool,
    /// The last word was a hundred or more, after which "and" may follow.
    scaled: bool,
}

impl Reading {
    fn take(&mut self, word: &str, next: Option<&str>) -> bool {
        let next_scales = || next.is_some_and(|it| scale(it).is_some());
        match word {
            "a" | "an" if !self.started && next_scales() => return true,
            "and" if self.scaled => return next.is_some_and(|it| small(it).is_some()),
            _ => {}
        }
        if let Some(scale) = scale(word) {
            let current = self.current.max(1.0) * scale;
            if scale >= 1_000.0 {
                self.large += current;
                self.current = 0.0;
            } else {
                self.current = current;
            }
            (self.started, self.scaled) = (true, true);
            return true;
        }
        let Some(value) = small(word).map(f64::from) else {
            return false;
        };
        let (below_ten, below_hundred) = (self.current % 10.0, self.current % 100.0);
        let fits = if value < 10.0 {
            below_ten == 0.0 && below_hundred != 10.0
        } else {
            below_hundred == 0.0
        };
        let fits = fits && !(self.started && self.current == 0.0 && self.large == 0.0);
        if fits {
            self.current += value;
            (self.started, self.scaled) = (true, false);
        }
        fits
    }

    fn value(&self) -> Option<f64> {
        self.started.then_some(self.large + self.current)
    }
}

/// "ten forty two" is how 1042 is said.
fn join_or_push(words: &[Word<'_>], numbers: &mut Vec<Number>, number: Number) {
    let two_digits = |it: &Number| (10.0..100.0).contains(&it.value) && it.value.fract() == 0.0;
    let spoken = |it: &Number| {
        words[it.at.start]
            .lower
            .chars()
            .all(|c| c.is_alphabetic() || c == '-')
    };
    if let Some(last) = numbers.last_mut()
        && last.at.end == number.at.start
        && words[last.at.end - 1].stop.is_none()
        && [&*last, &number]
            .iter()
            .all(|it| two_digits(it) && spoken(it))
    {
        let value = last.value * 100.0 + number.value;
        *last = Number::new(last.at.start..number.at.end, value, number.money);
        return;
    }
    numbers.push(number);
}

fn negate(words: &[Word<'_>], number: &mut Number) {
    let before = |back: usize| number.at.start.checked_sub(back).map(|it| &words[it]);
    let minus = before(1).is_some_and(|it| it.lower == "minus" || it.lower == "negative");
    // "seven minus five" takes five away, and five is what it is.
    let operator = before(2).is_some_and(|it| small(&it.lower).is_some() || is_digits(&it.lower));
    if minus && !operator {
        *number = Number::new(
            number.at.start - 1..number.at.end,
            -number.value,
            number.money,
        );
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|it| it.is_ascii_digit())
}

fn scale(word: &str) -> Option<f64> {
    Some(match word {
        "hundred" => 100.0,
        "thousand" => 1_000.0,
        "million" => 1_000_000.0,
        "dozen" => 12.0,
        _ => return None,
    })
}

fn small(word: &str) -> Option<u32> {
    if let Some((tens, ones)) = word.split_once('-') {
        let (tens, ones) = (small(tens)?, small(ones)?);
        return (tens >= 20 && ones < 10).then_some(tens + ones);
    }
    let nth = SMALL.iter().position(|it| *it == word);
    let tens = || {
        TENS.iter()
            .position(|it| *it == word)
            .map(|it| it * 10 + 20)
    };
    nth.or_else(tens).map(|it| it as u32)
}

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];

const TENS: [&str; 8] = [
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];

#[cfg(test)]
mod tests {
    use super::numbers;
    use crate::engine::brain::rules::words::words;

    fn values(text: &str) -> Vec<f64> {
        numbers(&words(text)).iter().map(|it| it.value).collect()
    }

    #[test]
    fn numbers_are_read_as_they_are_said_and_as_they_are_written() {
        for (text, wanted) in [
            ("Add 2 and 3.", vec![2.0, 3.0]),
            ("the sum of seven and five?", vec![7.0, 5.0]),
            ("twenty five and twenty-five", vec![25.0, 25.0]),
            ("two hundred and five", vec![205.0]),
            ("a hundred lamps", vec![100.0]),
            ("one thousand forty two", vec![1042.0]),
            ("three thousand two hundred", vec![3200.0]),
            ("ten forty two", vec![1042.0]),
            ("order one oh four two please", vec![1042.0]),
            ("two point five", vec![2.5]),
            ("$1,042.50 or 20 dollars", vec![1042.5, 20.0]),
            ("the 3rd of 10-42", vec![3.0, 1042.0]),
            ("minus five, seven minus five", vec![-5.0, 7.0, 5.0]),
            ("a dozen", vec![12.0]),
            ("2 million", vec![2_000_000.0]),
            ("zero, one, two", vec![0.0, 1.0, 2.0]),
            ("a 20-dollar lamp, order 106O", vec![20.0, 1060.0]),
            ("a lamp and a desk", vec![]),
        ] {
            assert_eq!(values(text), wanted, "{text}");
        }
    }

    #[test]
    fn codes_and_money_are_known() {
        let words = words("Ticket t-1001 costs twenty dollars, order 0042");
        let numbers = numbers(&words);
        let codes: Vec<_> = numbers.iter().map(|it| it.code.as_str()).collect();
        assert_eq!(codes, ["T-1001", "20", "0042"]);
        let money: Vec<_> = numbers.iter().map(|it| it.money).collect();
        assert_eq!(money, [false, true, false]);
    }
}
