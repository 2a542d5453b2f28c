//! Connections that are lost at any moment of any conversation.

use std::time::Duration;

use proptest::{
    collection::vec,
    prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest},
};
use rtmcp_core::{SessionConfig, session::FunctionTool};
use rtmcp_session::{Command, Handover, Input, Loss, Options, Output, Phase, Session};

use super::world::World;

#[derive(Clone, Debug)]
pub(crate) enum Action {
    Ask,
    Speak,
    Pass(u64),
    Drop(u64),
    Refuse,
    Interrupt,
    Expire,
    Configure,
    Tools(usize),
}

pub(crate) fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => Just(Action::Ask),
        4 => Just(Action::Speak),
        5 => (0..3_000_u64).prop_map(Action::Pass),
        4 => (0..4_000_u64).prop_map(Action::Drop),
        1 => Just(Action::Interrupt),
        1 => Just(Action::Expire),
        1 => Just(Action::Configure),
        1 => (0..3_usize).prop_map(Action::Tools),
    ]
}

impl Action {
    /// The person cuts the model's answer off, so that it need not be whole.
    fn cuts(&self) -> bool {
        matches!(self, Self::Interrupt)
    }
}

/// Does what is asked. Returns how many questions there were.
fn run(world: &mut World, actions: &[Action], tools: &[u64], polite: bool) -> u32 {
    world.tools = tools.iter().map(|ms| Duration::from_millis(*ms)).collect();
    let mut question = 0;
    for action in actions {
        question += u32::from(matches!(action, Action::Ask | Action::Speak));
        match action {
            Action::Ask => world.ask(question),
            Action::Speak => {
                if polite {
                    world.listen();
                }
                world.speak(question);
            }
            Action::Pass(ms) => world.pass(*ms),
            Action::Drop(ms) => world.drop_in(*ms),
            Action::Refuse => world.refusals += 1,
            Action::Interrupt => world.tell(Command::Interrupt),
            Action::Expire => world.expire(),
            Action::Configure => {
                world.tell(Command::Configure(Box::new(SessionConfig::realtime())));
            }
            Action::Tools(many) => world.tell(Command::SetTools(functions(*many))),
        }
    }
    world.pass(90_000);
    question
}

/// So few breaks that the session doesn't give up.
fn bearable(actions: Vec<Action>) -> Vec<Action> {
    let mut breaks = 0;
    let mut bears = |action: &Action| {
        breaks += u32::from(matches!(action, Action::Drop(_) | Action::Expire));
        breaks <= 8 || !matches!(action, Action::Drop(_) | Action::Expire)
    };
    actions.into_iter().filter(|it| bears(it)).collect()
}

fn functions(many: usize) -> Vec<FunctionTool> {
    let function = |at| FunctionTool {
        name: format!("tool_{at}"),
        ..FunctionTool::default()
    };
    (0..many).map(function).collect()
}

pub(crate) fn assert_answered_once(actions: Vec<Action>, tools: &[u64]) {
    let mut world = World::ready();
    let mut actions = bearable(actions);
    actions.retain(|it| !it.cuts());
    let questions = run(&mut world, &actions, tools, true);
    let end = (world.closed.clone(), world.session.phase());
    assert_eq!(end, (None, Phase::Ready));
    assert!(world.session.is_idle());
    world.assert_answered(1..=questions);
}

pub(crate) fn assert_none_open(mut actions: Vec<Action>, tools: &[u64], refused: bool) {
    let mut world = World::ready();
    if refused {
        actions.push(Action::Refuse);
    }
    run(&mut world, &actions, tools, false);
    assert!(world.session.open_calls().is_empty());
    if world.closed.is_none() {
        assert_eq!(world.session.phase(), Phase::Ready);
        assert!(world.session.is_idle());
        let endpoint = world.endpoint.as_ref().unwrap();
        endpoint.assert_every_call_answered();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    /// Invariants 3 and 4 over many connections: no call without its output, no question without
    /// its answer, and none with two. The world stops the test at a report that isn't true, at a
    /// second output in one conversation, at a second request in flight, at an id that was used
    /// before, and at an event that is sent to nobody.
    #[test]
    fn everything_is_answered_once_over_whatever_connections(
        actions in vec(action(), 0..24),
        tools in vec(0..5_000_u64, 8),
    ) {
        assert_answered_once(actions, &tools);
    }

    /// The same where the person cuts answers off: no call is left open, and all comes to rest.
    #[test]
    fn no_call_is_left_open_over_whatever_connections(
        actions in vec(action(), 0..24),
        tools in vec(0..5_000_u64, 8),
        refused in any::<bool>(),
    ) {
        assert_none_open(actions, &tools, refused);
    }

    /// Invariants 2 and 8: the same inputs give the same outputs.
    #[test]
    fn same_inputs_same_outputs(actions in vec(action(), 0..24), tools in vec(0..5_000_u64, 8)) {
        let mut world = World::ready();
        run(&mut world, &actions, &tools, false);
        let options = Options {
            handover: Handover::Replay,
            ..Options::default()
        };
        let mut session = Session::new(options);
        let mut again: Vec<Output> = Vec::new();
        for (now, input) in &world.told {
            again.extend(session.handle(*now, input.clone()));
        }
        assert_eq!(again, world.did);
        assert_eq!(session.handle(world.now, Input::Tick).count(), 0);
    }
}

/// Two questions get one whole answer, with a call after it, when the connection is lost: they are
/// heard again over the next one, while that answer sounds, and don't cut it.
#[test]
fn questions_that_are_heard_again_leave_their_answer_whole() {
    use Action::{Ask, Drop, Expire, Pass, Speak};
    let mut world = World::ready();
    let mut actions = vec![Speak, Speak, Pass(2_232), Ask, Speak, Drop(890), Expire];
    actions.extend([Ask, Speak, Drop(81), Drop(492)]);
    let questions = run(&mut world, &actions, &[0; 8], true);
    world.assert_answered(1..=questions);
    assert!(!world.reports[3].lost.iter().any(is_cut));
}

/// The same where the model then takes what it said for heard, answers with calls alone, and that
/// connection is lost as well before the words of the questions are known: what was cut between them
/// would never be answered.
#[test]
fn questions_that_are_heard_again_and_lost_after_that_keep_their_answer() {
    use Action::{Ask, Drop, Expire, Pass, Speak};
    let mut world = World::ready();
    let mut actions = vec![Ask, Ask, Speak, Drop(1_781), Expire, Drop(671), Speak];
    actions.extend([Pass(375), Drop(597), Drop(1_068)]);
    let questions = run(&mut world, &actions, &[351, 0, 0, 0, 0, 0, 0, 0], true);
    world.assert_answered(1..=questions);
    let is_speech = |loss: &Loss| matches!(loss, Loss::Speech { .. });
    assert!(world.reports[4].lost.iter().any(is_speech));
    assert!(!world.reports[4].lost.iter().any(is_cut));
}

fn is_cut(loss: &Loss) -> bool {
    matches!(loss, Loss::CutShort { .. })
}
