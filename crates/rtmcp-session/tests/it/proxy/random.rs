//! What a proxy guarantees, under random interleavings of both sides and our tools.

use proptest::{
    collection::vec,
    prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest},
};

use super::{
    far::Step,
    world::{Action, World},
};

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        6 => Just(Action::Up),
        8 => Just(Action::Down),
        6 => Just(Action::Model),
        3 => Just(Action::Tool),
        2 => (0..3_000_u64).prop_map(Action::Pass),
        1 => Just(Action::Ask),
        1 => Just(Action::TypeAndAsk),
        1 => Just(Action::Stop),
        1 => Just(Action::Say),
        1 => Just(Action::Offer),
        1 => Just(Action::Answer),
        2 => Just(Action::AnswerAndAsk),
        1 => Just(Action::PersonSpeaks),
        1 => Just(Action::PersonStops),
    ]
}

fn native_action() -> impl Strategy<Value = Action> {
    prop_oneof![
        10 => moving_action(),
        1 => any::<bool>().prop_map(Action::Decide),
    ]
}

fn native_plans() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let step = prop_oneof![
        Just(Step::Say),
        Just(Step::CallOurs),
        Just(Step::CallTheirs),
        Just(Step::LookUp),
        Just(Step::Change),
    ];
    vec(vec(step, 0..4), 0..8)
}

fn moving_action() -> impl Strategy<Value = Action> {
    prop_oneof![
        20 => action(),
        1 => Just(Action::Drop),
        1 => Just(Action::Connect),
    ]
}

fn plans() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let step = prop_oneof![
        Just(Step::Say),
        Just(Step::CallOurs),
        Just(Step::CallTheirs)
    ];
    vec(vec(step, 0..4), 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn a_client_sees_nothing_of_ours_and_loses_nothing_of_its_own(
        plans in plans(),
        actions in vec(action(), 0..120),
    ) {
        let mut world = World::new(plans);
        for action in &actions {
            world.act(action);
        }
        world.come_to_an_end();
        world.assert_passed();
        world.far.assert_answered();
        assert!(world.stopped || world.far.has_seen_all(), "every result is told");
    }

    #[test]
    fn a_conversation_outlives_its_connections(
        plans in plans(),
        actions in vec(moving_action(), 0..120),
    ) {
        let mut world = World::new(plans);
        while world.bring_down() || world.bring_up() {}
        for action in &actions {
            world.act(action);
        }
        world.come_to_an_end();
        world.far.assert_answered();
        assert!(world.working.is_empty());
    }

    #[test]
    fn calls_of_a_server_end_once_before_the_client(
        plans in native_plans(),
        actions in vec(native_action(), 0..120),
    ) {
        let mut world = World::with_server(plans);
        // Tools of its own would take the place of the server.
        let actions = actions.iter().filter(|it| !matches!(it, Action::Offer));
        for action in actions {
            world.act(action);
        }
        world.come_to_an_end();
        world.far.assert_answered();
        assert!(world.working.is_empty() && world.natives.is_empty());
    }
}
