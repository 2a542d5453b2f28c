//! [`AllowList`]: what may be reached besides the public web.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{LOCALHOST, address::Kind};

/// Hosts and networks that the owner lets others name.
///
/// An entry is a host name (`mcp.example.com`), a name with all that are below it
/// (`*.example.com`), an address (`10.1.2.3`, `::1`), a network (`10.0.0.0/8`), or `localhost` for
/// this machine. A name or an address may have a port (`mcp.example.com:8091`, `[::1]:8091`); any
/// port is meant where it has none. Entries may be reached over plain `http` too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowList(Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    place: Place,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Name(String),
    /// All names that end so, with the dot.
    Below(String),
    Network(IpNet),
    /// The name, and the addresses of this machine where they stand in a URL.
    Localhost,
}

impl AllowList {
    /// Reads a list.
    ///
    /// # Errors
    ///
    /// [`AllowError`] with the first entry that is nothing of all this.
    pub fn new<E: AsRef<str>>(entries: impl IntoIterator<Item = E>) -> Result<Self, AllowError> {
        let entries = entries.into_iter().map(|it| {
            let entry = it.as_ref().trim();
            read(entry).ok_or_else(|| AllowError(entry.to_owned()))
        });
        entries.collect::<Result<_, _>>().map(Self)
    }

    /// Lets this machine be named, as `localhost` or by an address of it.
    pub fn add_localhost(&mut self) {
        let place = Place::Localhost;
        self.0.push(Entry { place, port: None });
    }

    /// Tells whether a name in a URL is on the list.
    pub(super) fn has_name(&self, name: &str, port: u16) -> bool {
        self.at(port).any(|place| place.is_name(name))
    }

    /// Tells whether a name is on the list at whatever port.
    pub(super) fn knows_name(&self, name: &str) -> bool {
        self.0.iter().any(|entry| entry.place.is_name(name))
    }

    /// Tells whether an address in a URL is on the list.
    pub(super) fn has_address(&self, address: IpAddr, port: u16) -> bool {
        self.at(port).any(|place| match place {
            Place::Localhost => Kind::of(address) == Kind::Loopback,
            place => place.holds(address),
        })
    }

    /// Tells whether a name may lead to an address. Nobody knows the port here: a name that is listed
    /// with one was [checked](Self::knows_name), and an address that is must stand in the URL itself.
    ///
    /// A name on the list may lead into a private network. It may not lead to where clouds keep
    /// secrets: that takes the address itself on the list.
    pub(super) fn admits(&self, name: &str, address: IpAddr) -> bool {
        let kind = Kind::of(address);
        kind == Kind::Public
            || self.0.iter().any(|entry| match &entry.place {
                place @ Place::Network(_) => entry.port.is_none() && place.holds(address),
                Place::Localhost => name == LOCALHOST && kind == Kind::Loopback,
                place => {
                    let is_near = matches!(kind, Kind::Loopback | Kind::Private | Kind::Shared);
                    is_near && place.is_name(name)
                }
            })
    }

    fn at(&self, port: u16) -> impl Iterator<Item = &Place> {
        let entries = self.0.iter();
        let entries = entries.filter(move |it| it.port.is_none_or(|it| it == port));
        entries.map(|it| &it.place)
    }
}

impl Place {
    fn is_name(&self, name: &str) -> bool {
        let name = name.strip_suffix('.').unwrap_or(name);
        match self {
            Self::Name(own) => own == name,
            Self::Below(suffix) => name.ends_with(suffix.as_str()),
            Self::Network(_) => false,
            Self::Localhost => name == LOCALHOST,
        }
    }

    fn holds(&self, address: IpAddr) -> bool {
        // What is written as IPv6 and is IPv4 is meant by the networks of IPv4.
        matches!(self, Self::Network(net) if net.contains(&address.to_canonical()))
    }
}

fn read(entry: &str) -> Option<Entry> {
    if let Ok(net) = entry.parse::<IpNet>() {
        let place = Place::Network(net);
        return Some(Entry { place, port: None });
    }
    if let Some(place) = address(entry) {
        return Some(Entry { place, port: None });
    }
    let (host, port) = match entry.rsplit_once(':') {
        Some((host, port)) => (host, Some(port.parse().ok()?)),
        None => (entry, None),
    };
    let place = address(host).or_else(|| name(host))?;
    Some(Entry { place, port })
}

fn address(text: &str) -> Option<Place> {
    let inner = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let address: IpAddr = inner.unwrap_or(text).parse().ok()?;
    Some(Place::Network(address.to_canonical().into()))
}

fn name(text: &str) -> Option<Place> {
    let (is_below, name) = match text.strip_prefix("*.") {
        Some(name) => (true, name),
        None => (false, text),
    };
    // As a URL has it: in lower case, and other letters as punycode.
    let url::Host::Domain(name) = url::Host::parse(name).ok()? else {
        return None;
    };
    let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '.' | '_');
    if name.is_empty() || !name.chars().all(is_plain) {
        return None;
    }
    Some(match is_below {
        true => Place::Below(format!(".{name}")),
        false if name == LOCALHOST => Place::Localhost,
        false => Place::Name(name),
    })
}

/// An entry of an [`AllowList`] that can't be meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is neither a host nor a network: write `mcp.example.com`, `*.example.com`, \
     `10.0.0.0/8` or `localhost`, a host with a port if you like, and no scheme or path"
)]
pub struct AllowError(String);
