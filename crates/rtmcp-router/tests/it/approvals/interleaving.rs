//! Any order of questions, decisions, ends and pauses, on a clock of its own.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    ops::Range,
};

use rtmcp_core::{CallId, Timestamp};
use rtmcp_router::{
    Approvals, ApproveRule, Ask, Asked, AuditLine, Channel, Condition, Decision, Digest, Outcome,
    Remember, Route, Router, Target, Test,
};

use super::ruled;
use crate::fixture::{call, offer, tool};

/// How many orders are tried where `cargo xtask soak` doesn't ask for more.
const ORDERS: u64 = 2000;

/// Most orders are short, as what breaks is found in few steps; some have the time to fill what is
/// remembered.
fn steps(number: u64) -> usize {
    match number % 64 {
        0 => 250,
        other => 8 + other as usize % 32,
    }
}

#[test]
fn no_call_runs_without_a_yes_in_time_to_exactly_its_arguments() {
    let orders = orders();
    let count = orders.end - orders.start;
    let mut ran = 0_u64;
    for number in orders {
        let named = Named(number);
        ran += interleave(seed(number), steps(number)) as u64;
        drop(named);
    }
    assert!(count < ORDERS || ran > count, "calls run at all: {ran}");
}

/// Which orders to try, as `FIRST..END`.
fn orders() -> Range<u64> {
    let range = variable("RTMCP_SOAK");
    let Some(range) = range else {
        return 0..ORDERS;
    };
    let (first, end) = range.split_once("..").unwrap();
    first.parse().unwrap()..end.parse().unwrap()
}

/// From what an order is made.
fn seed(number: u64) -> u64 {
    let seed = variable("RTMCP_SOAK_SEED");
    let seed = seed.map_or(0, |seed| seed.parse::<u64>().unwrap());
    Dice(seed).roll(u64::MAX).wrapping_add(number)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test takes how long it runs from who runs it"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Names the order that breaks a guarantee, so that it can be had again.
struct Named(u64);

impl Drop for Named {
    #[expect(
        clippy::print_stderr,
        reason = "a test that fails says why to who reads it"
    )]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("interleaving {}", self.0);
        }
    }
}

/// Lets things happen in an order that the seed decides, and checks after each what must hold.
/// Returns how many calls ran.
pub(crate) fn interleave(seed: u64, steps: usize) -> usize {
    let mut world = World::new(seed);
    for _ in 0..steps {
        world.step();
    }
    world.finish();
    world.ran
}

/// What is known of a call that waits, apart from what the machine says.
#[derive(Clone, Debug)]
struct Known {
    hash: Digest,
    /// The tool and its arguments, as a text.
    what: (String, String),
    expires_at: Timestamp,
    channels: BTreeSet<Channel>,
    may_remember: Remember,
    why: String,
}

struct World {
    dice: Dice,
    now: Timestamp,
    router: Router,
    approvals: Approvals,
    waiting: BTreeMap<CallId, Known>,
    /// Those that are over, for decisions that come too late.
    over: Vec<(CallId, Known)>,
    /// What was agreed to for the session: a tool with arguments, or a tool for a reason.
    same_arguments: HashSet<(String, String)>,
    same_tool: HashSet<(String, String)>,
    /// Ends that the audit must have told of.
    ends: BTreeMap<CallId, Outcome>,
    told: BTreeMap<CallId, Outcome>,
    asked: usize,
    ran: usize,
}

const CHANNELS: [Channel; 6] = [
    Channel::Page,
    Channel::Webhook,
    Channel::Api,
    Channel::Voice,
    Channel::Dtmf,
    Channel::Terminal,
];

