//! An ear where nothing can hear.

use crate::engine::{Ear, EngineError, Sound, Thinking, ready};

/// Stands where no ear was set up: speech fails with words on what to do, and typing works.
#[derive(Clone, Copy, Debug, Default)]
pub struct Missing;

impl Ear for Missing {
    fn hear(&self, _speech: Sound) -> Thinking<'_, String> {
        let trouble = "nothing here can hear; run `cargo xtask setup`, or give `--ear`";
        let error = EngineError::new("ear", trouble);
        Box::pin(std::future::ready(Err(error)))
    }

    fn prepare(&self) -> Thinking<'_, String> {
        ready("no ear")
    }
}
