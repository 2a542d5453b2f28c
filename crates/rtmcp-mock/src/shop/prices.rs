//! `quote`: the price list.

use rmcp::handler::server::wrapper::Parameters;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::money::{Cents, plural};
use crate::answer::{Answer, refused, spoken};

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Asked {
    /// What to price: lamp, desk, chair, monitor, keyboard or bookcase.
    product: String,
    /// How many, at least one.
    #[schemars(range(min = 1))]
    quantity: u32,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Quote {
    /// The product as the price list calls it.
    product: String,
    quantity: u32,
    /// Price of one, in US dollars.
    unit_price: f64,
    /// Price of all, in US dollars.
    total: f64,
    /// Always "USD".
    currency: String,
}

pub(super) fn answer(Parameters(asked): Parameters<Asked>) -> Answer {
    let quantity = u64::from(asked.quantity);
    if quantity == 0 {
        return refused("How many? The quantity is at least one.");
    }
    let Some((product, unit)) = find(&asked.product) else {
        return refused(format!(
            "The shop doesn't sell {}. It sells {}.",
            asked.product.trim(),
            PRICES.map(|(name, _)| plural(2, name)).join(", ")
        ));
    };
    let total = Cents(unit.0 * quantity);
    let items = plural(quantity, product);
    let text = if quantity == 1 {
        format!("One {product} costs {total}.")
    } else {
        format!("{quantity} {items} cost {total}, at {unit} each.")
    };
    let quote = Quote {
        product: product.to_owned(),
        quantity: asked.quantity,
        unit_price: unit.dollars(),
        total: total.dollars(),
        currency: "USD".to_owned(),
    };
    spoken(text, &quote)
}

const PRICES: [(&str, Cents); 6] = [
    ("lamp", Cents(3_990)),
    ("desk", Cents(24_900)),
    ("chair", Cents(12_900)),
    ("monitor", Cents(19_900)),
    ("keyboard", Cents(5_950)),
    ("bookcase", Cents(8_900)),
];

/// The last word that names a product, so that a desk lamp is a lamp.
fn find(product: &str) -> Option<(&'static str, Cents)> {
    product.split_whitespace().rev().find_map(|word| {
        let word = word.to_lowercase();
        PRICES
            .iter()
            .find(|(name, _)| word == *name || word == plural(2, name))
            .copied()
    })
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn products_are_found_as_they_are_spoken() {
        for (spoken, name) in [
            ("lamps", "lamp"),
            ("Desk Lamp", "lamp"),
            ("standing desks", "desk"),
            ("a chair", "chair"),
        ] {
            assert_eq!(find(spoken).map(|(name, _)| name), Some(name), "{spoken}");
        }
        assert_eq!(find("lampshade"), None);
        assert_eq!(find(""), None);
    }
}
