//! [`Scenario`]: what is heard and what is answered, written down in a file.

use std::path::Path;

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::faults::{FaultKind, FaultSpec};

/// A scenario: the texts of a scripted ear and the turns of a scripted brain.
///
/// ```toml
#[doc = include_str!("../../scenarios/weather.toml")]
/// ```
///
/// A response takes the first turn that fits:
///
/// - `after = "tool"` fits when a tool has answered since the person last spoke, and
///   `after = "get_weather"` when the last such answer is of a call of that function; a turn
///   without `after` fits only when no tool has. Where no turn fits what a tool answered, that is
///   said as it is.
/// - `when = "weather"` fits when the person's last words have this in them, in any case;
///   `matches = "order \\d+"` when they match a regular expression.
/// - Turns with none of the three are taken in order: the first for the first words of the person,
///   the second for the next, and the last again from there on.
///
/// A step `{ fault = "cancel" }` has something go wrong with the response, and `faults` at the top
/// lists what goes wrong elsewhere; see [`faults`](crate::faults) for what there is.
///
/// In `say`, `{heard}` is what the person said last, and `{output}` is what the tools answered.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What the ear hears, one text for each turn of the person, and again from the beginning.
    #[serde(default)]
    pub heard: Vec<String>,
    /// What the brain answers.
    #[serde(default, rename = "turn")]
    pub turns: Vec<Turn>,
    /// What goes wrong, and when.
    #[serde(default)]
    pub faults: Vec<FaultSpec>,
}

/// One answer of a scripted brain.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// A part of the person's last words, in any case.
    pub when: Option<String>,
    /// A regular expression that the person's last words match.
    pub matches: Option<String>,
    /// `tool`, or the name of a function: the turn follows its output.
    pub after: Option<String>,
    /// What the response is made of, in order.
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// One thing that the brain does.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// It says this.
    Say(String),
    /// It calls this.
    Call(CallStep),
    /// It fails, and says that this is why.
    Fail(String),
    /// This goes wrong with the response, wherever in the turn it stands.
    #[serde(deserialize_with = "fault")]
    Fault(FaultKind),
}

/// A call of a function.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallStep {
    /// The function.
    pub name: String,
    /// Its arguments: a table, or a string that is sent as it is, well-formed or not.
    #[serde(default = "no_arguments")]
    pub arguments: serde_json::Value,
}

fn fault<'de, D: Deserializer<'de>>(text: D) -> Result<FaultKind, D::Error> {
    let text = String::deserialize(text)?;
    FaultKind::in_step(&text).map_err(D::Error::custom)
}

fn no_arguments() -> serde_json::Value {
    serde_json::Value::Object(serde_json::Map::new())
}

impl Scenario {
    /// Reads a scenario file.
    ///
    /// # Errors
    ///
    /// [`BadScenario`] when the file can't be read or isn't a scenario.
    pub fn read(path: &Path) -> Result<Self, BadScenario> {
        let text = std::fs::read_to_string(path).map_err(|it| BadScenario::unread(path, &it))?;
        Self::parse(&text).map_err(|error| BadScenario {
            path: Some(path.display().to_string()),
            ..error
        })
    }

    /// Reads the text of a scenario.
    ///
    /// # Errors
    ///
    /// [`BadScenario`] when it isn't a scenario; it names the line.
    pub fn parse(text: &str) -> Result<Self, BadScenario> {
        let scenario: Self = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|it| text.get(..it.start));
            let line = before.map_or(1, |it| it.matches('\n').count() + 1);
            BadScenario::new(format!("line {line}: {}", error.message()))
        })?;
        for turn in &scenario.turns {
            turn.check()?;
        }
        Ok(scenario)
    }
}

impl Turn {
    fn check(&self) -> Result<(), BadScenario> {
        let Some(pattern) = &self.matches else {
            return Ok(());
        };
        self.pattern().map(|_| ()).ok_or_else(|| {
            BadScenario::new(format!(
                "`matches = \"{pattern}\"` is no regular expression; see docs.rs/regex for the syntax"
            ))
        })
    }

    /// The regular expression of `matches`.
    pub(super) fn pattern(&self) -> Option<regex::Regex> {
        let pattern = self.matches.as_deref()?;
        let builder = &mut regex::RegexBuilder::new(pattern);
        builder.case_insensitive(true).build().ok()
    }
}

/// A file that is no scenario.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}the scenario can't be read: {trouble}", .path.as_ref().map_or(String::new(), |it| format!("{it}: ")))]
pub struct BadScenario {
    path: Option<String>,
    trouble: String,
}

impl BadScenario {
    /// A file that isn't there, or isn't text.
    pub(super) fn unread(path: &Path, error: &std::io::Error) -> Self {
        Self {
            path: Some(path.display().to_string()),
            trouble: format!("{error}; check the path"),
        }
    }

    fn new(trouble: String) -> Self {
        Self {
            path: None,
            trouble,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Scenario, Step};

    #[test]
    fn a_scenario_says_what_is_heard_and_answered() {
        let scenario = Scenario::parse(
            r#"
            heard = ["Hello."]
            [[turn]]
            steps = [
                { say = "One moment." },
                { call = { name = "add", arguments = { a = 1, b = [2.5, "x"] } } },
                { call = { name = "broken", arguments = "{" } },
                { call = { name = "bare" } },
                { fail = "out of order" },
            ]
            "#,
        )
        .unwrap();
        assert_eq!(scenario.heard, ["Hello."]);
        let arguments: Vec<_> = scenario.turns[0]
            .steps
            .iter()
            .filter_map(|step| match step {
                Step::Call(call) => Some(call.arguments.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(
            arguments,
            [json!({"a": 1, "b": [2.5, "x"]}), json!("{"), json!({})]
        );
    }

    #[test]
    fn a_mistake_is_told_with_its_line() {
        let error = |text: &str| Scenario::parse(text).unwrap_err().to_string();
        assert!(
            error("\n\nheared = []").contains("line 3"),
            "{}",
            error("\n\nheared = []")
        );
        assert!(error("[[turn]]\nsteps = [{ shout = 'x' }]").contains("line 2"));
        assert!(error("[[turn]]\nmatches = '('").contains("regular expression"));
    }
}
