//! [`Gateway`]: calls that are answered here, for endpoints that have none.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// How calls of others are answered here, where the endpoint has only WebSockets; see
/// [`Agent::answer`](crate::Agent::answer).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gateway {
    /// The addresses of this host that pages reach it by, all of one family; they may be those of
    /// a router that passes UDP on unchanged. Where there are none, its own are offered: the one
    /// that leads to the internet, and the loopback.
    pub addresses: Vec<IpAddr>,
}

impl Gateway {
    /// Returns where to listen: pages on this machine alone are listened to on this machine alone.
    pub(crate) fn bind(&self) -> SocketAddr {
        let own = self.addresses.iter().all(IpAddr::is_loopback);
        let ip = match self.addresses.first() {
            Some(IpAddr::V4(_)) if own => Ipv4Addr::LOCALHOST.into(),
            Some(IpAddr::V6(_)) if own => Ipv6Addr::LOCALHOST.into(),
            Some(IpAddr::V6(_)) => Ipv6Addr::UNSPECIFIED.into(),
            Some(IpAddr::V4(_)) | None => Ipv4Addr::UNSPECIFIED.into(),
        };
        SocketAddr::new(ip, 0)
    }

    /// Returns what is offered; the socket's port stands in for 0.
    pub(crate) fn candidates(&self) -> Vec<SocketAddr> {
        let addresses = self.addresses.iter();
        addresses.map(|ip| SocketAddr::new(*ip, 0)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_on_this_machine_are_listened_to_on_this_machine() {
        let bind = |addresses: &[&str]| {
            let addresses = addresses.iter().map(|it| it.parse().unwrap()).collect();
            Gateway { addresses }.bind().to_string()
        };
        assert_eq!(bind(&[]), "0.0.0.0:0");
        assert_eq!(bind(&["127.0.0.1"]), "127.0.0.1:0");
        assert_eq!(bind(&["127.0.0.1", "192.0.2.7"]), "0.0.0.0:0");
        assert_eq!(bind(&["::1"]), "[::1]:0");
        assert_eq!(bind(&["2001:db8::7"]), "[::]:0");
    }
}
