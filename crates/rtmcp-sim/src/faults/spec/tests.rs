//! Faults as they are written.

use std::{num::NonZeroU64, time::Duration};

use super::{FaultSpec, Occasion, When, Which};
use crate::faults::{FaultKind, Faults, Incompletion, Trouble, kind::ROWS};

fn read(text: &str) -> FaultSpec {
    text.parse().unwrap()
}

fn error(text: &str) -> String {
    text.parse::<FaultSpec>().unwrap_err().to_string()
}

fn when(session: Which, occasion: Occasion, nth: Which) -> When {
    When {
        session,
        occasion,
        nth,
    }
}

fn nth(number: u64) -> Which {
    Which::Nth(NonZeroU64::new(number).unwrap())
}

#[test]
fn every_kind_is_read_by_its_name_and_listed_with_what_it_does() {
    let list = Faults::list();
    for row in ROWS {
        let kind = read(row.name).kind;
        assert_eq!(kind.name(), row.name);
        assert!(kind.row().is_some(), "{}", row.name);
        assert!(list.contains(row.what), "{}", row.name);
        assert!(error("nonsense").contains(row.name), "{}", row.name);
    }
    assert_eq!(list.lines().count(), ROWS.len());
}

#[test]
fn values_are_read() {
    for (text, kind) in [
        ("slow=250", FaultKind::Slow(Duration::from_millis(250))),
        ("cancel=0", FaultKind::Cancel(0)),
        (
            "incomplete=content_filter",
            FaultKind::Incomplete(Incompletion::Filter),
        ),
        ("fail=insufficient_quota", FaultKind::Fail(Trouble::Quota)),
        ("oversized=70000", FaultKind::Oversized(70_000)),
        ("close=4000", FaultKind::Close(4000)),
        ("loss=2.5", FaultKind::Loss(2.5)),
    ] {
        assert_eq!(read(text).kind, kind, "{text}");
    }
}

#[test]
fn a_fault_strikes_once_or_always_or_when_it_is_said() {
    use Occasion::{Call, Event, Response, Session};
    let (first, every) = (Which::FIRST, Which::Every);
    for (text, expected) in [
        ("cancel", when(first, Response, first)),
        ("cancel@always", when(every, Response, every)),
        ("cancel@response=3", when(first, Response, nth(3))),
        ("close@event=5,session=2", when(nth(2), Event, nth(5))),
        ("late-call@session=every", when(every, Call, first)),
        ("slow", when(every, Response, every)),
        ("slow@response=2", when(first, Response, nth(2))),
        ("loss", when(every, Session, every)),
    ] {
        assert_eq!(read(text).when, expected, "{text}");
    }
}

#[test]
fn what_can_not_be_is_told_with_what_can() {
    for (text, hint) in [
        ("slow=fast", "milliseconds"),
        ("hang=1", "no value"),
        ("close=99", "from 1000 to 4999"),
        ("loss=101", "from 0 to 100"),
        ("loss=NaN", "from 0 to 100"),
        ("fail=oops", "`rate_limit_exceeded`"),
        ("incomplete=oops", "`content_filter`"),
        ("cancel@event=1", "`response=N`"),
        ("cancel@response=0", "`response=N`"),
        ("cancel@sometimes", "`always`"),
        ("cancel@response=1,response=2", "`session=N`"),
        ("loss@response=1", "`session=N`"),
    ] {
        let error = error(text);
        assert!(error.contains(hint), "{text}: {error}");
    }
}

#[test]
fn what_strikes_a_session_as_it_begins_is_no_step() {
    assert_eq!(FaultKind::in_step("hang"), Ok(FaultKind::Hang));
    let error = FaultKind::in_step("loss=5").unwrap_err().to_string();
    assert!(error.contains("under `faults`"), "{error}");
}
