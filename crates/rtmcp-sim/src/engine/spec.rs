//! What an ear, a brain or a voice is called on the command line.

use std::{path::PathBuf, str::FromStr};

use super::command;

/// An ear: `script:FILE`, `process:CMD ARGS` or `http:URL[#MODEL]`.
///
/// # Example
///
/// ```
/// use rtmcp_sim::engine::EarSpec;
///
/// let ear: EarSpec = "process:python3 'my ear.py'".parse()?;
/// assert_eq!(ear, EarSpec::Process(vec!["python3".into(), "my ear.py".into()]));
/// # Ok::<(), rtmcp_sim::engine::BadSpec>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EarSpec {
    /// Texts from a file, in order.
    Script(PathBuf),
    /// A long-lived program.
    Process(Vec<String>),
    /// An OpenAI-compatible server.
    Http {
        /// Where it is.
        base: String,
        /// The model, where one is named.
        model: Option<String>,
    },
}

/// A brain: `script:FILE`, `rules` or `chat:URL#MODEL`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BrainSpec {
    /// Turns from a scenario.
    Script(PathBuf),
    /// Rules over the words and the tools.
    Rules,
    /// An OpenAI-compatible server.
    Chat {
        /// Where it is.
        base: String,
        /// The model.
        model: String,
    },
}

/// A voice: `process:CMD ARGS`, `http:URL[#MODEL]` or `tone`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VoiceSpec {
    /// A program for each utterance.
    Process(Vec<String>),
    /// An OpenAI-compatible server.
    Http {
        /// Where it is.
        base: String,
        /// The model, where one is named.
        model: Option<String>,
    },
    /// A tone for each word.
    Tone,
}

impl FromStr for EarSpec {
    type Err = BadSpec;

    fn from_str(text: &str) -> Result<Self, BadSpec> {
        let bad = || BadSpec::new("ear", text, EAR_FORMS);
        match kind(text) {
            ("script", file) if !file.is_empty() => Ok(Self::Script(file.into())),
            ("process", line) => words(line).map(Self::Process).ok_or_else(bad),
            ("http", url) => {
                let (base, model) = server(url).ok_or_else(bad)?;
                Ok(Self::Http { base, model })
            }
            _ => Err(bad()),
        }
    }
}

impl FromStr for BrainSpec {
    type Err = BadSpec;

    fn from_str(text: &str) -> Result<Self, BadSpec> {
        let bad = || BadSpec::new("brain", text, BRAIN_FORMS);
        match kind(text) {
            ("rules", "") => Ok(Self::Rules),
            ("script", file) if !file.is_empty() => Ok(Self::Script(file.into())),
            ("chat", url) => match server(url) {
                Some((base, Some(model))) => Ok(Self::Chat { base, model }),
                _ => Err(bad()),
            },
            _ => Err(bad()),
        }
    }
}

impl FromStr for VoiceSpec {
    type Err = BadSpec;

    fn from_str(text: &str) -> Result<Self, BadSpec> {
        let bad = || BadSpec::new("voice", text, VOICE_FORMS);
        match kind(text) {
            ("tone", "") => Ok(Self::Tone),
            ("process", line) => words(line).map(Self::Process).ok_or_else(bad),
            ("http", url) => {
                let (base, model) = server(url).ok_or_else(bad)?;
                Ok(Self::Http { base, model })
            }
            _ => Err(bad()),
        }
    }
}

/// A text that names no engine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no {sense}; give {forms}")]
pub struct BadSpec {
    sense: &'static str,
    text: String,
    forms: &'static str,
}

impl BadSpec {
    fn new(sense: &'static str, text: &str, forms: &'static str) -> Self {
        Self {
            sense,
            text: text.to_owned(),
            forms,
        }
    }
}

const EAR_FORMS: &str = "`script:FILE`, `process:COMMAND` or `http:URL#MODEL`";
const BRAIN_FORMS: &str = "`rules`, `script:FILE` or `chat:URL#MODEL`";
const VOICE_FORMS: &str = "`tone`, `process:COMMAND` or `http:URL#MODEL`";

fn kind(text: &str) -> (&str, &str) {
    let text = text.trim();
    // `http://host` may stand for `http:http://host`.
    if text.starts_with("http://") || text.starts_with("https://") {
        return ("http", text);
    }
    text.split_once(':').unwrap_or((text, ""))
}

fn words(line: &str) -> Option<Vec<String>> {
    command::split(line).filter(|it| !it.is_empty())
}

fn server(text: &str) -> Option<(String, Option<String>)> {
    let (base, model) = match text.split_once('#') {
        Some((base, model)) => (base, Some(model.to_owned()).filter(|it| !it.is_empty())),
        None => (text, None),
    };
    let url = reqwest::Url::parse(base).ok()?;
    let web = matches!(url.scheme(), "http" | "https") && url.has_host();
    web.then(|| (base.to_owned(), model))
}

#[cfg(test)]
mod tests {
    use super::{BrainSpec, EarSpec, VoiceSpec};

    #[test]
    fn every_form_is_read() {
        let http = |base: &str, model: Option<&str>| EarSpec::Http {
            base: base.to_owned(),
            model: model.map(str::to_owned),
        };
        let ear = |text: &str| text.parse::<EarSpec>().unwrap();
        assert_eq!(ear("script:a.txt"), EarSpec::Script("a.txt".into()));
        assert_eq!(ear("http:http://h:1/v1"), http("http://h:1/v1", None));
        assert_eq!(ear("http:https://h#w-1"), http("https://h", Some("w-1")));
        assert_eq!(ear("http://h#w-1"), http("http://h", Some("w-1")));
        assert_eq!("rules".parse(), Ok(BrainSpec::Rules));
        let chat = BrainSpec::Chat {
            base: "http://h".to_owned(),
            model: "m:7b".to_owned(),
        };
        assert_eq!("chat:http://h#m:7b".parse(), Ok(chat));
        assert_eq!("tone".parse(), Ok(VoiceSpec::Tone));
        let say = VoiceSpec::Process(vec!["say".to_owned(), "a b".to_owned()]);
        assert_eq!("process:say 'a b'".parse(), Ok(say));
    }

    #[test]
    fn other_forms_are_refused_with_those_that_there_are() {
        for bad in [
            "",
            "whisper",
            "process:",
            "process:'x",
            "http:ftp://h",
            "script:",
        ] {
            let error = bad.parse::<EarSpec>().unwrap_err().to_string();
            assert!(error.contains("process:COMMAND"), "{bad}: {error}");
        }
        for bad in ["rules:x", "chat:http://h", "chat:", "http:http://h"] {
            assert!(bad.parse::<BrainSpec>().is_err(), "{bad}");
        }
        assert!("tone:1".parse::<VoiceSpec>().is_err());
    }
}
