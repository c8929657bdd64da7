//! Numbers of things in sentences that people read.

/// `1 row`, `2 rows`: a number and what it counts, a regular noun in the singular.
///
/// ```
/// # use awgp_core::counted::counted;
/// assert_eq!(counted(1, "lane"), "1 lane");
/// assert_eq!(counted(0, "open approval"), "0 open approvals");
/// ```
pub fn counted(count: impl TryInto<u128>, noun: &str) -> String {
    // What does not fit is negative; nothing counts so.
    let count: u128 = count.try_into().unwrap_or(0);
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}
