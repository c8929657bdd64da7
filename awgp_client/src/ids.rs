//! Ids by their beginning.

use std::iter::repeat;
use uuid::Uuid;

/// The fewest digits that are taken.
pub const SHORTEST: usize = 4;

/// The least and the greatest id with this beginning; None where it is whole, too short, or no beginning of
/// an id.
pub fn range(given: &str) -> Option<(String, String)> {
    let digits: String = given.chars().filter(|c| *c != '-').collect();
    let is_beginning =
        (SHORTEST..32).contains(&digits.len()) && digits.bytes().all(|c| c.is_ascii_hexdigit());
    if !is_beginning {
        return None;
    }
    let filled = |with: char| {
        let text: String = digits.chars().chain(repeat(with)).take(32).collect();
        Uuid::try_parse(&text).ok().map(|id| id.to_string())
    };
    Some((filled('0')?, filled('f')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_a_range_of_ids() {
        let (first, last) = range("3F2A91C4-5d").expect("a beginning");
        assert_eq!(first, "3f2a91c4-5d00-0000-0000-000000000000");
        assert_eq!(last, "3f2a91c4-5dff-ffff-ffff-ffffffffffff");
        for whole_or_none in ["3f2", "", "3f2a91c4-5d6e-4f70-8a1b-2c3d4e5f6071", "helper", "nope1234"] {
            assert_eq!(range(whole_or_none), None, "{whole_or_none}");
        }
    }
}
