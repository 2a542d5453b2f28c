//! What of a conversation a brain without a model looks at.

use rtmcp_core::{Content, FunctionCall, Item, Message, Role};

/// The conversation as the last words of the person and what has happened since.
#[derive(Debug)]
pub(super) struct Conversation<'a> {
    items: &'a [Item],
    /// Where the person's last words are.
    last_user: Option<usize>,
}

/// What a tool answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Output<'a> {
    /// The function, where the call is still in the conversation.
    pub(super) function: Option<&'a str>,
    pub(super) text: &'a str,
}

/// Something that was said or found out earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Memory<'a> {
    /// The person said it.
    Told(String),
    /// The model said it.
    Said(String),
    /// A tool answered it.
    Found {
        /// What it was given, where the call is still in the conversation.
        call: Option<&'a str>,
        output: Output<'a>,
    },
}

impl<'a> Conversation<'a> {
    pub(super) fn new(items: &'a [Item]) -> Self {
        Self {
            items,
            last_user: items.iter().rposition(is_user),
        }
    }

    /// How often the person has spoken.
    pub(super) fn user_turns(&self) -> usize {
        self.items.iter().filter(|it| is_user(it)).count()
    }

    /// The person's last words; None when there are none yet.
    pub(super) fn heard(&self) -> Option<String> {
        self.last_user.and_then(|at| words_of(&self.items[at]))
    }

    /// The conversation as it was before the person's last words.
    pub(super) fn before(&self) -> Self {
        Self::new(&self.items[..self.last_user.unwrap_or_default()])
    }

    /// What the model said last since the person's last words.
    pub(super) fn answered(&self) -> Option<String> {
        let mut said = self.since().iter().rev().filter_map(|item| match item {
            Item::Message(it) if it.role == Role::Assistant => words_of(item),
            _ => None,
        });
        said.next()
    }

    /// What tools have answered since the person's last words.
    pub(super) fn outputs(&self) -> Vec<Output<'a>> {
        self.since()
            .iter()
            .filter_map(|item| self.output(item))
            .collect()
    }

    /// Whether a call that was made since the person's last words still has no answer.
    pub(super) fn waits(&self) -> bool {
        self.since().iter().any(|item| match item {
            Item::FunctionCall(call) => !self.since().iter().any(|other| {
                matches!(other, Item::FunctionCallOutput(it) if Some(&it.call_id) == call.call_id.as_ref())
            }),
            _ => false,
        })
    }

    /// What was said and found out before the person's last words, oldest first.
    pub(super) fn memories(&self) -> Vec<Memory<'a>> {
        let earlier = &self.items[..self.last_user.unwrap_or_default()];
        earlier.iter().filter_map(|it| self.memory(it)).collect()
    }

    fn memory(&self, item: &'a Item) -> Option<Memory<'a>> {
        let words = || words_of(item).filter(|it| !it.is_empty());
        match item {
            Item::Message(it) if it.role == Role::User => words().map(Memory::Told),
            Item::Message(it) if it.role == Role::Assistant => words().map(Memory::Said),
            Item::FunctionCallOutput(it) => Some(Memory::Found {
                call: self
                    .call(it.call_id.as_str())
                    .map(|it| it.arguments.expose().as_str()),
                output: self.output(item)?,
            }),
            Item::McpCall(it) => Some(Memory::Found {
                call: Some(it.arguments.expose()),
                output: self.output(item)?,
            }),
            _ => None,
        }
    }

    fn since(&self) -> &'a [Item] {
        &self.items[self.last_user.map_or(0, |at| at + 1)..]
    }

    fn output(&self, item: &'a Item) -> Option<Output<'a>> {
        match item {
            Item::FunctionCallOutput(it) => Some(Output {
                function: self.function(it.call_id.as_str()),
                text: unmarked(it.output.expose()),
            }),
            Item::McpCall(it) => {
                let error = it.error.as_ref().and_then(|it| it.message.as_ref());
                let text = it.output.as_ref().or(error)?;
                Some(Output {
                    function: Some(&it.name),
                    text: text.expose(),
                })
            }
            _ => None,
        }
    }

    fn function(&self, call_id: &str) -> Option<&'a str> {
        self.call(call_id).map(|it| it.name.as_str())
    }

    fn call(&self, call_id: &str) -> Option<&'a FunctionCall> {
        self.items.iter().find_map(|item| match item {
            Item::FunctionCall(it) if it.call_id.as_ref()?.as_str() == call_id => Some(it),
            _ => None,
        })
    }
}

fn is_user(item: &Item) -> bool {
    matches!(item, Item::Message(it) if it.role == Role::User)
}

fn words_of(item: &Item) -> Option<String> {
    match item {
        Item::Message(message) => Some(text_of(message)),
        _ => None,
    }
}

/// The words of a message, written or spoken.
pub(super) fn text_of(message: &Message) -> String {
    let words = message.content.iter().filter_map(words_in);
    words.collect::<Vec<_>>().join(" ").trim().to_owned()
}

fn words_in(content: &Content) -> Option<&str> {
    let words = content.text.as_ref().or(content.transcript.as_ref())?;
    Some(words.expose().trim()).filter(|it| !it.is_empty())
}

/// Returns an output without a first line in parentheses: a remark about whose it is, which nobody
/// reads aloud.
fn unmarked(output: &str) -> &str {
    match output.split_once('\n') {
        Some((mark, rest)) if mark.starts_with('(') && mark.ends_with(')') => rest,
        _ => output,
    }
}
