//! How often somebody may begin to sign in: from one address, and all together.

use crate::answer::Refusal;
use crate::site::Site;
use awgp_client::{Exit, Failure};
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::StatusCode;
use axum::http::header::{HeaderMap, RETRY_AFTER};
use axum::http::request::Parts;
use axum::response::IntoResponse;
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;

/// From one address: so many at once, and so many a minute.
const OF_ONE: NonZeroU32 = NonZeroU32::new(60).unwrap();
/// All together: so many at once, and so many a second.
const OF_ALL: NonZeroU32 = NonZeroU32::new(200).unwrap();
/// So many addresses are remembered before those are forgotten that may begin again anyway.
const REMEMBERED: usize = 10_000;

/// What is left to each.
pub struct Limits {
    of_one: DefaultKeyedRateLimiter<IpAddr>,
    of_all: DefaultDirectRateLimiter,
    /// The reader's address is what the proxy says.
    is_forwarded: bool,
}

impl Limits {
    /// With everything left.
    pub fn new(is_forwarded: bool) -> Self {
        Self {
            of_one: DefaultKeyedRateLimiter::keyed(Quota::per_minute(OF_ONE)),
            of_all: DefaultDirectRateLimiter::direct(Quota::per_second(OF_ALL)),
            is_forwarded,
        }
    }

    fn allow(&self, address: IpAddr) -> bool {
        if self.of_one.len() > REMEMBERED {
            self.of_one.retain_recent();
        }
        self.of_one.check_key(&network(address)).is_ok() && self.of_all.check().is_ok()
    }

    /// Who is at the other end. A proxy adds its reader at the end of the list; what stands before may be
    /// made up.
    fn address(&self, headers: &HeaderMap, peer: IpAddr) -> IpAddr {
        let forwarded = headers.get_all("x-forwarded-for").iter().next_back();
        let last = forwarded.and_then(|list| list.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
        last.filter(|_| self.is_forwarded).unwrap_or(peer)
    }
}

/// Whoever has an address of IPv6 has at least 2^64 of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Somebody who may begin to sign in now.
pub struct Allowed;

impl FromRequestParts<Site> for Allowed {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Refusal> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        let peer = peer.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
        if site.limits.allow(site.limits.address(&parts.headers, peer)) {
            return Ok(Self);
        }
        let failure = Failure::new(Exit::LimitExceeded, "too many try to sign in from where you are")
            .hint("wait a minute, then try again");
        let page = Refusal::with(StatusCode::TOO_MANY_REQUESTS, &failure).into_response();
        Err(Refusal::answered(([(RETRY_AFTER, "60")], page).into_response()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn one_address_is_stopped_and_another_is_not() {
        let limits = Limits::new(false);
        let tries = |from: &str| (0..=OF_ONE.get()).filter(|_| limits.allow(address(from))).count();
        let begun = std::time::Instant::now();
        let (allowed, of_one) = (tries("192.0.2.1") as u64, u64::from(OF_ONE.get()));
        // One more is let in each second.
        assert!((of_one..=of_one + begun.elapsed().as_secs()).contains(&allowed), "{allowed}");
        assert!(limits.allow(address("192.0.2.2")));
    }

    #[test]
    fn the_addresses_of_one_network_count_together() {
        assert_eq!(network(address("2001:db8::1")), network(address("2001:db8::ffff:1")));
        assert_ne!(network(address("2001:db8::1")), network(address("2001:db8:0:1::1")));
        assert_eq!(network(address("::ffff:192.0.2.1")), address("192.0.2.1"));
    }

    #[test]
    fn only_what_the_proxy_has_added_counts_and_only_behind_one() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "198.51.100.7, 192.0.2.9".parse().expect("a header"));
        let proxy = address("10.0.0.1");
        assert_eq!(Limits::new(true).address(&headers, proxy), address("192.0.2.9"));
        assert_eq!(Limits::new(false).address(&headers, proxy), proxy);
    }
}
