//! [`Forbidden`]: which rule an address breaks, and what to do about it.

use std::fmt;

use url::Url;

use super::address::Kind;

/// An address that somebody other than the owner names, and that isn't reached.
///
/// `Display` says which rule it breaks and what to do. Of a name it doesn't say where it leads:
/// who names it may not know, and isn't to learn it here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forbidden {
    host: String,
    rule: Rule,
}

/// What an address breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Not `https`.
    Scheme,
    /// A name or a password in it.
    Userinfo,
    /// A port where other things than the web are served.
    Port(u16),
    /// A port of a name that is on the list at another one.
    OtherPort(u16),
    /// An address that isn't public.
    Address(Kind),
    /// A name that leads to no public address.
    Name(Kind),
}

impl Forbidden {
    pub(super) fn new(url: &Url, rule: Rule) -> Self {
        let host = url.host_str().unwrap_or_default().to_owned();
        Self { host, rule }
    }

    pub(super) fn name(name: &str, kind: Kind) -> Self {
        Self {
            host: name.to_owned(),
            rule: Rule::Name(kind),
        }
    }

    /// Tells whether it is the URL itself, so that trying again can't help.
    pub(crate) fn is_permanent(&self) -> bool {
        !matches!(self.rule, Rule::Name(_))
    }
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, rule } = self;
        match rule {
            Rule::Scheme => write!(
                f,
                "the URL must begin with https://, unless its host is on the list `allow` of \
                 `[safety]`"
            ),
            Rule::Userinfo => write!(
                f,
                "the URL must not hold a name or a password: send them as a header"
            ),
            Rule::Port(port) => write!(
                f,
                "port {port} isn't one of the web: use 443 or another one from 1024 on, or have \
                 `{host}:{port}` put on the list `allow` of `[safety]`"
            ),
            Rule::OtherPort(port) => write!(
                f,
                "`{host}` is on the list `allow` of `[safety]` at another port than {port}: use that \
                 one, or have `{host}:{port}` put on it"
            ),
            Rule::Address(kind) => write!(
                f,
                "`{host}` is {kind}, and only public ones are reached: use one, or have it put on \
                 the list `allow` of `[safety]`"
            ),
            Rule::Name(kind) => write!(
                f,
                "`{host}` leads to {kind}, and only public ones are reached: {}",
                way_out(*kind)
            ),
        }
    }
}

/// A name on the list may lead into a private network, and no further.
fn way_out(kind: Kind) -> &'static str {
    match kind {
        Kind::Loopback | Kind::Private | Kind::Shared => {
            "use one, or have the name put on the list `allow` of `[safety]`"
        }
        _ => "use one, or have the address itself put on the list `allow` of `[safety]`",
    }
}

impl std::error::Error for Forbidden {}
