//! Running other programs, with errors that name the command to try by hand.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

/// Runs a command that speaks for itself: its output goes where ours goes.
///
/// # Errors
///
/// When it can't be started or doesn't end well.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("could not start `{}`", describe(command)))?;
    if !status.success() {
        bail!("`{}` ended with {status}", describe(command));
    }
    Ok(())
}

/// Runs a command and returns what it printed on stdout.
///
/// # Errors
///
/// When it can't be started or doesn't end well; the message carries what it said on stderr.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("could not start `{}`", describe(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!(
            "`{}` ended with {}: {}",
            describe(command),
            output.status,
            said.trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The first program of that name on `PATH`.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// The command as one would type it.
pub(crate) fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    #[test]
    fn a_failing_command_is_named_with_what_it_said() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo no such luck >&2; exit 3"]);
        let problem = super::output(&mut command).unwrap_err().to_string();
        assert!(problem.contains("no such luck"), "{problem}");
        assert!(problem.contains("exit status: 3"), "{problem}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let problem = super::run(&mut Command::new("no-such-program-here")).unwrap_err();
        assert!(problem.to_string().contains("no-such-program-here"));
    }

    #[test]
    fn programs_are_found_on_the_path() {
        assert!(super::on_path("sh").is_some());
        assert!(super::on_path("no-such-program-here").is_none());
    }
}
