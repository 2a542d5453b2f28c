//! `create_ticket` and `issue_refund`: what the shop writes, kept in memory.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::customers;
use super::money::Cents;
use crate::answer::{Answer, refused, spoken};

/// The number before that of the first ticket.
const TICKETS_BEFORE: usize = 1000;

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct TicketWanted {
    /// The customer's name or email address, for example Ada Lovelace.
    customer: String,
    /// What it is about, in a few words, for example "broken lamp".
    subject: String,
    /// How urgent it is. Leave it out unless the caller says so.
    #[serde(default)]
    priority: Priority,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(super) enum Priority {
    Low,
    #[default]
    Normal,
    High,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Ticket {
    /// Ticket number, for example T-1001.
    id: String,
    /// The customer's full name.
    customer: String,
    subject: String,
    priority: Priority,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct RefundWanted {
    /// The order's number, for example 1042.
    order: u32,
    /// How much to pay back, in US dollars.
    #[schemars(range(min = 0.01))]
    amount: f64,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Refund {
    order: u32,
    /// Paid back now, in US dollars.
    amount: f64,
    /// Paid back on this order so far, in US dollars.
    refunded: f64,
    /// What could still be paid back on this order, in US dollars.
    remaining: f64,
    /// Always "USD".
    currency: String,
}

/// Everything written so far.
#[derive(Debug, Default)]
pub(super) struct ServiceDesk {
    tickets: usize,
    /// What was paid back, by order.
    refunded: BTreeMap<u32, Cents>,
}

impl ServiceDesk {
    pub(super) fn create_ticket(&mut self, wanted: &TicketWanted) -> Answer {
        let Ok(customer) = customers::find(&wanted.customer) else {
            return refused(customers::unknown(&wanted.customer));
        };
        let subject = wanted.subject.trim();
        if subject.is_empty() {
            return refused("What is the ticket about? Give a subject in a few words.");
        }
        self.tickets += 1;
        let ticket = Ticket {
            id: format!("T-{}", TICKETS_BEFORE + self.tickets),
            customer: customer.name.to_owned(),
            subject: subject.to_owned(),
            priority: wanted.priority,
        };
        spoken(
            format!(
                "Ticket {} is open for {}: {}.",
                ticket.id, ticket.customer, ticket.subject
            ),
            &ticket,
        )
    }

    pub(super) fn issue_refund(&mut self, wanted: &RefundWanted) -> Answer {
        let order = wanted.order;
        let Some(paid) = customers::paid_for(order) else {
            return refused(format!(
                "There is no order {order}. The orders are {}.",
                customers::order_numbers().join(", ")
            ));
        };
        let Some(amount) = Cents::from_dollars(wanted.amount) else {
            return refused("How much? The amount is at least one cent.");
        };
        let refunded = self.refunded.entry(order).or_default();
        let remaining = Cents(paid.0 - refunded.0);
        if amount > remaining {
            return refused(format!(
                "Order {order} has {remaining} left to refund, not {amount}."
            ));
        }
        *refunded = Cents(refunded.0 + amount.0);
        let remaining = Cents(paid.0 - refunded.0);
        let refund = Refund {
            order,
            amount: amount.dollars(),
            refunded: refunded.dollars(),
            remaining: remaining.dollars(),
            currency: "USD".to_owned(),
        };
        spoken(format!("Refunded {amount} on order {order}."), &refund)
    }
}