impl World {
    fn new(seed: u64) -> Self {
        let large = ApproveRule {
            tool: Some("refund".into()),
            when: vec![Condition {
                path: "cents".into(),
                test: Test::Above(2.into()),
            }],
            by: Some(BTreeSet::from([Channel::Webhook, Channel::Page])),
            expires: Some(std::time::Duration::from_secs(7)),
            remember: Some(seed.is_multiple_of(3)),
            ..ApproveRule::new(Ask::Always)
        };
        let spoken = ApproveRule {
            tool: Some("note".into()),
            by: Some(BTreeSet::from([
                Channel::Voice,
                Channel::Dtmf,
                Channel::Api,
            ])),
            remember: Some(true),
            ..ApproveRule::new(Ask::Always)
        };
        let mut router = ruled(vec![large, spoken]);
        offer(&mut router, "shop", vec![tool("refund"), tool("note")]);
        Self {
            dice: Dice(seed),
            now: Timestamp::ZERO,
            router,
            approvals: Approvals::default(),
            waiting: BTreeMap::new(),
            over: Vec::new(),
            same_arguments: HashSet::new(),
            same_tool: HashSet::new(),
            ends: BTreeMap::new(),
            told: BTreeMap::new(),
            asked: 0,
            ran: 0,
        }
    }

    fn step(&mut self) {
        match self.dice.roll(10) {
            0..=2 => self.ask(),
            3..=6 => self.decide(),
            7 => {
                let pause = self.dice.roll(30_000);
                self.now += std::time::Duration::from_millis(pause);
            }
            8 => self.expire(),
            _ => self.withdraw(),
        }
        self.hear();
        let waiting: Vec<_> = self.approvals.pending().into_iter().cloned().collect();
        assert_eq!(waiting.len(), self.waiting.len());
        let numbers: BTreeSet<_> = waiting.iter().map(|it| it.number).collect();
        assert_eq!(numbers.len(), waiting.len(), "two of one number");
    }

