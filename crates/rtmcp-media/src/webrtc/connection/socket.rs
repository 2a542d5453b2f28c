//! [`Socket`]: a UDP socket that knows by which address it was reached.

use std::{
    future::pending,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    net::UdpSocket,
    time::{Instant, sleep_until},
};
use tracing::trace;

use super::{
    ConnectError,
    impairment::{Flight, Roads},
};
use crate::webrtc::config::PeerConfig;

/// Longer than any datagram of WebRTC.
pub(super) const LONGEST_DATAGRAM: usize = 2_048;

pub(super) struct Socket {
    socket: UdpSocket,
    /// The addresses that the other side was told.
    addresses: Vec<SocketAddr>,
    network: Arc<Network>,
}

/// What is between a connection and its socket; held for one step at a time.
#[derive(Debug, Default)]
pub(super) struct Network(Mutex<Roads>);

impl Network {
    pub(super) fn lock(&self) -> MutexGuard<'_, Roads> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Socket {
    /// Binds a socket and completes the addresses of the configuration.
    pub(super) async fn bind(
        address: SocketAddr,
        mut config: PeerConfig,
    ) -> Result<(Self, PeerConfig), ConnectError> {
        let bad = |source| ConnectError::Bind { address, source };
        let socket = UdpSocket::bind(address).await.map_err(bad)?;
        let local = socket.local_addr().map_err(bad)?;
        if config.addresses.is_empty() {
            config.addresses = own_addresses(local).await;
        }
        for address in config.addresses.iter_mut().filter(|it| it.port() == 0) {
            address.set_port(local.port());
        }
        let addresses = config.addresses.clone();
        let socket = Self {
            socket,
            addresses,
            network: Arc::default(),
        };
        Ok((socket, config))
    }

    /// What can be made bad between the connection and this socket.
    pub(super) fn network(&self) -> Arc<Network> {
        Arc::clone(&self.network)
    }

    /// Waits for a datagram and returns where it came from. Meanwhile those leave that a bad
    /// network has held back.
    pub(super) async fn receive(&self, room: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        loop {
            while let Some(flight) = self.leaving() {
                self.put(&flight.bytes, flight.far).await;
            }
            if let Some(arrived) = self.arrived(room) {
                return Ok(arrived);
            }
            let next = self.network.lock().next();
            tokio::select! {
                received = self.socket.recv_from(room) => {
                    let (length, source) = received?;
                    if self.comes_home(source, &room[..length]) {
                        return Ok((length, source));
                    }
                }
                () = until(next) => {}
            }
        }
    }

    /// Returns a datagram if one is there.
    pub(super) fn try_receive(&self, room: &mut [u8]) -> Option<(usize, SocketAddr)> {
        loop {
            let (length, source) = self.socket.try_recv_from(room).ok()?;
            if self.comes_home(source, &room[..length]) {
                return Some((length, source));
            }
        }
    }

    /// The address that a datagram from there was sent to: the system doesn't tell a socket that is
    /// bound to all addresses, but from this host it is the loopback, and from elsewhere it isn't.
    pub(super) fn reached_by(&self, source: SocketAddr) -> Option<SocketAddr> {
        let same_kind = |it: &&SocketAddr| it.is_ipv4() == source.is_ipv4();
        let candidates = || self.addresses.iter().filter(same_kind);
        let loopback = source.ip().is_loopback();
        let alike = candidates().find(|it| it.ip().is_loopback() == loopback);
        // Processes of one host reach each other by its other addresses, too.
        let same = candidates().find(|it| it.ip() == source.ip());
        same.or(alike).or(candidates().next()).copied()
    }

    /// Sends a datagram; one that can't be sent is lost, as any may be.
    pub(super) async fn send(&self, datagram: &[u8], destination: SocketAddr) {
        {
            let mut roads = self.network.lock();
            if !roads.are_clear() {
                let now = Instant::now().into_std();
                return roads.out.enter(now, destination, datagram);
            }
        }
        self.put(datagram, destination).await;
    }

    /// Tells whether a datagram that was received has come all the way at once.
    fn comes_home(&self, source: SocketAddr, datagram: &[u8]) -> bool {
        let mut roads = self.network.lock();
        let clear = roads.are_clear();
        if !clear {
            let now = Instant::now().into_std();
            roads.home.enter(now, source, datagram);
        }
        clear
    }

    /// A datagram that was held back long enough.
    fn leaving(&self) -> Option<Flight> {
        self.network.lock().out.leave(Instant::now().into_std())
    }

    fn arrived(&self, room: &mut [u8]) -> Option<(usize, SocketAddr)> {
        let flight = self.network.lock().home.leave(Instant::now().into_std())?;
        let length = flight.bytes.len();
        room[..length].copy_from_slice(&flight.bytes);
        Some((length, flight.far))
    }

    async fn put(&self, datagram: &[u8], destination: SocketAddr) {
        if let Err(error) = self.socket.send_to(datagram, destination).await {
            trace!(%error, "a datagram can't be sent");
        }
    }
}

/// Waits until then; forever where there is no such time.
async fn until(next: Option<std::time::Instant>) {
    match next {
        Some(next) => sleep_until(Instant::from_std(next)).await,
        None => pending().await,
    }
}

/// The addresses of a socket by which this host knows itself.
async fn own_addresses(local: SocketAddr) -> Vec<SocketAddr> {
    if !local.ip().is_unspecified() {
        return vec![local];
    }
    let (loopback, elsewhere) = match local {
        SocketAddr::V4(_) => (Ipv4Addr::LOCALHOST.into(), ELSEWHERE_V4),
        SocketAddr::V6(_) => (Ipv6Addr::LOCALHOST.into(), ELSEWHERE_V6),
    };
    let outward = outward_address(local, elsewhere).await.ok();
    let ips = [Some(loopback), outward].into_iter().flatten();
    let mut addresses: Vec<_> = ips.map(|ip| SocketAddr::new(ip, local.port())).collect();
    addresses.dedup();
    addresses
}

/// Addresses that are for documentation only: no packet is ever sent there.
const ELSEWHERE_V4: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const ELSEWHERE_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));

/// Asks the system which address it would use to get elsewhere.
async fn outward_address(local: SocketAddr, elsewhere: IpAddr) -> io::Result<IpAddr> {
    let socket = UdpSocket::bind(SocketAddr::new(local.ip(), 0)).await?;
    socket.connect(SocketAddr::new(elsewhere, 9)).await?;
    Ok(socket.local_addr()?.ip())
}
