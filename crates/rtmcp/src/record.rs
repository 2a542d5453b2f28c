//! Recordings: what a session was told and did, one file each, to be replayed.
//!
//! A [`Recorder`] in a [`CallSetup`](crate::CallSetup) has the session written down while it runs.
//! [`Recording`] reads such a file, and [`Replay`] runs a fresh session over it, without an endpoint,
//! a tool or a clock: as the same inputs give the same outputs, a difference is a change of rtmcp.
//! So a recorded fault is a test.
//!
//! Words are hidden, and sound is left out, unless [`Keep`] says otherwise. What the files hold is
//! described in [`rtmcp_session::record`].
//!
//! # Example
//!
//! ```
//! use rtmcp::{Agent, CallSetup, Config, Event, record::{Recorder, Recording}, session};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let place = "127.0.0.1:0".parse()?;
//! # let engines = rtmcp_sim::engine::Engines::found(None).engines;
//! # let sim = rtmcp_sim::Sim::bind(place, rtmcp_sim::SimConfig::new(engines)).await?;
//! # let endpoint = sim.url().parse()?;
//! # let folder = std::env::temp_dir().join(format!("rtmcp-recordings-{}", std::process::id()));
//! let agent = Agent::new(Config::new(endpoint))?;
//! let setup = CallSetup {
//!     record: Some(Recorder::new(&folder)?),
//!     ..CallSetup::default()
//! };
//! let mut call = agent.connect_with(setup).await?;
//! call.send_text("Good morning!");
//! let mut file = None;
//! while let Some(event) = call.next().await {
//!     match event {
//!         Event::Session(session::Event::Idle) => call.close(),
//!         Event::Recorded(recorded) => file = Some(recorded.path),
//!         _ => {}
//!     }
//! }
//!
//! let text = std::fs::read_to_string(file.ok_or("no file")?)?;
//! for step in Recording::read(&text)?.replay() {
//!     assert_eq!(step?.difference, None);
//! }
//! # std::fs::remove_dir_all(folder)?;
//! # sim.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod tape;

use std::{
    fs::DirBuilder,
    io,
    path::{Path, PathBuf},
};

pub use rtmcp_session::record::{
    Difference, End, FORMAT, Header, Keep, Recording, Replay, Replayed, Scribe, Unreadable,
};

pub(crate) use tape::Tape;

/// Has sessions written down, each in a file of its own in one folder.
///
/// The files are written by threads of their own, so that no session waits for a disk, and nobody
/// but their owner can read them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorder {
    folder: PathBuf,
    keep: Keep,
}

/// A recording that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The file.
    pub path: PathBuf,
    /// How many lines are missing in it, as they couldn't be written in time. It can be replayed up
    /// to the first of them.
    pub lost: u64,
    /// Why it couldn't be written, or not to its end.
    pub trouble: Option<String>,
}

impl Recorder {
    /// Records into a folder, which is made if it isn't there.
    ///
    /// # Errors
    ///
    /// Those of the file system, when there is no such folder and none can be made.
    pub fn new(folder: impl AsRef<Path>) -> io::Result<Self> {
        let folder = folder.as_ref().to_owned();
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder)?;
        let keep = Keep::default();
        Ok(Self { folder, keep })
    }

    /// Keeps words or sound, too.
    #[must_use]
    pub fn keeping(self, keep: Keep) -> Self {
        Self { keep, ..self }
    }

    /// Keeps no words, whatever was asked.
    pub(crate) fn without_words(self) -> Self {
        let keep = Keep {
            words: false,
            ..self.keep
        };
        Self { keep, ..self }
    }

    /// Returns the folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}
