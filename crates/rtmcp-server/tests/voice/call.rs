//! [`Call`]: a session with a microphone, and what was seen of it.

use std::{sync::Arc, time::Duration};

use rtmcp::{
    Agent, Bridge, CallSetup, Config, Event, Playback,
    session::{self, Playback as Played},
};
use rtmcp_media::Sound;

use crate::{microphone::Microphone, turn::Turn, wire::Wire};

/// Far above what anything here takes: a test that hangs says what it waited for.
const LIMIT: Duration = Duration::from_secs(60);

/// A session that somebody speaks in.
#[derive(Debug)]
pub(crate) struct Call {
    microphone: Microphone,
    pub(crate) bridge: Bridge,
    pub(crate) wire: Arc<Wire>,
    playback: Playback,
    events: Vec<Event>,
    /// Keeps the servers connected.
    _agent: Agent,
}

impl Call {
    /// Opens a session whose speech is handed out as soon as it is written, and counts as heard as
    /// soon as it is whole: most tests needn't wait while it sounds.
    pub(crate) async fn open(config: Config) -> Self {
        Self::open_with(config, Playback::Reported).await
    }

    /// Opens a session whose speech is handed out as it sounds.
    pub(crate) async fn open_in_real_time(config: Config) -> Self {
        Self::open_with(config, Playback::Paced).await
    }

    async fn open_with(mut config: Config, playback: Playback) -> Self {
        // A server that is a Node program starts as slowly as the machine is busy.
        config.wait_for_tools = LIMIT;
        let agent = Agent::new(config).unwrap();
        let wire = Arc::new(Wire::default());
        let setup = CallSetup {
            playback,
            observers: vec![Arc::clone(&wire) as _],
            ..CallSetup::default()
        };
        let bridge = agent.connect_with(setup).await.unwrap();
        Self {
            microphone: Microphone::on(bridge.handle()),
            bridge,
            wire,
            playback,
            events: Vec::new(),
            _agent: agent,
        }
    }

    /// Begins to say a clip.
    pub(crate) fn say(&self, clip: &Sound) {
        self.microphone.say(clip);
    }

    /// Says a clip, and waits until it is answered and the answer was heard.
    pub(crate) async fn ask(&mut self, clip: &Sound) -> Turn {
        self.say(clip);
        self.answered().await
    }

    /// Waits until everything is answered and heard. Returns what happened since the last turn.
    pub(crate) async fn answered(&mut self) -> Turn {
        self.until(|event| (*event == Event::Session(session::Event::Idle)).then_some(()))
            .await;
        Turn::of(&std::mem::take(&mut self.events))
    }

    /// What happened since the last turn.
    pub(crate) fn so_far(&self) -> &[Event] {
        &self.events
    }

    /// Waits for an event, and returns what is wanted of it.
    pub(crate) async fn until<T>(&mut self, wanted: impl Fn(&Event) -> Option<T>) -> T {
        let found = async {
            loop {
                let event = self.bridge.next().await.expect("the session goes on");
                self.note_played(&event);
                self.events.push(event.clone());
                if let Some(found) = wanted(&event) {
                    return found;
                }
            }
        };
        let limit = tokio::time::timeout(LIMIT, found).await;
        limit.expect("the event comes")
    }

    /// Says that speech was heard, where that is ours to know.
    fn note_played(&self, event: &Event) {
        if let (Playback::Reported, Event::AudioEnd { item_id }) = (self.playback, event) {
            let item_id = item_id.clone();
            self.bridge.played(Played::Finished { item_id });
        }
    }
}
