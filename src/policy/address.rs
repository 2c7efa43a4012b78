//! Classes of IP addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses that a task may not connect to. Multicast, broadcast and reserved addresses are refused as soon as any
/// rule is on: no server has one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AddressRules {
    /// 127.0.0.0/8 and ::1, also 0.0.0.0/8 and ::, which reach this machine on several systems.
    pub refuse_loopback: bool,
    /// Private networks, also carrier-grade NAT and ranges for protocol assignments, benchmarks and documentation.
    pub refuse_private: bool,
    /// 169.254.0.0/16 (where clouds keep their metadata service) and fe80::/10.
    pub refuse_link_local: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Public,
    Loopback,
    Private,
    LinkLocal,
    /// Nothing that answers a TCP connection.
    Unusable,
}

impl AddressRules {
    pub(super) fn allow(self, address: IpAddr) -> bool {
        match classify(address) {
            Class::Public => true,
            Class::Loopback => !self.refuse_loopback,
            Class::Private => !self.refuse_private,
            Class::LinkLocal => !self.refuse_link_local,
            Class::Unusable => self == AddressRules::default(),
        }
    }
}

fn classify(address: IpAddr) -> Class {
    match address {
        IpAddr::V4(ip) => classify_v4(ip),
        IpAddr::V6(ip) => match inner_v4(ip) {
            Some(inner) => classify_v4(inner),
            None => classify_v6(ip),
        },
    }
}

fn classify_v4(ip: Ipv4Addr) -> Class {
    match ip.octets() {
        [0 | 127, ..] => Class::Loopback,
        [169, 254, ..] => Class::LinkLocal,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Class::Private,
        // Carrier-grade NAT, protocol assignments, benchmarks, documentation.
        [100, 64..=127, ..] | [192, 0, 0, _] | [198, 18..=19, ..] => Class::Private,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Class::Private,
        [224..=255, ..] => Class::Unusable,
        _ => Class::Public,
    }
}

fn classify_v6(ip: Ipv6Addr) -> Class {
    if ip.is_loopback() || ip.is_unspecified() {
        return Class::Loopback;
    }
    match ip.segments() {
        [0xfe80..=0xfebf, ..] => Class::LinkLocal,
        // Unique local, and the older site local.
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => Class::Private,
        // NAT64 with a prefix of the network's own: where the IPv4 stands in it is not known here.
        [0x64, 0xff9b, 1, ..] => Class::Private,
        // Benchmarks and documentation.
        [0x2001, 2, 0, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0x0fff, ..] => Class::Private,
        // Multicast and discard-only.
        [0xff00..=0xffff, ..] | [0x100, 0, 0, 0, ..] => Class::Unusable,
        _ => Class::Public,
    }
}

/// The IPv4 address that an IPv6 one leads to: IPv4-mapped, -compatible and -translated, NAT64, 6to4 and Teredo.
fn inner_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let v4 = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match ip.segments() {
        // Not ::, ::1 and the like.
        [0, 0, 0, 0, 0, 0, 0, _] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => Some(v4(high, low)),
        [0, 0, 0, 0, 0xffff, 0, high, low] => Some(v4(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(v4(high, low)),
        [0x2002, high, low, ..] => Some(v4(high, low)),
        // Teredo keeps the client's address with every bit turned over.
        [0x2001, 0, .., high, low] => Some(v4(!high, !low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Class::*;

    #[test]
    fn each_address_is_in_its_class() {
        let table = [
            ("1.1.1.1", Public),
            ("172.15.255.255", Public),
            ("172.32.0.0", Public),
            ("100.63.255.255", Public),
            ("100.128.0.0", Public),
            ("169.253.255.255", Public),
            ("192.167.255.255", Public),
            ("192.169.0.0", Public),
            ("198.17.255.255", Public),
            ("198.20.0.0", Public),
            ("126.255.255.255", Public),
            ("128.0.0.0", Public),
            ("11.0.0.0", Public),
            ("192.0.1.0", Public),
            ("223.255.255.255", Public),
            ("127.0.0.1", Loopback),
            ("127.255.255.255", Loopback),
            ("0.0.0.0", Loopback),
            ("0.1.2.3", Loopback),
            ("10.0.0.0", Private),
            ("10.255.255.255", Private),
            ("172.16.0.0", Private),
            ("172.31.255.255", Private),
            ("192.168.0.1", Private),
            ("100.64.0.0", Private),
            ("100.127.255.255", Private),
            ("192.0.0.8", Private),
            ("198.18.0.0", Private),
            ("198.19.255.255", Private),
            ("192.0.2.1", Private),
            ("198.51.100.1", Private),
            ("203.0.113.1", Private),
            ("169.254.169.254", LinkLocal),
            ("224.0.0.1", Unusable),
            ("239.255.255.255", Unusable),
            ("240.0.0.1", Unusable),
            ("255.255.255.255", Unusable),
            ("2606:4700::1111", Public),
            ("::1", Loopback),
            ("::", Loopback),
            ("::7f00:1", Loopback),
            ("::ffff:127.0.0.1", Loopback),
            ("::ffff:0.0.0.0", Loopback),
            ("::ffff:0:127.0.0.1", Loopback),
            ("64:ff9b::127.0.0.1", Loopback),
            ("2002:7f00:1::", Loopback),
            ("2001:0:1:2:3:4:80ff:fffe", Loopback),
            ("::ffff:10.0.0.1", Private),
            ("::ffff:8.8.8.8", Public),
            ("::8.8.8.8", Public),
            ("64:ff9b::8.8.8.8", Public),
            ("64:ff9b::192.168.1.1", Private),
            ("64:ff9b:1::8.8.8.8", Private),
            ("2002:0a00:0001::1", Private),
            ("2002:0808:0808::1", Public),
            ("2001:0:1:2:3:4:f5ff:fffe", Private),
            ("fc00::1", Private),
            ("fdff::1", Private),
            ("fec0::1", Private),
            ("2001:db8::1", Private),
            ("3fff::1", Private),
            ("2001:2::1", Private),
            ("fe80::1", LinkLocal),
            ("febf::1", LinkLocal),
            ("::ffff:169.254.169.254", LinkLocal),
            ("2002:a9fe:a9fe::", LinkLocal),
            ("ff02::1", Unusable),
            ("100::1", Unusable),
            ("::ffff:255.255.255.255", Unusable),
        ];
        for (address, class) in table {
            assert_eq!(classify(address.parse().unwrap()), class, "{address}");
        }
    }

    #[test]
    fn each_rule_refuses_its_class_only() {
        let rules = |loopback, private, link_local| AddressRules {
            refuse_loopback: loopback,
            refuse_private: private,
            refuse_link_local: link_local,
        };
        let samples = ["8.8.8.8", "127.0.0.1", "192.168.0.1", "169.254.0.1", "224.0.0.1"];
        let table = [
            (rules(false, false, false), [true, true, true, true, true]),
            (rules(true, false, false), [true, false, true, true, false]),
            (rules(false, true, false), [true, true, false, true, false]),
            (rules(false, false, true), [true, true, true, false, false]),
            (rules(true, true, true), [true, false, false, false, false]),
        ];
        for (rules, expected) in table {
            let allowed = samples.map(|address| rules.allow(address.parse().unwrap()));
            assert_eq!(allowed, expected, "{rules:?}");
        }
    }
}
