//! Where a request came from, for its entry. A forwarded address is believed
//! only from a balancer that the configuration names.

use super::Peer;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use ipnet::IpNet;
use std::borrow::Cow;
use std::net::IpAddr;
use sts_core::exchange::Caller;

/// The caller of a request.
pub(super) fn caller(request: &Request, trusted: &[IpNet]) -> Caller {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
    // Only for the record: bytes that are no text are no reason to leave it out.
    let user_agent = request.headers().get(header::USER_AGENT);
    let user_agent = user_agent.map(|value| String::from_utf8_lossy(value.as_bytes()));
    Caller {
        source: peer.map(|peer| origin(peer, request.headers(), trusted).to_string()),
        user_agent: user_agent.map(Cow::into_owned),
    }
}

/// The rightmost address that is not a balancer's: what stands left of it, anyone can write.
fn origin(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_balancer = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_balancer(&peer) {
        return peer;
    }
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    let addresses = hops.iter().rev().map_while(|hop| hop.parse::<IpAddr>().ok());
    let mut last = peer;
    for address in addresses {
        last = address;
        if !is_balancer(&address) {
            break;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &str) -> String {
        let mut headers = HeaderMap::new();
        if !forwarded.is_empty() {
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        }
        origin(peer.parse().unwrap(), &headers, &["10.0.0.0/8".parse().unwrap()]).to_string()
    }

    #[test]
    fn a_forwarded_address_is_believed_from_a_balancer_only() {
        assert_eq!(seen("203.0.113.9", "198.51.100.1"), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2"), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", ""), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", "nonsense"), "10.0.0.1");
    }
}
