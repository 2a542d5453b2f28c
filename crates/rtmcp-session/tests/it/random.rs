//! The guarantees under random interleavings of everything that can happen.

use std::time::Duration;

use proptest::{
    collection::vec,
    prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest},
};
use rtmcp_core::{
    CallPolicy, Duplicates, OnBargeIn, Private, ReplyMode, SessionConfig, Timestamp,
    session::FunctionTool,
};
use rtmcp_session::{Command, Input, Options, Output, Phase, Session, ToolEnd, ToolNews, Turn};

use crate::{
    endpoint::{Manners, SILENT, Step},
    world::World,
};

#[derive(Clone, Debug)]
pub(crate) enum Action {
    Up,
    Down,
    Model,
    Pass(u64),
    Finish(ToolEnd),
    FinishAgain,
    Run(u64, CallPolicy),
    Progress,
    Approve(u64, bool),
    Tell(ReplyMode),
    Pictures(usize),
    Speak,
    Stop,
    LoseSpeech,
    Type,
    Interrupt,
    Stutter,
    Aside,
    Fault,
    Commit,
    Configure,
    Tools(usize),
    SlowPlayer,
    AnswerStop,
}

impl Action {
    /// Where tags don't come back, two responses can't always be told apart: with these, a reply
    /// may be taken for another.
    fn confuses(&self) -> bool {
        matches!(
            self,
            Self::Speak | Self::Interrupt | Self::Aside | Self::Fault | Self::Commit
        )
    }
}

pub(crate) fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => Just(Action::Up),
        6 => Just(Action::Down),
        4 => Just(Action::Model),
        2 => (0..4_000_u64).prop_map(Action::Pass),
        3 => prop_oneof![Just(ToolEnd::Answered), Just(ToolEnd::Refused), Just(ToolEnd::Failed)]
            .prop_map(Action::Finish),
        1 => Just(Action::FinishAgain),
        2 => (1..60_000_u64, policy()).prop_map(|(ms, policy)| Action::Run(ms, policy)),
        1 => (1..20_000_u64, any::<bool>()).prop_map(|(ms, tell)| Action::Approve(ms, tell)),
        1 => prop_oneof![
            Just(Action::Progress),
            reply_mode().prop_map(Action::Tell),
            (0..3_usize).prop_map(Action::Pictures),
        ],
        1 => Just(Action::Speak),
        1 => Just(Action::Stop),
        1 => Just(Action::Type),
        1 => Just(Action::Interrupt),
        1 => prop_oneof![
            Just(Action::LoseSpeech),
            Just(Action::Stutter),
            Just(Action::Aside),
            Just(Action::Fault),
            Just(Action::Commit),
            Just(Action::Configure),
            (0..3_usize).prop_map(Action::Tools),
        ],
        1 => prop_oneof![Just(Action::SlowPlayer), Just(Action::AnswerStop)],
    ]
}

fn reply_mode() -> impl Strategy<Value = ReplyMode> {
    prop_oneof![
        Just(ReplyMode::Reply),
        Just(ReplyMode::Silent),
        Just(ReplyMode::WhenIdle),
        Just(ReplyMode::Interrupt),
    ]
}

fn policy() -> impl Strategy<Value = CallPolicy> {
    let on_barge_in = prop_oneof![
        Just(OnBargeIn::Silent),
        Just(OnBargeIn::Finish),
        Just(OnBargeIn::Report),
        Just(OnBargeIn::Cancel),
    ];
    let duplicates = prop_oneof![Just(Duplicates::Answer), Just(Duplicates::Run)];
    let soft_deadline = prop_oneof![
        1 => Just(None),
        3 => (1..8_000_u64).prop_map(|ms| Some(Duration::from_millis(ms))),
    ];
    let parts = (soft_deadline, reply_mode(), on_barge_in, duplicates);
    parts.prop_map(
        |(soft_deadline, reply, on_barge_in, duplicates)| CallPolicy {
            soft_deadline,
            reply,
            on_barge_in,
            duplicates,
        },
    )
}

