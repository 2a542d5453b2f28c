//! [`Guard`]: which addresses may be reached when somebody other than the owner names them.
//!
//! ```text
//!   a URL ──▶ scheme, userinfo, port, an address in it ──▶ DNS ──▶ every address it has ──▶ connect
//!             (check, before each request and redirect)           (the resolver: what is checked
//!                                                                   is what is connected to)
//! ```

mod address;
mod allow;
mod forbidden;
mod resolver;

use std::{net::IpAddr, sync::Arc, time::Duration};

use reqwest::redirect;
use rtmcp_core::limits;
use url::{Host, Url};

use self::{address::Kind, forbidden::Rule, resolver::Resolver};
pub use self::{
    allow::{AllowError, AllowList},
    forbidden::Forbidden,
};

/// Decides which addresses a client may reach.
///
/// The owner's own addresses are trusted. An address that a page, a client of the proxy or a
/// server names is not: it must be `https`, at a port of the web, and lead to a public address;
/// whatever else is to be reached stands on the [`AllowList`]. Names are looked up once for each
/// connection, and what was checked is what is connected to, so that a name that changes its
/// address in between (DNS rebinding) gains nothing.
///
/// Cloning is a reference count.
///
/// # Example
///
/// ```
/// use rtmcp_mcp::{AllowList, Guard};
///
/// let guard = Guard::strangers(AllowList::new(["10.1.0.0/16"])?);
/// assert!(guard.check(&"https://mcp.example.com/mcp".parse()?).is_ok());
/// assert!(guard.check(&"http://10.1.2.3:8091/mcp".parse()?).is_ok());
/// assert!(guard.check(&"http://169.254.169.254/latest/meta-data".parse()?).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Guard {
    allow: Arc<AllowList>,
    trusts: bool,
}

impl Guard {
    /// For an address that the owner wrote down: it may be anywhere. The list is for what the
    /// server there names in turn, such as where to sign in.
    pub fn owner(allow: AllowList) -> Self {
        Self {
            allow: Arc::new(allow),
            trusts: true,
        }
    }

    /// For an address that somebody else names.
    pub fn strangers(allow: AllowList) -> Self {
        Self {
            allow: Arc::new(allow),
            trusts: false,
        }
    }

    pub(crate) fn is_owner(&self) -> bool {
        self.trusts
    }

    /// The guard for what the server at `url` names: nobody but the server vouches for it.
    ///
    /// Where the owner's server is on this machine, so may be what it names.
    #[must_use]
    pub fn named_by(&self, url: &Url) -> Self {
        let mut allow = Arc::clone(&self.allow);
        if self.trusts && is_loopback(url) {
            Arc::make_mut(&mut allow).add_localhost();
        }
        Self {
            allow,
            trusts: false,
        }
    }

    /// Checks what a URL says itself. Where its name leads is checked when it is connected to.
    ///
    /// # Errors
    ///
    /// [`Forbidden`] with the rule that it breaks.
    pub fn check(&self, url: &Url) -> Result<(), Forbidden> {
        if self.trusts {
            return Ok(());
        }
        let forbidden = |rule| Err(Forbidden::new(url, rule));
        if !url.username().is_empty() || url.password().is_some() {
            return forbidden(Rule::Userinfo);
        }
        let port = url.port_or_known_default().unwrap_or(0);
        if let Some(Host::Domain(name)) = url.host()
            && self.allow.knows_name(name)
            && !self.allow.has_name(name, port)
        {
            // It may lead into a private network, and only the listed port is meant there.
            return forbidden(Rule::OtherPort(port));
        }
        let (listed, address) = match url.host() {
            Some(Host::Domain(name)) => (self.allow.has_name(name, port), None),
            Some(Host::Ipv4(ip)) => (self.allow.has_address(ip.into(), port), Some(ip.into())),
            Some(Host::Ipv6(ip)) => (self.allow.has_address(ip.into(), port), Some(ip.into())),
            None => return forbidden(Rule::Scheme),
        };
        match url.scheme() {
            "https" => {}
            "http" if listed => {}
            _ => return forbidden(Rule::Scheme),
        }
        if listed {
            return Ok(());
        }
        if !is_web_port(port) {
            return forbidden(Rule::Port(port));
        }
        match address.map(Kind::of) {
            Some(kind) if kind != Kind::Public => forbidden(Rule::Address(kind)),
            _ => Ok(()),
        }
    }