    fn ask(&mut self) {
        let name = ["refund", "note"][self.dice.index(2)];
        let arguments = format!(r#"{{"cents":{}}}"#, self.dice.roll(5));
        if self.dice.roll(40) == 0 {
            let mut changed = tool(name);
            changed.description = Some(format!("as of {}", self.now.as_micros()));
            let other = ["note", "refund"][usize::from(name == "note")];
            offer(&mut self.router, "shop", vec![changed, tool(other)]);
            // Nothing that was agreed to is about the tools as they are now.
            self.same_arguments.clear();
            self.same_tool.clear();
            self.approvals.forget();
        }
        let target = match self.router.route(&call(name, &arguments)) {
            Route::Ask(target) => target,
            other => panic!("both tools are asked about: {other:?}"),
        };
        self.asked += 1;
        let call_id = CallId::from(format!("call_{}", self.asked));
        let what = (name.to_owned(), arguments);
        let why = target.approval.to_string();
        match self.approvals.ask(self.now, &call_id, target) {
            Asked::Granted(target) => {
                assert!(
                    self.same_arguments.contains(&what)
                        || self.same_tool.contains(&(what.0.clone(), why)),
                    "{what:?} runs, and nobody ever agreed to it"
                );
                self.run(&target, &what);
                self.ends.insert(call_id, Outcome::Remembered);
            }
            Asked::Waits(request) => {
                let known = Known {
                    hash: request.hash,
                    what,
                    expires_at: self.now + request.expires(),
                    channels: request.channels,
                    may_remember: request.may_remember,
                    why,
                };
                self.waiting.insert(call_id, known);
            }
        }
    }

    /// Somebody decides: about something that waits, is over, or never was; by whatever channel;
    /// about these arguments or others.
    fn decide(&mut self) {
        let (call_id, known) = self.somebody();
        let any_hash = self.waiting.values().map(|it| it.hash).next_back();
        let hash = match self.dice.roll(4) {
            0 => None,
            1 => any_hash,
            _ => known.as_ref().map(|it| it.hash),
        };
        let decision = Decision {
            hash,
            allow: self.dice.roll(3) > 0,
            remember: [Remember::No, Remember::Arguments, Remember::Tool][self.dice.index(3)],
            ..Decision::yes(call_id.clone(), CHANNELS[self.dice.index(6)])
        };
        let waits = self.waiting.get(&call_id).cloned();
        let decided = self.approvals.decide(self.now, decision.clone());
        let Some(known) = waits else {
            assert!(decided.is_err(), "a second decision counts: {decision:?}");
            return;
        };
        if self.now >= known.expires_at {
            assert!(decided.is_err(), "a late decision counts: {decision:?}");
            return self.over(&call_id, Outcome::Expired);
        }
        let fits = known.channels.contains(&decision.channel)
            && decision.hash.is_none_or(|hash| hash == known.hash)
            && (!decision.allow || decision.remember <= known.may_remember);
        assert_eq!(decided.is_ok(), fits, "{decision:?} {known:?}");
        let Ok(decided) = decided else { return };
        assert_eq!(decided.allowed, decision.allow);
        if decided.allowed {
            self.run(&decided.target, &known.what);
            self.agree(&known, decision.remember);
            self.over(&call_id, Outcome::Approved);
        } else {
            self.over(&call_id, Outcome::Denied);
        }
    }

    fn expire(&mut self) {
        let ended = self.approvals.expire(self.now);
        let ended: BTreeSet<_> = ended.into_iter().map(|(it, _)| it.call_id).collect();
        let late = self.waiting.iter();
        let late = late.filter(|(_, it)| self.now >= it.expires_at);
        let late: BTreeSet<_> = late.map(|(call_id, _)| call_id.clone()).collect();
        assert_eq!(ended, late);
        late.iter().for_each(|it| self.over(it, Outcome::Expired));
    }

    fn withdraw(&mut self) {
        let (call_id, _) = self.somebody();
        let waits = self.waiting.get(&call_id).cloned();
        let withdrawn = self.approvals.withdraw(self.now, &call_id);
        assert_eq!(withdrawn.is_some(), waits.is_some());
        match waits {
            Some(known) if self.now >= known.expires_at => self.over(&call_id, Outcome::Expired),
            Some(_) => self.over(&call_id, Outcome::Withdrawn),
            None => {}
        }
    }

    /// The session is over.
    fn finish(&mut self) {
        for call_id in self.waiting.keys().cloned().collect::<Vec<_>>() {
            self.approvals.withdraw(self.now, &call_id);
            let late = self.now >= self.waiting[&call_id].expires_at;
            let outcome = if late {
                Outcome::Expired
            } else {
                Outcome::Withdrawn
            };
            self.over(&call_id, outcome);
        }
        self.hear();
        assert_eq!(self.ends.len(), self.asked, "each question ends");
        assert_eq!(self.told, self.ends, "each end has its line");
    }

    fn hear(&mut self) {
        let lines: Vec<AuditLine> = self.approvals.take_audit().collect();
        for line in lines {
            let before = self.told.insert(line.call_id.clone(), line.outcome);
            assert_eq!(before, None, "a second line of {}", line.call_id);
        }
    }

    fn run(&mut self, target: &Target, what: &(String, String)) {
        assert_eq!(target.tool, what.0);
        let arguments = serde_json::to_string(target.arguments.expose()).unwrap();
        assert_eq!(arguments, what.1);
        self.ran += 1;
    }

    fn agree(&mut self, known: &Known, remember: Remember) {
        match remember {
            Remember::No => {}
            Remember::Arguments => {
                self.same_arguments.insert(known.what.clone());
            }
            Remember::Tool => {
                let tool = (known.what.0.clone(), known.why.clone());
                self.same_tool.insert(tool);
            }
        }
    }

    fn over(&mut self, call_id: &CallId, outcome: Outcome) {
        let Some(known) = self.waiting.remove(call_id) else {
            panic!("{call_id} doesn't wait")
        };
        assert_eq!(self.ends.insert(call_id.clone(), outcome), None);
        self.over.push((call_id.clone(), known));
    }

    /// Names a call that waits, is over, or never was.
    fn somebody(&mut self) -> (CallId, Option<Known>) {
        let (waiting, over) = (self.waiting.len(), self.over.len());
        match self.dice.roll(8) {
            0 => (CallId::from("never"), None),
            1 if over > 0 => {
                let (call_id, known) = self.over[self.dice.index(over)].clone();
                (call_id, Some(known))
            }
            _ if waiting > 0 => {
                let at = self.dice.index(waiting);
                let (call_id, known) = self.waiting.iter().nth(at).unwrap();
                (call_id.clone(), Some(known.clone()))
            }
            _ => (CallId::from("nothing"), None),
        }
    }
}

/// Numbers that a seed decides (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    }

    fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.roll(len as u64)).unwrap_or_default()
    }
}
