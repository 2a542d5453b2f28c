//! [`Engines`]: an ear, a brain and a voice, made from what the command line names or from what
//! the machine has.

use std::sync::Arc;

use rtmcp_core::Private;

use super::{
    BadScenario, Brain, BrainSpec, Ear, EarSpec, EngineError, Tools, Voice, VoiceSpec, brain, ear,
    voice,
};

/// One of each sense, shared by all sessions of a simulator.
///
/// # Example
///
/// ```
/// use rtmcp_sim::engine::{BrainSpec, Engines, Tools, VoiceSpec};
///
/// let tools = Tools::parse(r#"ear = ["python3", "whisper.py"]"#)?;
/// let found = Engines::found(Some(&tools));
/// assert_eq!(found.said[0], "ear: `python3 whisper.py`, as set up");
/// assert_eq!(found.said[2], "voice: a tone for each word, as none is set up; run `cargo xtask setup`");
///
/// // A part of it named by hand.
/// let mut engines = found.engines;
/// engines.brain = "rules".parse::<BrainSpec>()?.open(None)?;
/// engines.voice = "process:espeak-ng --stdout --stdin".parse::<VoiceSpec>()?.open(None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Engines {
    /// Hears.
    pub ear: Arc<dyn Ear>,
    /// Thinks.
    pub brain: Arc<dyn Brain>,
    /// Speaks.
    pub voice: Arc<dyn Voice>,
}

/// Engines, and in words why these.
#[derive(Clone, Debug)]
pub struct Found {
    /// The engines.
    pub engines: Engines,
    /// One line for each of ear, brain and voice.
    pub said: [String; 3],
}

impl Engines {
    /// Takes the best of what this machine has: the ear and the voice that were set up, and rules
    /// as the brain. Where there is no ear, speech fails with words on what to do; where there is
    /// no voice, a tone is played for each word.
    pub fn found(tools: Option<&Tools>) -> Found {
        let set_up = |command: &Vec<String>| format!("`{}`, as set up", command.join(" "));
        let missing = "as none is set up; run `cargo xtask setup`";
        let (ear, ear_said): (Arc<dyn Ear>, _) = match tools.and_then(|it| it.ear.as_ref()) {
            Some(command) => (
                Arc::new(ear::Process::new(command.clone())),
                set_up(command),
            ),
            None => (Arc::new(ear::Missing), format!("none, {missing}")),
        };
        let (voice, voice_said): (Arc<dyn Voice>, _) = match tools.and_then(|it| it.voice.as_ref())
        {
            Some(command) => (
                Arc::new(voice::Process::new(command.clone())),
                set_up(command),
            ),
            None => (
                Arc::new(voice::Tone),
                format!("a tone for each word, {missing}"),
            ),
        };
        let brain = Arc::new(brain::Rules);
        Found {
            engines: Self { ear, brain, voice },
            said: [
                format!("ear: {ear_said}"),
                "brain: rules over the words and the tools".to_owned(),
                format!("voice: {voice_said}"),
            ],
        }
    }

    /// Gets all three ready, such as a model that takes seconds to load, and says what they are.
    ///
    /// # Errors
    ///
    /// [`EngineError`] of the first that can't be made ready.
    pub async fn prepare(&self) -> Result<[String; 3], EngineError> {
        let ear = self.ear.prepare().await?;
        let brain = self.brain.prepare().await?;
        let voice = self.voice.prepare().await?;
        Ok([
            format!("ear: {ear}"),
            format!("brain: {brain}"),
            format!("voice: {voice}"),
        ])
    }
}

impl EarSpec {
    /// Makes the ear; `key` is for a server that wants one.
    ///
    /// # Errors
    ///
    /// [`BadScenario`] when the script can't be read.
    pub fn open(&self, key: Option<Private<String>>) -> Result<Arc<dyn Ear>, BadScenario> {
        Ok(match self {
            Self::Script(path) => Arc::new(ear::Script::read(path)?),
            Self::Process(command) => Arc::new(ear::Process::new(command.clone())),
            Self::Http { base, model } => Arc::new(ear::Http::new(base, model.as_deref(), key)),
        })
    }
}

impl BrainSpec {
    /// Makes the brain; `key` is for a server that wants one.
    ///
    /// # Errors
    ///
    /// [`BadScenario`] when the script can't be read.
    pub fn open(&self, key: Option<Private<String>>) -> Result<Arc<dyn Brain>, BadScenario> {
        Ok(match self {
            Self::Script(path) => Arc::new(brain::Script::read(path)?),
            Self::Rules => Arc::new(brain::Rules),
            Self::Chat { base, model } => Arc::new(brain::Chat::new(base, model, key)),
        })
    }
}

impl VoiceSpec {
    /// Makes the voice; `key` is for a server that wants one.
    pub fn open(&self, key: Option<Private<String>>) -> Arc<dyn Voice> {
        match self {
            Self::Process(command) => Arc::new(voice::Process::new(command.clone())),
            Self::Http { base, model } => Arc::new(voice::Http::new(base, model.as_deref(), key)),
            Self::Tone => Arc::new(voice::Tone),
        }
    }
}
