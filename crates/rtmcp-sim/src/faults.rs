//! [`Faults`]: what a simulator does wrong on request, and when.
//!
//! Faults sit in one place: most in a layer around the session, between what it wants said and
//! those who hear it; the others where a client is let in and where datagrams leave.
//!
//! # On the command line and in scenarios
//!
//! [`FaultSpec`] reads `KIND[=VALUE][@WHEN]`. A plan stands in `faults` of a
//! [`Scenario`](crate::engine::Scenario), and a step `{ fault = "cancel" }` of a turn strikes the
//! response that the turn makes.
//!
//! | text | what happens |
//! |---|---|
//! | `cancel` | the first response of the first session is cancelled after its first delta |
//! | `close=1011@session=2,event=5` | the second session is closed after its fifth event |
//! | `duplicate-call@call=every` | each function call of the first session comes twice |
//! | `fail=rate_limit_exceeded@always` | no response of any session succeeds |
//! | `loss=5` | each call loses 5 of 100 datagrams, both ways |
//!
//! Sessions are counted as clients ask for them, those that are refused among them; events,
//! responses and calls are counted in their session. The same seed gives the same faults.

mod deal;
mod facts;
mod kind;
mod lane;
mod layer;
mod mishap;
mod spec;
mod trouble;

use std::fmt::Write as _;

pub(crate) use deal::Dealt;
pub use kind::{FaultKind, Incompletion};
pub(crate) use layer::Faulted;
pub use spec::{BadFault, FaultSpec, Occasion, When, Which};
pub use trouble::Trouble;

/// A plan: what goes wrong, and when.
///
/// # Example
///
/// ```
/// use rtmcp_sim::{Engines, SimConfig, faults::{FaultSpec, Faults}};
///
/// let mut config = SimConfig::new(Engines::found(None).engines);
/// let fault: FaultSpec = "close=1012@response=2".parse()?;
/// config.faults = Faults::from_iter([fault]);
///
/// let error = "clsoe".parse::<FaultSpec>().unwrap_err();
/// assert!(error.to_string().contains("close"), "it names those that there are");
/// # Ok::<(), rtmcp_sim::faults::BadFault>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults(Vec<FaultSpec>);

impl Faults {
    /// Lists all kinds of faults with their values and what they do, one line each.
    pub fn list() -> String {
        let mut list = String::new();
        for row in kind::ROWS {
            let name = match row.value {
                "" => row.name.to_owned(),
                value => format!("{}={value}", row.name),
            };
            // Writing to a string can't fail.
            let _ = writeln!(list, "  {name:<24} {}", row.what);
        }
        list
    }

    /// What of it befalls a session, counted from 1.
    pub(crate) fn of_session(&self, number: u64) -> Dealt {
        let all = self.0.iter();
        Dealt::new(all.filter(|it| it.when.session.is(number)).cloned())
    }
}

impl FromIterator<FaultSpec> for Faults {
    fn from_iter<I: IntoIterator<Item = FaultSpec>>(faults: I) -> Self {
        Self(faults.into_iter().collect())
    }
}

impl Extend<FaultSpec> for Faults {
    fn extend<I: IntoIterator<Item = FaultSpec>>(&mut self, faults: I) {
        self.0.extend(faults);
    }
}