    /// A client for what is at `url`, that keeps at most `idle` connections for later.
    ///
    /// URLs must be [`check`](Self::check)ed first: a client doesn't look up an address that
    /// stands in one.
    pub(crate) fn client(
        &self,
        url: &Url,
        connect_timeout: Duration,
        idle: usize,
        redirects: Redirects,
    ) -> Option<reqwest::Client> {
        let builder = reqwest::Client::builder()
            .tcp_nodelay(true)
            .connect_timeout(connect_timeout)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(idle)
            .user_agent(concat!("rtmcp/", env!("CARGO_PKG_VERSION")))
            // Whatever else is built into the program: a body that expands has no known size.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .http1_max_headers(limits::HTTP_HEADERS)
            .redirect(redirects.policy(self.clone()));
        let builder = match self.trusts {
            // A proxy of the environment has another idea of what this machine is.
            true if is_loopback(url) => builder.no_proxy(),
            true => builder,
            false => self.confine(builder),
        };
        builder.build().ok()
    }

    /// Has names looked up here, and each address checked.
    fn confine(&self, builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        // A proxy of the environment would look names up itself, where nothing is checked.
        builder
            .no_proxy()
            .dns_resolver(Arc::new(Resolver::new(Arc::clone(&self.allow))))
    }
}

/// An address that the owner wrote down, where nothing is on the list.
impl Default for Guard {
    fn default() -> Self {
        Self::owner(AllowList::default())
    }
}

/// Which redirects a client follows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Redirects {
    /// Those that keep origin, method and body, such as `/mcp` to `/mcp/`.
    ///
    /// Elsewhere it would carry the credentials to another host, and a 301 to 303 would turn the
    /// request into a GET.
    SameOrigin,
}

impl Redirects {
    fn policy(self, guard: Guard) -> redirect::Policy {
        redirect::Policy::custom(move |attempt| {
            if attempt.previous().len() > MAX_REDIRECTS {
                return attempt.stop();
            }
            match self {
                Self::SameOrigin if !keeps_request(&attempt) => attempt.stop(),
                Self::SameOrigin => match guard.check(attempt.url()) {
                    Ok(()) => attempt.follow(),
                    Err(forbidden) => attempt.error(forbidden),
                },
            }
        })
    }
}

fn keeps_request(attempt: &redirect::Attempt<'_>) -> bool {
    let keeps = matches!(attempt.status().as_u16(), 307 | 308);
    let first = attempt.previous().first();
    keeps && first.is_some_and(|url| url.origin() == attempt.url().origin())
}

/// Finds out whether an error of a client is a refusal of its guard.
pub(crate) fn forbidden(error: &reqwest::Error) -> Option<&Forbidden> {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if let Some(forbidden) = error.downcast_ref() {
            return Some(forbidden);
        }
        source = error.source();
    }
    None
}

/// Tells whether a URL names this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == LOCALHOST,
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => Kind::of(IpAddr::V6(address)) == Kind::Loopback,
        None => false,
    }
}

/// The ports of the web, and those that nobody needs privileges to serve; of these not the ones
/// where other protocols are at home, to whose servers a request may look like commands.
fn is_web_port(port: u16) -> bool {
    matches!(port, 80 | 443) || (port >= 1024 && !OTHER_PORTS.contains(&port))
}

/// Of the ports from 1024 on: those that the Fetch standard blocks (<https://fetch.spec.whatwg.org/#port-blocking>),
/// and data stores that understand lines of text or grant everything to whoever reaches them.
const OTHER_PORTS: [u16; 24] = [
    1719, 1720, 1723, 2049, 2375, 2376, 2379, 3306, 3659, 4045, 4190, 5060, 5061, 5432, 6000, 6379,
    6566, 6665, 6666, 6667, 10080, 11211, 27017, 10250,
];
const LOCALHOST: &str = "localhost";
const MAX_REDIRECTS: usize = 5;
/// Longer than a pause in a conversation, shorter than most servers and proxies keep a connection.
const IDLE: Duration = Duration::from_secs(50);

#[cfg(test)]
mod tests;
