//! [`Peer`]: where a request comes from, as far as it counts for limits.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request},
    http::{HeaderMap, HeaderName},
};

/// What shares a limit: one address of IPv4, and of IPv6 the net that a customer has. All requests
/// whose address isn't known are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Peer(Option<IpAddr>);

impl Peer {
    /// Finds out where a request comes from.
    pub(super) fn of(request: &Request, behind_proxy: bool) -> Self {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map(|ConnectInfo(addr)| addr.ip());
        let forwarded = || forwarded(request.headers());
        let peer = behind_proxy.then(forwarded).flatten().or(peer);
        Self(peer.map(net_of))
    }

    /// The other end of a connection.
    pub(super) fn at(addr: SocketAddr) -> Self {
        Self(Some(net_of(addr.ip())))
    }
}

/// Returns the address that the nearest proxy saw; those before it are anybody's words.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all(X_FORWARDED_FOR).into_iter().next_back()?;
    last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

fn net_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let net = address.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(net))
        }
    }
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_net_of_ipv6_is_one_peer() {
        let peer = |it: &str| Peer::at(SocketAddr::new(it.parse().unwrap(), 1));
        assert_eq!(peer("2001:db8::1"), peer("2001:db8::ffff:1"));
        assert_ne!(peer("2001:db8::1"), peer("2001:db8:0:1::1"));
        assert_ne!(peer("10.0.0.1"), peer("10.0.0.2"));
        assert_eq!(peer("::ffff:10.0.0.1"), peer("10.0.0.1"));
    }
}
