//! wasm-bindgen's test runner, which has to be exactly as old as the library.

use std::path::PathBuf;
use std::process::Command;

use crate::cache::Cache;
use crate::shell;

const NAME: &str = "wasm-bindgen-test-runner";

/// The runner of that version, ours or one on `PATH`.
pub(crate) fn find(cache: &Cache, version: &str) -> Option<PathBuf> {
    let own = cache.tools().join("bin").join(NAME);
    let candidates = own
        .is_file()
        .then_some(own)
        .into_iter()
        .chain(shell::on_path(NAME));
    candidates.into_iter().find(|runner| {
        let said = shell::output(Command::new(runner).arg("--version")).unwrap_or_default();
        said.split_whitespace().nth(1) == Some(version)
    })
}

/// How many tests a runner's output tells of.
pub(super) fn tests_run(said: &str) -> u64 {
    let counts = said.lines().filter_map(|line| {
        let count = line
            .trim()
            .strip_prefix("running ")?
            .split_whitespace()
            .next()?;
        count.parse::<u64>().ok()
    });
    counts.sum()
}

#[cfg(test)]
mod tests {
    #[test]
    fn tests_are_counted_from_the_output() {
        assert_eq!(super::tests_run("running 12 tests\n\ntest a ... ok\n"), 12);
        assert_eq!(super::tests_run("running 1 test\n"), 1);
        assert_eq!(super::tests_run("no tests to run!\n"), 0);
    }
}
