//! [`Kind`]: what an IP address is for.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// What an IP address is for, by the IANA registries of special-purpose addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Anywhere on the internet.
    Public,
    /// This machine.
    Loopback,
    /// A network of the owner's: RFC 1918, and unique local addresses.
    Private,
    /// Behind the NAT of a provider, or in the virtual network of a cloud: RFC 6598.
    Shared,
    /// The next machine on the wire; clouds keep the secrets of a machine there.
    LinkLocal,
    /// Where a cloud keeps the secrets of a machine, at an address that looks public.
    Metadata,
    /// More than one machine.
    Multicast,
    /// Nothing that could be connected to, or nothing that should.
    Reserved,
}

impl Kind {
    /// Finds out what an address is for; one that holds another (IPv4 in IPv6) is what that is.
    pub(super) fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::of_v4(address),
            IpAddr::V6(address) => match embedded(address) {
                Some(address) => Self::of_v4(address),
                None => Self::of_v6(address),
            },
        }
    }

    fn of_v4(address: Ipv4Addr) -> Self {
        match address.octets() {
            [127, ..] => Self::Loopback,
            [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Self::Private,
            [100, 64..=127, ..] => Self::Shared,
            [169, 254, ..] => Self::LinkLocal,
            // The host of a virtual machine of Azure.
            [168, 63, 129, 16] => Self::Metadata,
            [224..=239, ..] => Self::Multicast,
            // This network, protocol assignments, 6to4 relays, documentation, benchmarks, the
            // future, and broadcast.
            [0, ..] | [192, 0, 0 | 2, _] | [192, 88, 99, _] => Self::Reserved,
            [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => Self::Reserved,
            [240..=255, ..] => Self::Reserved,
            _ => Self::Public,
        }
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        if address.is_loopback() {
            return Self::Loopback;
        }
        match address.segments() {
            [0xfc00..=0xfdff, ..] => Self::Private,
            [0xfe80..=0xfebf, ..] => Self::LinkLocal,
            [0xff00..=0xffff, ..] => Self::Multicast,
            // Protocol assignments with Teredo and ORCHID, and documentation.
            [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Self::Reserved,
            [0x2000..=0x3fff, ..] => Self::Public,
            // Nothing else was ever given out.
            _ => Self::Reserved,
        }
    }
}

/// The IPv4 address to which packets for an IPv6 address go in the end.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let join = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        // Mapped (RFC 4291), and translated by NAT64 (RFC 6052) or SIIT (RFC 2765).
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low] => Some(join(high, low)),
        // Compatible, without `::` and `::1`, which are addresses of their own.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => Some(join(high, low)),
        // 6to4 (RFC 3056).
        [0x2002, high, low, ..] => Some(join(high, low)),
        _ => None,
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "a public address",
            Self::Loopback => "this machine itself",
            Self::Private => "an address of a private network",
            Self::Shared => "an address of a provider's own network",
            Self::LinkLocal => "a link-local address, where clouds keep secrets of a machine",
            Self::Metadata => "the address where a cloud keeps secrets of a machine",
            Self::Multicast => "a multicast address",
            Self::Reserved => "an address that is reserved",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_is_of_its_kind() {
        for (address, kind) in [
            ("8.8.8.8", Kind::Public),
            ("172.15.255.255", Kind::Public),
            ("172.32.0.0", Kind::Public),
            ("100.63.255.255", Kind::Public),
            ("100.128.0.0", Kind::Public),
            ("127.0.0.1", Kind::Loopback),
            ("127.255.255.254", Kind::Loopback),
            ("10.0.0.1", Kind::Private),
            ("172.16.0.1", Kind::Private),
            ("172.31.255.255", Kind::Private),
            ("192.168.1.1", Kind::Private),
            ("100.64.0.1", Kind::Shared),
            // The metadata service of Alibaba Cloud.
            ("100.100.100.200", Kind::Shared),
            ("169.254.169.254", Kind::LinkLocal),
            ("168.63.129.16", Kind::Metadata),
            // The metadata service of Oracle Cloud.
            ("192.0.0.192", Kind::Reserved),
            ("224.0.0.251", Kind::Multicast),
            ("0.0.0.0", Kind::Reserved),
            ("192.0.2.1", Kind::Reserved),
            ("192.88.99.1", Kind::Reserved),
            ("198.19.0.1", Kind::Reserved),
            ("203.0.113.9", Kind::Reserved),
            ("255.255.255.255", Kind::Reserved),
        ] {
            assert_eq!(Kind::of(address.parse().unwrap()), kind, "{address}");
        }
    }

    #[test]
    fn an_ipv6_address_is_no_way_around() {
        for (address, kind) in [
            ("2606:4700::1111", Kind::Public),
            ("::1", Kind::Loopback),
            ("::", Kind::Reserved),
            ("fd00:ec2::254", Kind::Private),
            ("fe80::1", Kind::LinkLocal),
            ("fec0::1", Kind::Reserved),
            ("ff02::1", Kind::Multicast),
            ("::ffff:127.0.0.1", Kind::Loopback),
            ("::ffff:8.8.8.8", Kind::Public),
            ("::ffff:0:10.0.0.1", Kind::Private),
            ("::10.0.0.1", Kind::Private),
            ("64:ff9b::169.254.169.254", Kind::LinkLocal),
            ("64:ff9b::8.8.8.8", Kind::Public),
            ("64:ff9b:1::10.0.0.1", Kind::Reserved),
            ("2002:7f00:1::", Kind::Loopback),
            ("2002:808:808::1", Kind::Public),
            ("2001:0:808:808::1", Kind::Reserved),
            ("2001:db8::1", Kind::Reserved),
            ("3fff::1", Kind::Reserved),
            ("100::1", Kind::Reserved),
            ("5f00::1", Kind::Reserved),
            ("4000::1", Kind::Reserved),
        ] {
            assert_eq!(Kind::of(address.parse().unwrap()), kind, "{address}");
        }
    }
}
