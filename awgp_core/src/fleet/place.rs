//! Where a new family goes: to the open member with the most room.

use super::Member;

/// The member with the most room. Where every open member says its capacity, that is the one with the most
/// that is free; otherwise the one that holds the least. Of equals the first. None where no member is open.
pub fn place(members: &[Member]) -> Option<&Member> {
    let open = || members.iter().filter(|member| member.is_open);
    let free = |member: &Member| member.capacity.map(|capacity| capacity.saturating_sub(member.used));
    if open().all(|member| member.capacity.is_some()) {
        open().rev().max_by_key(|member| free(member))
    } else {
        open().min_by_key(|member| member.used)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn member(name: &str, used: u64, capacity: Option<u64>, is_open: bool) -> Member {
        Member { name: name.to_owned(), used, capacity, is_open }
    }

    fn placed(members: &[Member]) -> Option<&str> {
        place(members).map(|member| member.name.as_str())
    }

    #[test]
    fn the_most_room_counts_and_without_capacities_the_least_use() {
        let full = member("full", 9, Some(10), true);
        let large = member("large", 50, Some(100), true);
        let small = member("small", 1, None, true);
        assert_eq!(placed(&[full.clone(), large.clone()]), Some("large"));
        assert_eq!(placed(&[full.clone(), large.clone(), small]), Some("small"));
        assert_eq!(placed(&[full.clone(), Member { is_open: false, ..large }]), Some("full"));
        assert_eq!(placed(&[Member { is_open: false, ..full }]), None);
        let equal = [member("a", 1, None, true), member("b", 1, None, true)];
        assert_eq!(placed(&equal), Some("a"));
        let equal = [member("a", 1, Some(2), true), member("b", 1, Some(2), true)];
        assert_eq!(placed(&equal), Some("a"));
    }

    proptest! {
        #[test]
        fn only_an_open_member_is_chosen_and_none_has_more_room(
            given in proptest::collection::vec((0_u64..100, 1_u64..100, any::<bool>()), 0..8)
        ) {
            let members: Vec<Member> = given.iter().enumerate()
                .map(|(at, (used, capacity, is_open))| member(&at.to_string(), *used, Some(*capacity), *is_open))
                .collect();
            match place(&members) {
                None => prop_assert!(members.iter().all(|member| !member.is_open)),
                Some(chosen) => {
                    let room = |member: &Member| member.capacity.unwrap_or(0).saturating_sub(member.used);
                    prop_assert!(chosen.is_open);
                    prop_assert!(members.iter().filter(|m| m.is_open).all(|m| room(m) <= room(chosen)));
                }
            }
        }
    }
}