/// Endpoints that leave something out, but for the metadata.
pub(crate) fn manners() -> impl Strategy<Value = Manners> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(conversations, errors, items)| {
        Manners {
            conversations,
            errors,
            items,
            ..Manners::GOOD
        }
    })
}

/// What the model does in its responses: speaks, calls once, calls several times; some fail or
/// vanish, fewer than a session gives up at.
pub(crate) fn plans() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let call = vec![Step::BeginCall, Step::EndCall];
    let part = prop_oneof![Just(vec![Step::Speak]), Just(call)];
    let whole = vec(part, 0..5).prop_map(|parts| parts.concat());
    let end = prop_oneof![
        8 => Just(None),
        1 => Just(Some(Step::Fail)),
        1 => Just(Some(Step::Vanish)),
    ];
    let plans = vec((whole, end), 0..8);
    plans.prop_map(|plans| {
        let mut troubles = 0;
        let plan = |(mut steps, end): (Vec<Step>, Option<Step>)| {
            troubles += usize::from(end.is_some());
            steps.extend(end.filter(|_| troubles <= 2));
            steps
        };
        plans.into_iter().map(plan).collect()
    })
}

fn act(world: &mut World, action: &Action) {
    match action {
        Action::Up => {
            world.bring_up();
        }
        Action::Down => {
            world.bring_down();
        }
        Action::Model => {
            world.endpoint.step();
        }
        Action::Pass(ms) => world.pass(Duration::from_millis(*ms)),
        Action::Finish(end) => world.finish_tool(*end),
        Action::FinishAgain => {
            // News of a call that is over, or that never was, change nothing.
            let over = world.watch.outputs.keys().next_back().cloned();
            let call_id = over.unwrap_or_else(|| "call_nobody_made".into());
            let (end, output) = (ToolEnd::Answered, Private::from("again"));
            world.tell(Input::Tool(call_id, ToolNews::finished(end, output)));
        }
        Action::Run(ms, policy) => {
            if let Some(call_id) = world.working.front().cloned() {
                world.policies.insert(call_id.clone(), *policy);
                let (deadline, policy) = (Duration::from_millis(*ms), *policy);
                world.tell(Input::Tool(call_id, ToolNews::Running { deadline, policy }));
            }
        }
        Action::Progress => tell_news(
            world,
            ToolNews::Progress {
                message: Some("3 of 7".into()),
            },
        ),
        Action::Approve(ms, tell) => {
            let expires = Duration::from_millis(*ms);
            let notice = tell.then(|| "ask the user".into());
            tell_news(world, ToolNews::AwaitingApproval { expires, notice });
        }
        Action::Tell(reply) => {
            let silent = *reply == ReplyMode::Silent;
            let text = Private::from(if silent { SILENT } else { "news" });
            let reply = *reply;
            world.tell(Command::Tell { text, reply });
        }
        Action::Pictures(count) => world.pictures = *count,
        Action::Speak => world.endpoint.person_speaks(),
        Action::Stop => world.endpoint.person_stops(),
        Action::LoseSpeech => world.endpoint.person_is_lost(),
        Action::Type => world.tell(Command::SendText(Private::from("hello"))),
        Action::Interrupt => world.tell(Command::Interrupt),
        Action::Stutter => world.stutters = !world.stutters,
        Action::Aside => world.endpoint.aside(),
        Action::Fault => world.endpoint.faults = 1,
        Action::Commit => world.tell(Command::CommitAudio),
        Action::Configure => {
            world.tell(Command::Configure(Box::new(SessionConfig::realtime())));
        }
        Action::Tools(many) => world.tell(Command::SetTools(tools(*many))),
        Action::SlowPlayer => world.slow_player = !world.slow_player,
        Action::AnswerStop => world.answer_stop(),
    }
}

