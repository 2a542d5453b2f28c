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
        let mut parts = id.rsplit('_');
        let _number: u64 = parts.next()?.parse().ok()?;
        let kind = parts.next()?;
        let kind = kind.strip_prefix(COMPANION).unwrap_or(kind);
        let scopes = [Self::General, Self::Own, Self::Outside];
        scopes.into_iter().find(|scope| scope.kind() == kind)
    }
}
