//! [`Approvals`]: the calls of a session that somebody must decide about, each bound to exactly what
//! was asked.

mod audit;
mod decision;
mod request;

use std::collections::{BTreeMap, VecDeque};

use rtmcp_core::{CallId, Timestamp};

pub use audit::{AuditLine, Outcome};
pub use decision::{DecideError, Decided, Decision};
pub use request::{ApprovalRequest, Asked};

use crate::{
    digest::Digest,
    policy::{ApprovalReason, Remember},
    route::Target,
};

/// The calls of a session that somebody must decide about.
///
/// It holds for any order of what happens:
///
/// - A call runs only after a yes that names its very arguments, by a channel that may decide, in
///   time; or where an earlier yes was to be remembered and covers it.
/// - Each request ends exactly once: approved, denied, expired or withdrawn.
/// - Each end is one line in [`take_audit`](Self::take_audit).
///
/// Time is what the caller says, and may not run backwards.
///
/// # Example
///
/// ```
/// # use rtmcp_core::{Private, ServerName, Timestamp, ToolCall, ToolSpec};
/// # use rtmcp_router::{Route, Router, RouterConfig, ServerRules, Target};
/// # fn target() -> Target {
/// #     let config = RouterConfig { servers: vec![ServerRules::new("shop")], ..Default::default() };
/// #     let mut router = Router::new(config).unwrap();
/// #     let tool = ToolSpec { name: "issue_refund".into(), ..ToolSpec::default() };
/// #     router.set_tools(&ServerName::from("shop"), vec![tool]).unwrap();
/// #     let call = ToolCall {
/// #         call_id: "call_1".into(), response_id: "resp_1".into(), item_id: "item_1".into(),
/// #         name: "issue_refund".into(), arguments: Private::from("{}"),
/// #     };
/// #     let Route::Ask(target) = router.route(&call) else { panic!() };
/// #     target
/// # }
/// use std::time::Duration;
/// use rtmcp_router::{Approvals, Asked, Channel, DecideError, Decision};
///
/// let mut approvals = Approvals::default();
/// let asked_at = Timestamp::ZERO;
/// let Asked::Waits(request) = approvals.ask(asked_at, &"call_1".into(), target()) else {
///     panic!("nobody has agreed to anything yet");
/// };
/// let yes = Decision { hash: Some(request.hash), ..Decision::yes("call_1", Channel::Page) };
/// let soon = asked_at + Duration::from_secs(5);
/// let decided = approvals.decide(soon, yes.clone())?;
/// assert!(decided.allowed && decided.target.tool == "issue_refund");
/// // Once is enough.
/// assert!(matches!(approvals.decide(soon, yes), Err(DecideError::Settled { .. })));
/// assert_eq!(approvals.take_audit().count(), 1);
/// # Ok::<(), DecideError>(())
/// ```
#[derive(Debug, Default)]
pub struct Approvals {
    pending: BTreeMap<CallId, Pending>,
    /// How requests ended, for those who decide too late; the oldest go first.
    settled: VecDeque<(CallId, Outcome)>,
    grants: VecDeque<Grant>,
    audit: Vec<AuditLine>,
    numbers: u64,
}

/// Requests of which it is known how they ended, for those who decide too late.
const SETTLED: usize = 256;

/// Remembered yeses of a session; a new one takes the place of the oldest.
const REMEMBERED: usize = 64;

#[derive(Debug)]
struct Pending {
    request: ApprovalRequest,
    target: Target,
}

/// A yes that was to be remembered.
#[derive(Debug)]
struct Grant {
    /// The yes that it comes from.
    of: CallId,
    covers: Covers,
}

#[derive(Debug, PartialEq)]
enum Covers {
    /// A call like this, whatever asks about it.
    Hash(Digest),
    /// Any call of a tool, as the server described it, that is asked about for this reason.
    Tool {
        /// The digest of the tool without arguments.
        tool: Digest,
        because: ApprovalReason,
    },
}

impl Approvals {
    /// Asks about a call, unless an earlier yes covers it.
    ///
    /// A call that waits already is asked about no second time: what waits stays, and is returned.
    pub fn ask(&mut self, now: Timestamp, call_id: &CallId, target: Target) -> Asked {
        if let Some(pending) = self.pending.get(call_id) {
            return Asked::Waits(Box::new(pending.request.clone()));
        }
        let number = self.next_number();
        let request = ApprovalRequest::new(now, call_id, &target, number);
        if let Some(of) = self.granted(&request, &target) {
            self.audit.push(AuditLine {
                remembered_from: Some(of),
                ..AuditLine::new(now, &request, Outcome::Remembered)
            });
            self.settle(call_id, Outcome::Remembered);
            return Asked::Granted(Box::new(target));
        }
        let pending = Pending {
            request: request.clone(),
            target,
        };
        self.pending.insert(call_id.clone(), pending);
        Asked::Waits(Box::new(request))
    }

