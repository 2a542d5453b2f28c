//! An ear that hears what a list says.

use std::{
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use rtmcp_core::Private;

use crate::engine::{BadScenario, Ear, EngineError, Scenario, Sound, Thinking, ready};

/// Hears the texts of a list, one for each piece of speech, whatever the sound; after the last it
/// begins again with the first.
#[derive(Debug)]
pub struct Script {
    texts: Private<Vec<String>>,
    next: AtomicUsize,
}

impl Script {
    /// An ear of these texts.
    pub fn new(texts: Vec<String>) -> Self {
        Self {
            texts: Private::new(texts),
            next: AtomicUsize::new(0),
        }
    }

    /// An ear of the texts in a file: `heard` of a [`Scenario`] where its name ends in `.toml`,
    /// else its lines.
    ///
    /// # Errors
    ///
    /// [`BadScenario`] when the file can't be read.
    pub fn read(path: &Path) -> Result<Self, BadScenario> {
        if path.extension().is_some_and(|it| it == "toml") {
            return Ok(Self::new(Scenario::read(path)?.heard));
        }
        let text = std::fs::read_to_string(path).map_err(|it| BadScenario::unread(path, &it))?;
        let lines = text.lines().map(str::trim).filter(|it| !it.is_empty());
        Ok(Self::new(lines.map(str::to_owned).collect()))
    }
}

impl Ear for Script {
    fn hear(&self, _speech: Sound) -> Thinking<'_, String> {
        let nth = self.next.fetch_add(1, Ordering::Relaxed);
        let texts = self.texts.expose();
        let heard = match texts.len() {
            0 => Err(EngineError::new(
                "script ear",
                "the script has no texts; add some",
            )),
            count => Ok(texts[nth % count].clone()),
        };
        Box::pin(std::future::ready(heard))
    }

    fn prepare(&self) -> Thinking<'_, String> {
        ready(format!("a script of {} texts", self.texts.expose().len()))
    }
}
