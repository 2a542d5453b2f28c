//! `lookup_customer`: a handful of sample customers and their orders.

use rmcp::handler::server::wrapper::Parameters;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::money::Cents;
use crate::answer::{Answer, refused, spoken};

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Asked {
    /// The customer's name, for example Ada Lovelace, or their email address.
    name: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct Customer {
    /// Customer number, for example C-101.
    id: String,
    name: String,
    email: String,
    tier: Tier,
    open_orders: Vec<Order>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(super) enum Tier {
    Standard,
    Silver,
    Gold,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) struct Order {
    /// Order number, for example 1042.
    number: u32,
    items: String,
    /// What was paid, in US dollars.
    total: f64,
}

pub(super) fn answer(Parameters(asked): Parameters<Asked>) -> Answer {
    match find(&asked.name) {
        Ok(row) => {
            let customer = row.customer();
            spoken(row.summary(), &customer)
        }
        Err(NotOne) => refused(unknown(&asked.name)),
    }
}

/// Nobody, or more than one customer, is meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotOne;

/// The customer with this email, this full name, or alone with this first or last name.
pub(super) fn find(name: &str) -> Result<&'static Row, NotOne> {
    let name = name.trim();
    let named =
        |row: &&Row| row.name.eq_ignore_ascii_case(name) || row.email.eq_ignore_ascii_case(name);
    if let Some(row) = ROWS.iter().find(named) {
        return Ok(row);
    }
    let mut partly = ROWS.iter().filter(|row| {
        row.name
            .split(' ')
            .any(|part| part.eq_ignore_ascii_case(name))
    });
    match (partly.next(), partly.next()) {
        (Some(row), None) => Ok(row),
        _ => Err(NotOne),
    }
}

/// What to say when [`find`] found nobody.
pub(super) fn unknown(name: &str) -> String {
    let names: Vec<_> = ROWS.iter().map(|row| row.name).collect();
    format!(
        "There is no customer called {}. The customers are {}.",
        name.trim(),
        names.join(", ")
    )
}

/// What was paid for an order, if there is one with this number.
pub(super) fn paid_for(order: u32) -> Option<Cents> {
    orders()
        .find(|(number, ..)| *number == order)
        .map(|(.., total)| *total)
}

/// All order numbers, smallest first.
pub(super) fn order_numbers() -> Vec<String> {
    orders().map(|(number, ..)| number.to_string()).collect()
}

fn orders() -> impl Iterator<Item = &'static (u32, &'static str, Cents)> {
    ROWS.iter().flat_map(|row| row.orders)
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    id: &'static str,
    pub(super) name: &'static str,
    email: &'static str,
    tier: Tier,
    /// Number, items and what was paid.
    orders: &'static [(u32, &'static str, Cents)],
}

impl Row {
    fn customer(&self) -> Customer {
        let order = |&(number, items, total): &(u32, &str, Cents)| Order {
            number,
            items: items.to_owned(),
            total: total.dollars(),
        };
        Customer {
            id: self.id.to_owned(),
            name: self.name.to_owned(),
            email: self.email.to_owned(),
            tier: self.tier,
            open_orders: self.orders.iter().map(order).collect(),
        }
    }

    fn summary(&self) -> String {
        let tier = match self.tier {
            Tier::Standard => "standard",
            Tier::Silver => "silver",
            Tier::Gold => "gold",
        };
        let orders: Vec<_> = self
            .orders
            .iter()
            .map(|(number, items, total)| format!("order {number}, {items}, {total}"))
            .collect();
        let orders = match orders.len() {
            0 => "no open orders".to_owned(),
            1 => format!("one open order: {}", orders[0]),
            many => format!("{many} open orders: {}", orders.join("; ")),
        };
        format!("{} is a {tier} customer with {orders}.", self.name)
    }
}

const ROWS: [Row; 5] = [
    Row {
        id: "C-101",
        name: "Ada Lovelace",
        email: "ada@example.com",
        tier: Tier::Gold,
        orders: &[
            (1042, "two lamps", Cents(7_980)),
            (1043, "one desk", Cents(24_900)),
        ],
    },
    Row {
        id: "C-102",
        name: "Alan Turing",
        email: "alan@example.com",
        tier: Tier::Silver,
        orders: &[(1051, "one keyboard", Cents(5_950))],
    },
    Row {
        id: "C-103",
        name: "Grace Hopper",
        email: "grace@example.com",
        tier: Tier::Gold,
        orders: &[(1060, "four chairs", Cents(51_600))],
    },
    Row {
        id: "C-104",
        name: "Katherine Johnson",
        email: "katherine@example.com",
        tier: Tier::Standard,
        orders: &[],
    },
    Row {
        id: "C-105",
        name: "Hedy Lamarr",
        email: "hedy@example.com",
        tier: Tier::Standard,
        orders: &[(1067, "one monitor", Cents(19_900))],
    },
];

#[cfg(test)]
mod tests {
    use super::{NotOne, find, paid_for};
    use crate::shop::money::Cents;

    #[test]
    fn a_customer_is_found_by_any_part_of_the_name_or_the_email() {
        for name in [
            "Ada Lovelace",
            "ada lovelace",
            "Lovelace",
            " ada ",
            "ADA@example.com",
        ] {
            assert_eq!(find(name).map(|row| row.id), Ok("C-101"), "{name}");
        }
    }

    #[test]
    fn nobody_is_guessed() {
        for name in ["", "A", "Ada Turing", "Lovelaces"] {
            assert_eq!(find(name), Err(NotOne), "{name}");
        }
    }

    #[test]
    fn orders_are_found_by_number() {
        assert_eq!(paid_for(1042), Some(Cents(7980)));
        assert_eq!(paid_for(1), None);
    }
}
