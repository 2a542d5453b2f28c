//! [`Tool`]: a tool as its server offers it, compiled once.

use rtmcp_core::ToolSpec;
use serde_json::Value;

use crate::{
    cost::estimate_tokens,
    discover::Terms,
    offer::OfferRules,
    pin::ToolHash,
    scan,
    schema::{Check, Schema},
    visible::{Visible, visible},
    words,
};

/// A tool as its server offers it, compiled once.
#[derive(Debug)]
pub(crate) struct Tool {
    pub(crate) spec: ToolSpec,
    pub(crate) schema: Result<Schema, String>,
    /// What the model reads of it, unless the owner says something else.
    pub(crate) description: Option<String>,
    /// How what the model sees differs from what the server wrote.
    pub(crate) repairs: Vec<String>,
    /// What in its words reads like instructions to the model.
    pub(crate) warnings: Vec<String>,
    /// What the description costs in a session's list of tools, as an estimate.
    pub(crate) description_tokens: usize,
    /// What the parameters cost in a session's list of tools, as an estimate.
    pub(crate) parameters_tokens: usize,
    /// The words that it is found by.
    pub(crate) terms: Terms,
    /// Names all that the server says of it.
    pub(crate) hash: ToolHash,
    /// What a structured result is held against, where the server promises a form.
    pub(crate) promise: Option<Result<Check, String>>,
}

impl Tool {
    pub(crate) fn compile(spec: ToolSpec, offer: &OfferRules) -> Self {
        let schema = if spec.name.is_empty() {
            Err("it has no name".to_owned())
        } else if spec.app_only {
            Err("its server means it for the view of an app, not for the model".to_owned())
        } else {
            Schema::compile(&spec.input_schema, offer.description_budget)
        };
        let parameters = schema.as_ref().map(|it| it.parameters.clone());
        let parameters =
            parameters.map_or_else(|_| String::new(), |it| Value::Object(it).to_string());
        let promise = spec.output_schema.as_ref();
        let mut tool = Self {
            description: None,
            repairs: Vec::new(),
            warnings: Vec::new(),
            description_tokens: 0,
            parameters_tokens: estimate_tokens(&parameters),
            terms: Terms::default(),
            promise: promise.map(Check::compile),
            hash: ToolHash::of(&spec),
            spec,
            schema,
        };
        if tool.schema.is_ok() {
            tool.warnings = scan::scan(&tool.spec);
            tool.describe(offer.description_budget);
            tool.terms = Terms::of(&tool);
            tool.description_tokens = tool.description.as_deref().map_or(0, estimate_tokens);
        }
        tool
    }

    /// Returns these words with those that the parameters need.
    pub(crate) fn with_forms(&self, words: &str) -> String {
        match self.schema.as_ref().ok().and_then(|it| it.forms.as_ref()) {
            Some(forms) if words.trim().is_empty() => forms.clone(),
            Some(forms) => format!("{}\n{forms}", words.trim_end()),
            None => words.to_owned(),
        }
    }

    /// Makes the description that the model reads, and notes what was changed.
    fn describe(&mut self, budget: usize) {
        if let Ok(schema) = &self.schema {
            self.repairs.clone_from(&schema.repairs);
        }
        let own = [&self.spec.description, &self.spec.title];
        let said = own.into_iter().flatten().find(|it| !it.trim().is_empty());
        let Some(said) = said else {
            let forms = self.with_forms("");
            self.description = (!forms.is_empty()).then_some(forms);
            return;
        };
        let Visible {
            text: clean,
            removed,
        } = visible(said);
        if removed > 0 {
            self.repairs.push(format!(
                "{removed} invisible character{} taken out of the description",
                if removed == 1 { " is" } else { "s are" }
            ));
        }
        let forms = self.with_forms("").chars().count();
        let room = budget.saturating_sub(forms).max(budget / 2);
        let (shown, cut) = words::within(&clean, room);
        if cut {
            self.repairs.push(format!(
                "the description is cut from {} characters to {}",
                clean.chars().count(),
                shown.chars().count()
            ));
        }
        self.description = Some(self.with_forms(&shown));
    }
}
