//! [`Tools`]: the programs that `cargo xtask setup` installed.

use serde::Deserialize;

/// The commands of `tools.toml`, all of which these tests need.
#[derive(Debug, Deserialize)]
pub(crate) struct Tools {
    pub(crate) ear: Vec<String>,
    pub(crate) voice: Vec<String>,
    pub(crate) espeak: Vec<String>,
    pub(crate) everything: String,
}

impl Tools {
    /// # Panics
    ///
    /// When they aren't there: a test that is passed over would look like one that passed.
    pub(crate) fn set_up() -> Self {
        let path = rtmcp_sim::engine::Tools::path(|name| std::env::var_os(name));
        let text = path.and_then(|path| std::fs::read_to_string(path).ok());
        let tools = text.and_then(|text| toml::from_str(&text).ok());
        tools.expect("run `cargo xtask setup` first")
    }
}
