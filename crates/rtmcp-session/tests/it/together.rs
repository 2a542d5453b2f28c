//! The guarantees of two sessions that share a conversation, under random interleavings.

use std::time::Duration;

use proptest::{
    collection::vec,
    prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest},
};
use rtmcp_core::{Private, SessionConfig};
use rtmcp_session::{Command, Part, ToolEnd};

use crate::{
    endpoint::{Manners, Step},
    outlet::Words,
    pair::Pair,
    random::{manners, plans},
};

#[derive(Clone, Debug)]
enum Action {
    Up(Part),
    Down(Part),
    Model,
    Pass(u64),
    Finish(ToolEnd),
    Speak,
    Stop,
    LoseSpeech,
    Type(Part),
    Interrupt(Part),
    Commit,
    Fault,
    Change,
}

impl Action {
    /// Where tags don't come back, two responses can't always be told apart: with these, a reply
    /// may be taken for another.
    fn confuses(&self) -> bool {
        matches!(
            self,
            Self::Speak | Self::LoseSpeech | Self::Interrupt(_) | Self::Fault | Self::Commit
        )
    }
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![Just(Part::Lead), Just(Part::Companion)]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        6 => part().prop_map(Action::Up),
        10 => part().prop_map(Action::Down),
        4 => Just(Action::Model),
        2 => (0..4_000_u64).prop_map(Action::Pass),
        3 => prop_oneof![Just(ToolEnd::Answered), Just(ToolEnd::Refused)].prop_map(Action::Finish),
        1 => Just(Action::Speak),
        1 => Just(Action::Stop),
        1 => Just(Action::Type(Part::Lead)),
        2 => Just(Action::Type(Part::Companion)),
        1 => part().prop_map(Action::Interrupt),
        1 => prop_oneof![
            Just(Action::LoseSpeech),
            Just(Action::Commit),
            Just(Action::Fault),
            Just(Action::Change),
        ],
    ]
}

/// Endpoints that leave out something of what they play.
fn words() -> impl Strategy<Value = Words> {
    let word = || prop_oneof![3 => Just(true), 1 => Just(false)];
    (word(), word(), word(), any::<bool>()).prop_map(|(starts, ends, cuts, sound)| Words {
        starts,
        ends,
        cuts,
        sound,
    })
}

fn act(pair: &mut Pair, action: &Action) {
    match action {
        Action::Up(part) => {
            pair.bring_up(*part);
        }
        Action::Down(part) => {
            pair.bring_down(*part);
        }
        Action::Model => {
            pair.endpoint.step();
        }
        Action::Pass(ms) => pair.pass(Duration::from_millis(*ms)),
        Action::Finish(end) => pair.finish_tool(*end),
        Action::Speak => pair.endpoint.person_speaks(),
        Action::Stop => pair.endpoint.person_stops(),
        Action::LoseSpeech => pair.endpoint.person_is_lost(),
        Action::Type(part) => pair.tell(*part, Command::SendText(Private::from("hello"))),
        Action::Interrupt(part) => pair.tell(*part, Command::Interrupt),
        Action::Commit => pair.tell(Part::Companion, Command::CommitAudio),
        Action::Fault => pair.endpoint.faults = 1,
        Action::Change => {
            let config = Box::new(SessionConfig::realtime());
            pair.tell(Part::Companion, Command::Configure(config));
            pair.tell(Part::Companion, Command::SetTools(Vec::new()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// One output a call; no reply lost, none asked for twice; all quiet in the end. The world
    /// itself stops the test at a second output, a second request in flight, a request without a
    /// reason, an id that both parties make, and a companion that answers calls.
    #[test]
    fn two_parties_answer_every_call_and_every_word_once(
        manners in manners(),
        words in words(),
        errors_in_private in any::<bool>(),
        plans in plans(),
        actions in vec(action(), 0..160),
    ) {
        let mut pair = Pair::acquainted(manners, words);
        pair.errors_in_private = errors_in_private;
        pair.endpoint.plans = plans.into();
        for action in &actions {
            act(&mut pair, action);
        }
        pair.come_to_an_end();
        pair.assert_over();
    }

    /// Where the lines are quicker than the model, no reply is doubled, whoever asks first.
    #[test]
    fn two_parties_do_not_double_a_reply(
        plans in plans(),
        errors_in_private in any::<bool>(),
        actions in vec(action(), 0..80),
    ) {
        let mut pair = Pair::acquainted(Manners::GOOD, Words::GOOD);
        pair.errors_in_private = errors_in_private;
        pair.endpoint.plans = plans.into();
        for action in &actions {
            act(&mut pair, action);
            pair.exchange();
        }
        pair.come_to_an_end();
        pair.assert_over();
        assert_eq!(pair.endpoint.needless, [""; 0]);
    }

    /// At an endpoint that doesn't give metadata back nothing is lost either, as long as no request
    /// is on its way for the whole of another answer.
    #[test]
    fn two_parties_lose_nothing_where_metadata_is(
        plans in plans(),
        actions in vec(action(), 0..120),
    ) {
        let mut pair = Pair::acquainted(Manners::FORGETFUL, Words::GOOD);
        pair.endpoint.plans = plans.into();
        for action in actions.iter().filter(|it| !it.confuses()) {
            act(&mut pair, action);
            pair.exchange();
        }
        pair.come_to_an_end();
        pair.assert_over();
    }
}

#[test]
fn the_world_of_two_sees_calls_and_collisions() {
    let mut pair = Pair::acquainted(Manners::GOOD, Words::GOOD);
    pair.endpoint.plans = [vec![Step::Speak, Step::BeginCall, Step::EndCall]].into();
    pair.tell(Part::Companion, Command::SendText("work".into()));
    pair.rest();
    assert_eq!(pair.working.len(), 1);
    let before = pair.endpoint.responses.len();
    // The tool ends and the person types at the same moment: both ask.
    pair.finish_tool(ToolEnd::Answered);
    pair.tell(Part::Companion, Command::SendText("and?".into()));
    while pair.bring_up(Part::Lead) | pair.bring_up(Part::Companion) {}
    pair.come_to_an_end();
    assert_eq!(pair.endpoint.refused, 1);
    assert!(pair.endpoint.responses.len() <= before + 2);
    pair.assert_over();
}
