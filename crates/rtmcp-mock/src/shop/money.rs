//! Amounts in US dollars, kept in cents and spoken in words.

use std::fmt;

/// An amount in cents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cents(pub(super) u64);

impl Cents {
    /// The nearest amount to `dollars`; `None` unless it is at least a cent and at most a million
    /// dollars, beyond which a slip of the tongue is likelier than a sale.
    pub(super) fn from_dollars(dollars: f64) -> Option<Self> {
        let cents = (dollars * 100.0).round();
        (1.0..=100_000_000.0)
            .contains(&cents)
            .then_some(Self(cents as u64))
    }

    pub(super) fn dollars(self) -> f64 {
        self.0 as f64 / 100.0
    }
}

/// "20 dollars", "1 dollar and 5 cents", "50 cents": read out the same way by every voice.
impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (dollars, cents) = (self.0 / 100, self.0 % 100);
        match (dollars, cents) {
            (dollars, 0) => write!(f, "{dollars} {}", plural(dollars, "dollar")),
            (0, cents) => write!(f, "{cents} {}", plural(cents, "cent")),
            (dollars, cents) => write!(
                f,
                "{dollars} {} and {cents} {}",
                plural(dollars, "dollar"),
                plural(cents, "cent")
            ),
        }
    }
}

/// `noun`, with an s unless there is exactly one.
pub(super) fn plural(count: u64, noun: &str) -> String {
    if count == 1 {
        noun.to_owned()
    } else {
        format!("{noun}s")
    }
}

#[cfg(test)]
mod tests {
    use super::Cents;

    #[test]
    fn amounts_are_spoken_in_words() {
        assert_eq!(Cents(2000).to_string(), "20 dollars");
        assert_eq!(Cents(105).to_string(), "1 dollar and 5 cents");
        assert_eq!(Cents(1).to_string(), "1 cent");
        assert_eq!(Cents(0).to_string(), "0 dollars");
    }

    #[test]
    fn only_payable_amounts_are_amounts() {
        assert_eq!(Cents::from_dollars(39.9), Some(Cents(3990)));
        for dollars in [0.0, -1.0, 0.001, 2e6, f64::NAN, f64::INFINITY] {
            assert_eq!(Cents::from_dollars(dollars), None, "{dollars}");
        }
    }
}
