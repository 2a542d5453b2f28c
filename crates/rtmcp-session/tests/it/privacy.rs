//! A session logs nothing that people say.

use std::{
    fmt,
    sync::atomic::{AtomicUsize, Ordering},
};

use rtmcp_core::Private;
use rtmcp_session::{Command, Input, ToolEnd, ToolNews};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::{endpoint::Step, world::World};

const SECRET: &str = "4242";

/// Fails the test at the first word that belongs to the people who talk.
#[derive(Default)]
struct Watch(AtomicUsize);

impl Subscriber for Watch {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        attributes.record(&mut Check);
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut Check);
    }

    fn event(&self, event: &Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
        event.record(&mut Check);
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

struct Check;

impl Visit for Check {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let shown = format!("{value:?}");
        assert!(!shown.contains(SECRET), "{field}: {shown}");
    }
}

#[test]
fn logs_hold_nothing_private() {
    let watch = std::sync::Arc::new(Watch::default());
    tracing::subscriber::with_default(std::sync::Arc::clone(&watch), || {
        let mut world = World::ready();
        world.endpoint.plans = [vec![Step::Speak, Step::BeginCall, Step::EndCall]].into();
        world.tell(Command::SendText(Private::from(SECRET)));
        world.rest();
        let call_id = world.working[0].clone();
        for _ in 0..2 {
            let (end, output) = (ToolEnd::Answered, Private::from(SECRET));
            let news = ToolNews::finished(end, output);
            world.tell(Input::Tool(call_id.clone(), news));
        }
        world.working.clear();
        world.rest();
        world.tell(Command::Close);
        for output in &world.did {
            assert!(!format!("{output:?}").contains(SECRET), "{output:?}");
        }
    });
    assert!(
        watch.0.load(Ordering::Relaxed) > 0,
        "nothing was logged at all"
    );
}
