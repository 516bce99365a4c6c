//! Which addresses we connect to when an issuer's host resolves to them.
//!
//! SECURITY: an issuer's name may resolve to our own network. The addresses that
//! were checked are the ones that are connected to, so a second look-up cannot
//! differ (DNS rebinding).

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Networks that one bundle may connect to beside the public ones.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Private networks that the bundle lists.
    pub networks: Vec<IpNet>,
    /// Whether loopback is fine: development only.
    pub loopback: bool,
}

impl Reach {
    /// Whether an address may be connected to.
    #[must_use]
    pub fn permits(&self, address: IpAddr) -> bool {
        let address = unmapped(address);
        let listed = self.networks.iter().any(|network| network.contains(&address));
        listed || (self.loopback && address.is_loopback()) || is_public(address)
    }

    /// Whether a host written as an address may be connected to: only where it was listed.
    #[must_use]
    pub fn permits_literal(&self, address: IpAddr) -> bool {
        let address = unmapped(address);
        self.networks.iter().any(|network| network.contains(&address))
            || (self.loopback && address.is_loopback())
    }
}

/// The IPv4 address inside a mapped (`::ffff:0:0/96`) or NAT64 (`64:ff9b::/96`) one.
fn unmapped(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    if let Some(v4) = v6.to_ipv4_mapped() {
        return IpAddr::V4(v4);
    }
    match v6.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            IpAddr::V4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
        }
        _ => address,
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// Everything that RFC 6890 does not reserve.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let reserved = matches!(
        (a, b, c),
        (0 | 10 | 127 | 240..=255, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)
            | (198, 18..=19, _)
            | (198, 51, 100)
            | (203, 0, 113)
            | (224..=239, _, _)
    );
    !reserved
}

/// Global unicast only (2000::/3), without documentation and 6to4.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let global = (0x2000..=0x3fff).contains(&first);
    global && !matches!((first, second), (0x2001, 0x0db8) | (0x2002, _) | (0x2001, 0))
}

/// Resolves with the system's resolver and leaves out what may not be reached.
#[derive(Debug, Clone)]
pub struct GuardedResolver(pub Reach);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let permitted: Vec<_> =
                found.into_iter().filter(|address| reach.permits(address.ip())).collect();
            if permitted.is_empty() {
                return Err(
                    "the host resolves only to addresses that may not be connected to".into()
                );
            }
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permits(reach: &Reach, address: &str) -> bool {
        reach.permits(address.parse().unwrap())
    }

    #[test]
    fn private_and_special_addresses_are_not_connected_to() {
        let reach = Reach::default();
        for address in [
            "127.0.0.1",
            "10.0.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00:ec2::254",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "ff02::1",
            "2001:db8::1",
        ] {
            assert!(!permits(&reach, address), "{address}");
        }
        for address in
            ["8.8.8.8", "140.82.112.3", "172.32.0.1", "2606:50c0:8000::153", "64:ff9b::808:808"]
        {
            assert!(permits(&reach, address), "{address}");
        }
    }

    #[test]
    fn a_listed_network_and_loopback_in_development_are_reached() {
        let listed = Reach { networks: vec!["10.1.0.0/16".parse().unwrap()], loopback: false };
        assert!(
            permits(&listed, "10.1.2.3")
                && !permits(&listed, "10.2.0.1")
                && !permits(&listed, "127.0.0.1")
        );
        assert!(listed.permits_literal("10.1.2.3".parse().unwrap()));
        assert!(!listed.permits_literal("8.8.8.8".parse().unwrap()));
        let development = Reach { networks: vec![], loopback: true };
        assert!(
            permits(&development, "127.0.0.1")
                && permits(&development, "::1")
                && !permits(&development, "10.0.0.1")
        );
    }
}
