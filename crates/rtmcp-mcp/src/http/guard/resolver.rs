//! [`Resolver`]: looks names up, and gives a client only addresses that it may reach.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::{AllowList, Forbidden, address::Kind};

/// Looks names up for one client.
pub(super) struct Resolver {
    allow: Arc<AllowList>,
    lookup: Lookup,
}

/// How a name is looked up.
pub(super) type Lookup =
    Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

impl Resolver {
    /// Asks the system.
    pub(super) fn new(allow: Arc<AllowList>) -> Self {
        Self::with(allow, Arc::new(|name| Box::pin(system(name))))
    }

    pub(super) fn with(allow: Arc<AllowList>, lookup: Lookup) -> Self {
        Self { allow, lookup }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (allow, lookup) = (Arc::clone(&self.allow), Arc::clone(&self.lookup));
        Box::pin(async move {
            let found = lookup(name.as_str().to_owned()).await?;
            let admitted = admitted(&allow, name.as_str(), &found)?;
            // The port is the URL's.
            let admitted = admitted.into_iter().map(|it| SocketAddr::new(it, 0));
            Ok(Box::new(admitted) as Addrs)
        })
    }
}

/// Which of the addresses of a name may be reached; at least one.
fn admitted(allow: &AllowList, name: &str, found: &[IpAddr]) -> Result<Vec<IpAddr>, Forbidden> {
    let admitted = found.iter().copied();
    let admitted: Vec<_> = admitted.filter(|it| allow.admits(name, *it)).collect();
    match found.first() {
        Some(first) if admitted.is_empty() => {
            let kind = Kind::of(*first);
            tracing::debug!(address = %first, %kind, "a name leads where a stranger may not go");
            Err(Forbidden::name(name, kind))
        }
        _ => Ok(admitted),
    }
}

async fn system(name: String) -> io::Result<Vec<IpAddr>> {
    let found = tokio::net::lookup_host((name, 0)).await?;
    Ok(found.map(|it| it.ip()).collect())
}