    /// Takes a decision. Nothing changes where it is refused, but that a request whose time is over
    /// has expired.
    ///
    /// # Errors
    ///
    /// [`DecideError`], in words for whoever decided: nothing waits under that name or not any more,
    /// it is about other arguments, or by a channel that may not decide.
    pub fn decide(&mut self, now: Timestamp, decision: Decision) -> Result<Decided, DecideError> {
        let Some(pending) = self.pending.get(&decision.call_id) else {
            return Err(match self.outcome(&decision.call_id) {
                Some(outcome) => DecideError::Settled { outcome },
                None => DecideError::Unknown,
            });
        };
        let request = &pending.request;
        if now >= request.expires_at {
            self.end(now, &decision.call_id.clone(), Outcome::Expired);
            let outcome = Outcome::Expired;
            return Err(DecideError::Settled { outcome });
        }
        decision.check(request)?;
        let outcome = match decision.allow {
            true => Outcome::Approved,
            false => Outcome::Denied,
        };
        let Some(Pending { request, target }) = self.pending.remove(&decision.call_id) else {
            return Err(DecideError::Unknown);
        };
        let remembered = if decision.allow {
            self.remember(&decision, &request, &target)
        } else {
            Remember::No
        };
        self.audit.push(AuditLine {
            channel: Some(decision.channel),
            who: decision.who,
            reason: decision.reason.clone(),
            remembered,
            ..AuditLine::new(now, &request, outcome)
        });
        self.settle(&decision.call_id, outcome);
        Ok(Decided {
            target,
            allowed: decision.allow,
            reason: decision.reason,
        })
    }

    /// Ends the requests whose time is over, in the order in which they were asked. Nobody has to
    /// call it for them to be over.
    pub fn expire(&mut self, now: Timestamp) -> Vec<(ApprovalRequest, Target)> {
        let pending = self.pending.values().map(|it| &it.request);
        let late = pending.filter(|it| now >= it.expires_at);
        let mut late: Vec<_> = late.map(|it| (it.number, it.call_id.clone())).collect();
        late.sort_unstable();
        late.into_iter()
            .filter_map(|(_, call_id)| self.end(now, &call_id, Outcome::Expired))
            .collect()
    }

    /// Ends a request because the call is: the person interrupted it, or the session is over. One
    /// whose time is over has expired.
    pub fn withdraw(
        &mut self,
        now: Timestamp,
        call_id: &CallId,
    ) -> Option<(ApprovalRequest, Target)> {
        let pending = self.pending.get(call_id)?;
        let outcome = match now >= pending.request.expires_at {
            true => Outcome::Expired,
            false => Outcome::Withdrawn,
        };
        self.end(now, call_id, outcome)
    }

    /// Forgets what was to be remembered.
    pub fn forget(&mut self) {
        self.grants.clear();
    }

    /// Returns when [`expire`](Self::expire) has something to do next.
    pub fn deadline(&self) -> Option<Timestamp> {
        let pending = self.pending.values();
        pending.map(|it| it.request.expires_at).min()
    }

    /// Returns what waits, in the order in which it was asked.
    pub fn pending(&self) -> Vec<&ApprovalRequest> {
        let mut pending: Vec<_> = self.pending.values().map(|it| &it.request).collect();
        pending.sort_unstable_by_key(|it| it.number);
        pending
    }

    /// Returns what waits under this name.
    pub fn get(&self, call_id: &CallId) -> Option<&ApprovalRequest> {
        self.pending.get(call_id).map(|it| &it.request)
    }

    /// Takes the lines of the audit that are new, the oldest first.
    pub fn take_audit(&mut self) -> impl Iterator<Item = AuditLine> {
        self.audit.drain(..)
    }

    fn end(
        &mut self,
        now: Timestamp,
        call_id: &CallId,
        outcome: Outcome,
    ) -> Option<(ApprovalRequest, Target)> {
        let Pending { request, target } = self.pending.remove(call_id)?;
        self.audit.push(AuditLine::new(now, &request, outcome));
        self.settle(call_id, outcome);
        Some((request, target))
    }

    fn settle(&mut self, call_id: &CallId, outcome: Outcome) {
        self.settled.push_back((call_id.clone(), outcome));
        while self.settled.len() > SETTLED {
            self.settled.pop_front();
        }
    }

    fn outcome(&self, call_id: &CallId) -> Option<Outcome> {
        let mut settled = self.settled.iter().rev();
        let found = settled.find(|(it, _)| it == call_id);
        found.map(|(_, outcome)| *outcome)
    }

    /// Returns the least number that nothing that waits has, from 1 to 9 while there is one, so that
    /// a person can name it; one that was free for longest.
    fn next_number(&mut self) -> u64 {
        let is_taken = |number: u64| self.pending.values().any(|it| it.request.number == number);
        let short = (1..=9).map(|step| (self.numbers + step - 1) % 9 + 1);
        let free = { short }.find(|number| !is_taken(*number));
        let number = free.unwrap_or_else(|| {
            let taken = self.pending.values().map(|it| it.request.number);
            taken.max().map_or(1, |most| most + 1)
        });
        self.numbers = number;
        number
    }

    fn granted(&self, request: &ApprovalRequest, target: &Target) -> Option<CallId> {
        if request.may_remember == Remember::No {
            return None;
        }
        let asked = [
            Covers::Hash(request.hash),
            Covers::Tool {
                tool: request::digest_of_tool(target),
                because: target.approval.because.clone(),
            },
        ];
        let grant = self.grants.iter().find(|it| asked.contains(&it.covers));
        grant.map(|grant| grant.of.clone())
    }

    fn remember(
        &mut self,
        decision: &Decision,
        request: &ApprovalRequest,
        target: &Target,
    ) -> Remember {
        let covers = match decision.remember {
            Remember::No => return Remember::No,
            Remember::Arguments => Covers::Hash(request.hash),
            Remember::Tool => Covers::Tool {
                tool: request::digest_of_tool(target),
                because: target.approval.because.clone(),
            },
        };
        self.grants.push_back(Grant {
            of: decision.call_id.clone(),
            covers,
        });
        while self.grants.len() > REMEMBERED {
            self.grants.pop_front();
        }
        decision.remember
    }
}
