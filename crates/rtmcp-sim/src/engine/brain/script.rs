//! A brain that does what a scenario says.

use std::path::Path;

use rtmcp_core::Private;

use super::conversation::Conversation;
use crate::engine::{
    BadScenario, Brain, EngineError, Prompt, Scenario, Step, Thinking, Thought, Turn, ready,
};

const NAME: &str = "script brain";

/// Answers as the turns of a [`Scenario`] say; the same conversation always gets the same answer.
#[derive(Debug)]
pub struct Script {
    turns: Private<Vec<Turn>>,
}

impl Script {
    /// A brain of a scenario.
    pub fn new(scenario: Scenario) -> Self {
        Self {
            turns: Private::new(scenario.turns),
        }
    }

    /// A brain of a scenario file.
    ///
    /// # Errors
    ///
    /// [`BadScenario`] when the file can't be read or isn't a scenario.
    pub fn read(path: &Path) -> Result<Self, BadScenario> {
        Scenario::read(path).map(Self::new)
    }

    fn answer(&self, prompt: &Prompt) -> Result<Vec<Thought>, EngineError> {
        let moment = Moment::of(&Conversation::new(&prompt.items));
        if moment.after.is_some() && self.conditional(&moment).is_none() {
            // A turn that calls must not be taken again for its own answer.
            return Ok(vec![Thought::Say(moment.output.into())]);
        }
        let turn = self.turn(&moment).ok_or_else(|| {
            let trouble =
                "no turn of the scenario fits; add one without `when`, `matches` or `after`";
            EngineError::new(NAME, trouble)
        })?;
        turn.steps.iter().map(|step| moment.done(step)).collect()
    }

    fn turn(&self, moment: &Moment) -> Option<&Turn> {
        let in_order = || -> Option<&Turn> {
            let turns = self.turns.expose().iter().filter(|it| !has_condition(it));
            let turns: Vec<&Turn> = turns.collect();
            let nth = moment.user_turns.saturating_sub(1);
            turns.get(nth).or(turns.last()).copied()
        };
        self.conditional(moment).or_else(in_order)
    }

    fn conditional(&self, moment: &Moment) -> Option<&Turn> {
        let mut turns = self.turns.expose().iter();
        turns.find(|it| has_condition(it) && moment.fits(it))
    }
}

impl Brain for Script {
    fn think(&self, prompt: Prompt) -> Thinking<'_, Vec<Thought>> {
        Box::pin(std::future::ready(self.answer(&prompt)))
    }

    fn prepare(&self) -> Thinking<'_, String> {
        ready(format!("a scenario of {} turns", self.turns.expose().len()))
    }
}

/// What a turn is chosen by and filled from.
struct Moment {
    heard: String,
    user_turns: usize,
    /// The function of the last output, where a tool has answered.
    after: Option<String>,
    output: String,
}

impl Moment {
    fn of(conversation: &Conversation<'_>) -> Self {
        let outputs = conversation.outputs();
        let texts: Vec<&str> = outputs.iter().map(|it| it.text).collect();
        Self {
            heard: conversation.heard().unwrap_or_default(),
            user_turns: conversation.user_turns(),
            after: outputs
                .last()
                .map(|it| it.function.unwrap_or_default().to_owned()),
            output: texts.join(" "),
        }
    }

    fn fits(&self, turn: &Turn) -> bool {
        let after = match (&turn.after, &self.after) {
            (None, None) => true,
            (Some(wanted), Some(function)) => wanted == "tool" || wanted == function,
            _ => false,
        };
        let heard = self.heard.to_lowercase();
        let when = turn
            .when
            .as_ref()
            .is_none_or(|it| heard.contains(&it.to_lowercase()));
        after && when && turn.pattern().is_none_or(|it| it.is_match(&self.heard))
    }

    fn done(&self, step: &Step) -> Result<Thought, EngineError> {
        match step {
            Step::Say(text) => {
                let text = text.replace("{heard}", &self.heard);
                Ok(Thought::Say(text.replace("{output}", &self.output).into()))
            }
            Step::Call(call) => {
                let arguments = match &call.arguments {
                    serde_json::Value::String(text) => text.clone(),
                    table => table.to_string(),
                };
                Ok(Thought::Call {
                    name: call.name.clone(),
                    arguments: arguments.into(),
                })
            }
            Step::Fault(kind) => Ok(Thought::Fault(kind.clone())),
            Step::Fail(trouble) => Err(EngineError::new(NAME, trouble)),
        }
    }
}

fn has_condition(turn: &Turn) -> bool {
    turn.when.is_some() || turn.matches.is_some() || turn.after.is_some()
}
