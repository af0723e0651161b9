//! Rate limits: token buckets, one for each account or address.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Instant;

use parking_lot::Mutex;

/// How often something may be done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// So often at once.
    pub burst: u32,
    /// So often in a second after that.
    pub per_second: f64,
}

/// How many buckets are kept before full ones are forgotten.
const KEPT: usize = 10_000;

/// Buckets by account or address.
#[derive(Debug)]
pub(super) struct Limiter<K> {
    rate: Rate,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    left: f64,
    since: Instant,
}

impl<K: Hash + Eq> Limiter<K> {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, buckets: Mutex::default() }
    }

    /// Takes one; else says how many seconds to wait for the next.
    pub(super) fn take(&self, key: K, now: Instant) -> Result<(), u64> {
        let mut buckets = self.buckets.lock();
        if buckets.len() >= KEPT {
            buckets.retain(|_, bucket| bucket.filled(self.rate, now) < f64::from(self.rate.burst));
        }
        let bucket = buckets.entry(key).or_insert(Bucket { left: f64::from(self.rate.burst), since: now });
        bucket.left = bucket.filled(self.rate, now);
        bucket.since = now;
        if bucket.left < 1.0 {
            return Err(self.wait(bucket.left));
        }
        bucket.left -= 1.0;
        Ok(())
    }

    /// Whether there is one to take, without taking it.
    pub(super) fn look(&self, key: &K, now: Instant) -> Result<(), u64> {
        let buckets = self.buckets.lock();
        let left = buckets.get(key).map_or(f64::from(self.rate.burst), |bucket| bucket.filled(self.rate, now));
        if left < 1.0 { Err(self.wait(left)) } else { Ok(()) }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number of seconds; casts saturate")]
    fn wait(&self, left: f64) -> u64 {
        ((1.0 - left) / self.rate.per_second.max(0.001)).ceil().max(1.0) as u64
    }
}

impl Bucket {
    fn filled(&self, rate: Rate, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.since).as_secs_f64();
        (self.left + passed * rate.per_second).min(f64::from(rate.burst))
    }
}

/// The address that a limit counts: for IPv6 the network, of which one customer has all addresses.
pub(super) fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let limiter = Limiter::new(Rate { burst: 2, per_second: 0.5 });
        let start = Instant::now();
        assert_eq!(limiter.take("a", start), Ok(()));
        assert_eq!(limiter.take("a", start), Ok(()));
        assert_eq!(limiter.look(&"a", start), Err(2));
        assert_eq!(limiter.take("a", start), Err(2));
        assert_eq!(limiter.take("b", start), Ok(()));
        assert_eq!(limiter.take("a", start + Duration::from_secs(2)), Ok(()));
        assert_eq!(limiter.take("a", start + Duration::from_secs(2)), Err(2));
    }

    #[test]
    fn all_addresses_of_one_network_are_one() {
        let parse = |text: &str| text.parse::<IpAddr>().map(neighbourhood);
        assert_eq!(parse("2001:db8:1:2::1"), parse("2001:db8:1:2:ffff::9"));
        assert_ne!(parse("2001:db8:1:2::1"), parse("2001:db8:1:3::1"));
        assert_eq!(parse("::ffff:10.0.0.1"), parse("10.0.0.1"));
    }
}
