//! [`Scope`]: what a reply is asked for, so that every party of a conversation knows.

/// What a `response.create` asks for.
///
/// Every request carries its event id in the metadata of the response, and the id says what was
/// asked: so another party that runs this code knows what the response can stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// A reply to whatever the conversation has.
    General,
    /// A reply in words of the application's own: it stands for nothing but itself.
    Own,
    /// A response that is no part of the conversation.
    Outside,
}

/// Stands before the kinds of the ids that a companion makes, so that they differ from those of the
/// party that leads though both have the same prefix.
pub(crate) const COMPANION: &str = "c";

/// The kind of id that items have which are no turn of anybody: what the model is told, and what it is
/// shown. They have no place in a transcript.
pub(crate) const ASIDE: &str = "aside";

/// Tells whether an item is no turn of anybody, whichever party of the conversation made it.
pub(crate) fn is_aside(item_id: &str) -> bool {
    kind_of(item_id) == Some(ASIDE)
}

/// Reads the kind of an id that a party of the conversation made.
fn kind_of(id: &str) -> Option<&str> {
    let mut parts = id.rsplit('_');
    let _number: u64 = parts.next()?.parse().ok()?;
    let kind = parts.next()?;
    Some(kind.strip_prefix(COMPANION).unwrap_or(kind))
}

impl Scope {
    /// Returns the kind of id that the request gets.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::General => "ev",
            Self::Own => "own",
            Self::Outside => "out",
        }
    }

    /// Reads the scope of a request, of whatever party, from the id that it has.
    pub(crate) fn of(id: &str) -> Option<Self> {
        let kind = kind_of(id)?;
        let scopes = [Self::General, Self::Own, Self::Outside];
        scopes.into_iter().find(|scope| scope.kind() == kind)
    }
}