fn tools(many: usize) -> Vec<FunctionTool> {
    let tool = |at| FunctionTool {
        name: format!("tool_{at}"),
        ..FunctionTool::default()
    };
    (0..many).map(tool).collect()
}

fn tell_news(world: &mut World, news: ToolNews) {
    if let Some(call_id) = world.working.front().cloned() {
        world.tell(Input::Tool(call_id, news));
    }
}

pub(crate) fn run(manners: Manners, plans: Vec<Vec<Step>>, actions: &[Action]) -> World {
    let mut world = World::acquainted(manners);
    world.endpoint.plans = plans.into();
    for action in actions {
        act(&mut world, action);
    }
    world
}

pub(crate) fn assert_answered_once(manners: Manners, plans: Vec<Vec<Step>>, actions: &[Action]) {
    let mut world = run(manners, plans, actions);
    world.come_to_an_end();
    world.assert_every_call_answered();
    world.assert_nothing_unanswered();
    assert!(!world.endpoint.is_writing());
    assert_eq!(world.session.turn(), Turn::Idle);
    assert!(world.session.is_idle());
}

pub(crate) fn assert_none_outlives(
    manners: Manners,
    plans: Vec<Vec<Step>>,
    actions: &[Action],
    lost: bool,
) {
    let mut world = run(manners, plans, actions);
    let open = world.session.open_calls();
    world.tell(if lost {
        Input::Disconnected
    } else {
        Command::Close.into()
    });
    assert_eq!(world.session.phase(), Phase::Closed);
    assert!(world.session.open_calls().is_empty());
    assert!(world.working.is_empty(), "every tool was stopped");
    assert_eq!(world.session.deadline(), None);
    for call_id in open {
        let outputs = world.watch.outputs.get(&call_id).copied();
        assert_eq!(outputs.unwrap_or(0), usize::from(!lost));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    /// Invariants 3 and 4: one output a call; no reply lost, none doubled. The world itself stops
    /// the test at a second output, a second request in flight, or a request without a reason.
    #[test]
    fn every_call_and_every_word_is_answered_once(
        manners in manners(),
        plans in plans(),
        actions in vec(action(), 0..120),
    ) {
        assert_answered_once(manners, plans, &actions);
    }

    /// The same at an endpoint that doesn't give metadata back: nothing is lost.
    #[test]
    fn nothing_is_lost_where_metadata_is(plans in plans(), actions in vec(action(), 0..120)) {
        let mut world = World::acquainted(Manners::FORGETFUL);
        world.endpoint.plans = plans.into();
        // Whose reply it is that comes after its time, and fails, nobody can tell.
        world.watch.free_requests = true;
        let quiet = actions.iter().filter(|it| !it.confuses());
        for action in quiet {
            act(&mut world, action);
        }
        world.come_to_an_end();
        world.assert_every_call_answered();
        world.assert_nothing_unanswered();
    }

    /// Invariant 3 at the end of a session: what is open is answered, or orphaned.
    #[test]
    fn no_call_outlives_its_session(
        manners in manners(),
        plans in plans(),
        actions in vec(action(), 0..120),
        lost in any::<bool>(),
    ) {
        assert_none_outlives(manners, plans, &actions, lost);
    }

    /// Invariants 2 and 8: the same inputs give the same outputs, however they are taken.
    #[test]
    fn same_inputs_same_outputs(plans in plans(), actions in vec(action(), 0..120)) {
        let world = run(Manners::GOOD, plans, &actions);
        let mut session = Session::new(Options::default());
        let mut again: Vec<Output> = Vec::new();
        for (index, (now, input)) in world.told.iter().enumerate() {
            let mut drain = session.handle(*now, input.clone());
            // What isn't taken stays, and comes first the next time.
            if index % 3 == 0 {
                again.extend(drain.next());
            } else {
                again.extend(drain);
            }
        }
        again.extend(session.handle(Timestamp::ZERO, Input::Tick));
        assert_eq!(again, world.did);
    }
}
