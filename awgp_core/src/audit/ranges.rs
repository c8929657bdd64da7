//! Ranges of numbers of a lane: which are there, and which are lacking.

/// First and last numbers, ascending, that neither meet nor overlap.
pub(crate) type Ranges = Vec<(i64, i64)>;

/// The same numbers as ranges that neither meet nor overlap.
pub(crate) fn merged(mut ranges: Ranges) -> Ranges {
    ranges.sort_unstable();
    let mut merged: Ranges = Vec::new();
    for (first, last) in ranges {
        match merged.last_mut() {
            Some((_, end)) if first.saturating_sub(1) <= *end => *end = (*end).max(last),
            _ => merged.push((first, last)),
        }
    }
    merged
}

/// What of `first` to `last` is in none of the ranges, which are merged.
pub(crate) fn lacking(ranges: &[(i64, i64)], first: i64, last: i64) -> Ranges {
    let (mut next, mut lacking) = (first, Vec::new());
    for (begin, end) in ranges.iter().copied().take_while(|(begin, _)| *begin <= last) {
        if begin > next {
            lacking.push((next, begin - 1));
        }
        next = next.max(end.saturating_add(1));
    }
    if next <= last {
        lacking.push((next, last));
    }
    lacking
}

/// Adds a number. False where it is there already.
pub(crate) fn add(ranges: &mut Ranges, number: i64) -> bool {
    let at = ranges.partition_point(|(first, _)| *first <= number);
    if let Some((_, last)) = at.checked_sub(1).and_then(|before| ranges.get_mut(before)) {
        if number <= *last {
            return false;
        }
        if number.saturating_sub(1) == *last {
            *last = number;
            let follows = ranges.get(at).is_some_and(|(first, _)| first.saturating_sub(1) <= number);
            if follows {
                let (_, end) = ranges.remove(at);
                if let Some((_, last)) = ranges.get_mut(at - 1) {
                    *last = end;
                }
            }
            return true;
        }
    }
    match ranges.get_mut(at) {
        Some((first, _)) if first.saturating_sub(1) == number => *first = number,
        _ => ranges.insert(at, (number, number)),
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_any_order_are_ranges_and_what_lacks_is_named() {
        let mut ranges = Ranges::new();
        let added: Vec<bool> =
            [5, 1, 2, 5, 4, 9, 3, 8].iter().map(|number| add(&mut ranges, *number)).collect();
        assert_eq!(added, [true, true, true, false, true, true, true, true]);
        assert_eq!(ranges, [(1, 5), (8, 9)]);
        assert_eq!(merged(vec![(8, 9), (1, 3), (4, 5), (2, 2)]), ranges);
        assert_eq!(lacking(&ranges, 1, 12), [(6, 7), (10, 12)]);
        assert_eq!(lacking(&ranges, 5, 6), [(6, 6)]);
        assert_eq!(lacking(&ranges, 8, 7), []);
    }
}
