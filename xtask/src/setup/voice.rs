//! The voices: programs that turn text into a WAV.

use super::system::{self, Packages};
use super::{Part, Step};
use crate::cache::Cache;
use crate::shell;

pub(super) const STEP: Step = Step {
    part: Part::Voice,
    what: "flite and espeak-ng, small speech synthesizers",
    why: "the simulator speaks its replies, and tests speak to it",
    done: |_| Ok(missing().is_empty()),
    install,
};

fn missing() -> Vec<&'static str> {
    let programs = ["flite", "espeak-ng"];
    programs
        .into_iter()
        .filter(|program| shell::on_path(program).is_none())
        .collect()
}

fn install(_: &Cache) -> anyhow::Result<()> {
    let missing = missing();
    system::install(&Packages {
        apt: &missing,
        brew: &missing,
    })
}

/// Writes a WAV to stdout from the text on stdin, in the voice that the recognizer hears best.
///
/// flite writes a correct WAV to a pipe only if the text is an argument.
pub(super) const CLEAREST: [&str; 3] = [
    "sh",
    "-c",
    "exec flite -voice slt --setf duration_stretch=1.15 -o /dev/stdout -t \"$(cat)\"",
];

/// The same from espeak-ng.
pub(super) const ESPEAK: [&str; 7] = [
    "espeak-ng",
    "--stdout",
    "--stdin",
    "-v",
    "en-us",
    "-s",
    "150",
];
