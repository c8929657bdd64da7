//! Times, as tokens write them and the server's clock counts them.

use serde_json::Value;

const MICROSECONDS: i128 = 1_000_000;

/// A moment, in microseconds since 1970. Wide enough that no claim overflows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(i128);

impl Instant {
    /// A whole second since 1970.
    pub fn of_seconds(seconds: i64) -> Self {
        Self(i128::from(seconds) * MICROSECONDS)
    }

    /// A microsecond since 1970.
    pub fn of_microseconds(microseconds: i64) -> Self {
        Self(microseconds.into())
    }

    /// A NumericDate (RFC 7519 §2): seconds since 1970, with or without a fraction. None for anything that is
    /// not a number or is beyond 64 bits.
    pub(super) fn of_claim(value: &Value) -> Option<Self> {
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // bounded by the filter
        let with_fraction = |seconds: f64| (seconds * MICROSECONDS as f64).round() as i128;
        let whole = value.as_i64().map(Self::of_seconds);
        whole.or_else(|| {
            #[allow(clippy::cast_precision_loss)]
            let seconds = value.as_f64().filter(|seconds| seconds.abs() < i64::MAX as f64);
            seconds.filter(|_| !value.is_u64()).map(|seconds| Self(with_fraction(seconds)))
        })
    }

    /// This many seconds later; negative: earlier.
    pub(super) fn plus(self, seconds: i64) -> Self {
        Self(self.0 + i128::from(seconds) * MICROSECONDS)
    }

    /// The whole seconds since an earlier moment, rounded down.
    pub(super) fn seconds_since(self, earlier: Self) -> i64 {
        whole((self.0 - earlier.0).div_euclid(MICROSECONDS))
    }

    /// The second it is in.
    pub(super) fn seconds(self) -> i64 {
        whole(self.0.div_euclid(MICROSECONDS))
    }

    /// The first whole second at or after it.
    pub(super) fn next_second(self) -> i64 {
        whole(-(-self.0).div_euclid(MICROSECONDS))
    }
}

/// The end of i64 where it is beyond.
fn whole(seconds: i128) -> i64 {
    i64::try_from(seconds).unwrap_or(if seconds < 0 { i64::MIN } else { i64::MAX })
}
