//! A brain of rules: it picks among whatever tools there are by their words, and fills their
//! arguments from what was said.

mod ask;
mod fill;
mod number;
mod pick;
mod recall;
mod report;
mod split;
mod synonym;
mod talk;
mod tool;
mod utterance;
mod words;

use rtmcp_core::session::{ToolChoice, ToolMode};
use serde_json::Value;

use super::conversation::Conversation;
use crate::engine::{Brain, Prompt, Thinking, Thought, ready};
use pick::{Pick, Tools};

/// How many questions back an answer is followed.
const QUESTIONS: usize = 4;

/// Picks tools and fills their arguments without any model: the same conversation always gets the
/// same answer, in no time and without a network. It understands English.
///
/// - A tool is picked by the words that it shares with what was said: its name, its description,
///   its arguments and their values. A word counts the more the fewer tools have it.
/// - Arguments are filled by their schema: values of a list by their words, numbers from digits or
///   number words, texts by what leads to them ("in Paris", "for Ada Lovelace", "about a broken
///   lamp"), by capitals, quotes, or as what is left. Optional ones only where the words give
///   them.
/// - What must be given and isn't is asked for, and the answer is understood as one.
/// - Several requests in one sentence are several calls in one response.
/// - What tools answer is said in sentences.
/// - What was said or found out earlier is told again: "What is my name?", "What did you tell me
///   about the weather?", "Do you remember …?"
///
/// # Example
///
/// ```
/// # use rtmcp_core::{Item, Message, Role, session::FunctionTool};
/// # use rtmcp_sim::engine::{Brain, Prompt, Thought, brain::Rules};
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let add = r#"{"name": "get-sum", "description": "Returns the sum of two numbers", "parameters":
///     {"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "number"}},
///     "required": ["a", "b"]}}"#;
/// let prompt = Prompt {
///     tools: vec![serde_json::from_str::<FunctionTool>(add).unwrap()],
///     items: vec![Item::Message(Message::text(Role::User, "What is two plus forty?"))],
///     ..Prompt::default()
/// };
/// let thoughts = Rules.think(prompt).await.unwrap();
/// let call = Thought::Call {
///     name: "get-sum".to_owned(),
///     arguments: r#"{"a":2,"b":40}"#.into(),
/// };
/// assert_eq!(thoughts, [call]);
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules;

impl Brain for Rules {
    fn think(&self, prompt: Prompt) -> Thinking<'_, Vec<Thought>> {
        Box::pin(std::future::ready(Ok(answer(&prompt))))
    }

    fn prepare(&self) -> Thinking<'_, String> {
        ready("rules over the words and the tools")
    }
}

fn answer(prompt: &Prompt) -> Vec<Thought> {
    let conversation = Conversation::new(&prompt.items);
    let outputs = conversation.outputs();
    if !outputs.is_empty() {
        return say(report::spoken(&outputs));
    }
    if conversation.waits() {
        return say("I'm still working on that.");
    }
    let tools = Tools::new(&prompt.tools);
    let Some(heard) = conversation.heard() else {
        return say(talk::greeting(&tools.known));
    };
    if heard.is_empty() {
        return say("Sorry, I didn't hear anything.");
    }
    match &prompt.tool_choice {
        Some(ToolChoice::Mode(ToolMode::None)) => without_tools(&heard, &tools),
        Some(ToolChoice::Mode(ToolMode::Required)) => forced(&heard, &tools),
        Some(ToolChoice::Named(named)) if named.kind == "function" => {
            let only = prompt
                .tools
                .iter()
                .filter(|it| Some(&it.name) == named.name.as_ref());
            let only: Vec<_> = only.cloned().collect();
            forced(&heard, &Tools::new(&only))
        }
        _ => freely(&conversation, &tools),
    }
}

/// Calls what is asked for, asks for what is missing, or talks.
fn freely(conversation: &Conversation<'_>, tools: &Tools<'_>) -> Vec<Thought> {
    if let Some(recalled) = recall::answer(conversation, tools) {
        return say(recalled);
    }
    let request = request(conversation, tools, QUESTIONS);
    if talk::is_refusal(&request) {
        return say("All right.");
    }
    let requests = split::requests(&request, tools);
    let picks: Vec<Pick<'_, '_>> = requests.iter().filter_map(|it| tools.pick(it)).collect();
    let mut calls: Vec<Thought> = Vec::new();
    for pick in picks.iter().filter(|it| it.is_complete()) {
        let call = call(pick);
        if !calls.contains(&call) {
            calls.push(call);
        }
    }
    if !calls.is_empty() {
        return calls;
    }
    match picks.first().and_then(|it| it.filled.missing.first()) {
        Some(property) => say(ask::question(property)),
        None => say(talk::reply(&request, &tools.known)),
    }
}

/// What the person asks for now: their last words, or those worked into what they said before.
fn request(conversation: &Conversation<'_>, tools: &Tools<'_>, questions: usize) -> String {
    let heard = conversation.heard().unwrap_or_default();
    let before = conversation.before();
    if questions == 0 || before.heard().is_none() || talk::is_courtesy(&heard) {
        return heard;
    }
    if tools.pick(&heard).is_some_and(|it| it.is_complete()) {
        return heard;
    }
    let earlier = request(&before, tools, questions - 1);
    let asked = before
        .answered()
        .is_some_and(|it| it.trim_end().ends_with('?'));
    let missing = tools.pick(&earlier);
    let missing = missing.as_ref().and_then(|it| it.filled.missing.first());
    match missing {
        Some(property) if asked => ask::answered(&earlier, property, &heard),
        _ => split::leaning(&earlier, &heard, tools).unwrap_or(heard),
    }
}

fn without_tools(heard: &str, tools: &Tools<'_>) -> Vec<Thought> {
    match tools.pick(heard) {
        Some(_) => say("I can't use a tool for that right now."),
        None => say(talk::reply(heard, &tools.known)),
    }
}

/// Calls the likeliest tool with something for all that it must be given.
fn forced(heard: &str, tools: &Tools<'_>) -> Vec<Thought> {
    let requests = split::requests(heard, tools);
    let picks: Vec<Pick<'_, '_>> = requests.iter().filter_map(|it| tools.pick(it)).collect();
    if !picks.is_empty() && picks.iter().all(Pick::is_complete) {
        return picks.iter().map(call).collect();
    }
    let Some(mut pick) = tools.pick_any(heard) else {
        return say(talk::reply(heard, &tools.known));
    };
    for property in std::mem::take(&mut pick.filled.missing) {
        let value = fill::stand_in(property, heard);
        pick.filled
            .arguments
            .insert(property.name.to_owned(), value);
    }
    vec![call(&pick)]
}

fn call(pick: &Pick<'_, '_>) -> Thought {
    let arguments = Value::Object(pick.filled.arguments.clone());
    Thought::Call {
        name: pick.tool.tool.name.clone(),
        arguments: arguments.to_string().into(),
    }
}

fn say(text: impl Into<String>) -> Vec<Thought> {
    vec![Thought::Say(text.into().into())]
}

#[cfg(test)]
mod tests;
