//! What wasm-bindgen's test runner says.

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
