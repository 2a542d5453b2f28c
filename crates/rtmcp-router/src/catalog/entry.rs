//! [`Entry`]: a function that the model can call.

use std::{sync::Arc, time::Duration};

use rtmcp_core::{CallPolicy, FunctionName};

use super::tool::Tool;
use crate::{
    config::{ServerRules, StaticRoute},
    cost::estimate_tokens,
    name::ToolRef,
    policy::Approval,
    redact::Redaction,
    report::{FRAME, Function},
    shape::{Promise, Shaping},
};

/// A function that the model can call.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) function: FunctionName,
    pub(crate) at: ToolRef,
    pub(crate) tool: Arc<Tool>,
    /// What the model reads of it.
    pub(crate) description: Option<String>,
    /// What the short form says of it; a rule may say otherwise.
    pub(crate) approval: Approval,
    pub(crate) timeout: Duration,
    pub(crate) approval_expires: Duration,
    pub(crate) shaping: Arc<Shaping>,
    pub(crate) policy: CallPolicy,
    pub(crate) repeatable: bool,
}

impl Entry {
    pub(super) fn new(
        rules: &ServerRules,
        tool: &Arc<Tool>,
        at: ToolRef,
        function: FunctionName,
        route: Option<&StaticRoute>,
        redaction: &Redaction,
    ) -> Self {
        let own = rules.tools.get(&at.tool).cloned().unwrap_or_default();
        let shaping = Shaping {
            image_bytes: rules.image_bytes,
            stranger: (!rules.trusted).then(|| rules.name.clone()),
            redaction: redaction.of_tool(&at.server, &at.tool),
            promise: Promise::of(tool),
            ..Shaping::new(own.output_tokens.unwrap_or(rules.output_tokens))
        };
        let (calls, annotations) = (own.calls.or(rules.calls), tool.spec.annotations);
        Self {
            function,
            description: route
                .and_then(|r| Some(tool.with_forms(r.description.as_deref()?)))
                .or_else(|| tool.description.clone()),
            approval: Approval::decide(rules, &at.tool, tool.spec.annotations),
            timeout: own.timeout.unwrap_or(rules.timeout),
            approval_expires: own.approval_expires.unwrap_or(rules.approval_expires),
            shaping: Arc::new(shaping),
            policy: calls.policy(annotations),
            repeatable: calls.repeatable(annotations),
            at,
            tool: Arc::clone(tool),
        }
    }

    /// Returns the function for the session's tool list.
    pub(crate) fn function(&self) -> Option<Function<'_>> {
        let schema = self.tool.schema.as_ref().ok()?;
        Some(Function {
            name: &self.function,
            description: self.description.as_deref(),
            parameters: &schema.parameters,
        })
    }

    /// Estimates what the function costs in a session's list.
    pub(crate) fn tokens(&self) -> usize {
        let words = match self.description == self.tool.description {
            true => self.tool.description_tokens,
            false => self.description.as_deref().map_or(0, estimate_tokens),
        };
        FRAME + estimate_tokens(self.function.as_str()) + words + self.tool.parameters_tokens
    }
}
