//! [`Tools`]: the programs that were set up on this machine to hear and to speak.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use serde::Deserialize;

/// What `cargo xtask setup` found or installed, as `tools.toml` says it.
///
/// # Example
///
/// ```
/// use rtmcp_sim::engine::Tools;
///
/// let tools = Tools::parse(r#"
///     ear = ["python3", "whisper.py"]
///     voice = ["espeak-ng", "--stdout", "--stdin", "-s", "{wpm}"]
/// "#)?;
/// assert_eq!(tools.ear.as_deref().map(<[_]>::len), Some(2));
/// # Ok::<(), rtmcp_sim::engine::BadTools>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Tools {
    /// The command of an ear, see [`ear::Process`](super::ear::Process).
    pub ear: Option<Vec<String>>,
    /// The command of a voice, see [`voice::Process`](super::voice::Process).
    pub voice: Option<Vec<String>>,
}

impl Tools {
    /// Returns where the file is: `$RTMCP_TOOLS`, else `rtmcp/tools.toml` in `$XDG_CACHE_HOME`,
    /// else in `~/.cache`. `env` looks a variable up; the library itself never does.
    pub fn path(env: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
        let named = |name: &str| env(name).filter(|it| !it.is_empty()).map(PathBuf::from);
        let cache =
            || named("XDG_CACHE_HOME").or_else(|| named("HOME").map(|it| it.join(".cache")));
        named("RTMCP_TOOLS").or_else(|| cache().map(|it| it.join("rtmcp").join("tools.toml")))
    }

    /// Reads the file; None where there is none.
    ///
    /// # Errors
    ///
    /// [`BadTools`] when it is there and can't be read.
    pub fn read(path: &Path) -> Result<Option<Self>, BadTools> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(BadTools(error.to_string())),
        }
    }

    /// Reads the text of the file.
    ///
    /// # Errors
    ///
    /// [`BadTools`] when it isn't TOML, or `ear` or `voice` is no array of strings.
    pub fn parse(text: &str) -> Result<Self, BadTools> {
        toml::from_str(text).map_err(|error| BadTools(error.message().to_owned()))
    }
}

/// A `tools.toml` that can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tools.toml can't be read ({0}); run `cargo xtask setup` to write it anew")]
pub struct BadTools(String);

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::Tools;

    #[test]
    fn the_file_is_looked_for_where_it_is_said_to_be() {
        let path = |set: &[(&str, &str)]| {
            Tools::path(|name| {
                let found = set.iter().find(|(it, _)| *it == name);
                found.map(|(_, value)| (*value).into())
            })
        };
        let home = ("HOME", "/h");
        let default = PathBuf::from("/h/.cache/rtmcp/tools.toml");
        assert_eq!(path(&[home]), Some(default.clone()));
        assert_eq!(path(&[home, ("XDG_CACHE_HOME", "")]), Some(default));
        let cache = path(&[home, ("XDG_CACHE_HOME", "/c")]);
        assert_eq!(cache, Some("/c/rtmcp/tools.toml".into()));
        let named = path(&[home, ("RTMCP_TOOLS", "/t.toml")]);
        assert_eq!(named, Some("/t.toml".into()));
        assert_eq!(path(&[]), None);
    }

    #[test]
    fn a_missing_file_is_no_error_and_a_broken_one_is() {
        assert_eq!(Tools::read(Path::new("/nowhere/tools.toml")), Ok(None));
        assert_eq!(Tools::parse(""), Ok(Tools::default()));
        let error = Tools::parse("ear = 'python3'").unwrap_err();
        assert!(error.to_string().contains("cargo xtask setup"), "{error}");
    }
}
