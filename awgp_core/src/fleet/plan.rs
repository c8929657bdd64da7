//! Which families to move, so that the fullest member becomes less full.
//!
//! The load of a member is what it holds by what it may hold; where one of them does not say, what it holds.
//! A move goes from the fullest member to another that is open, and is proposed only where the fuller of both
//! is then less full than the fullest was. So no proposed move makes the fleet worse, and none is proposed
//! that does not help.

use super::Member;

/// A family that may be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// Its id.
    pub id: String,
    /// The member that has it, as its place in the list of members.
    pub at: usize,
    /// Its weight, in the unit of the members.
    pub weight: u64,
}

/// A move.
#[derive(Clone, Debug, PartialEq)]
pub struct Move {
    /// The family, as its place in the list of families.
    pub family: usize,
    /// From this member, as its place in the list.
    pub from: usize,
    /// To this one.
    pub to: usize,
    /// The load of the fuller of both before.
    pub before: f64,
    /// And after.
    pub after: f64,
}

/// How far a plan goes.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// How many moves at most.
    pub moves: usize,
    /// By which part of the load of the fullest member a move must lower it: 0.05 for a twentieth.
    pub at_least: f64,
}

#[allow(clippy::cast_precision_loss, reason = "a load is a ratio: its last digits say nothing")]
fn load(member: &Member, used: u64, by_capacity: bool) -> f64 {
    match member.capacity.filter(|_| by_capacity) {
        Some(capacity) => used as f64 / capacity.max(1) as f64,
        None => used as f64,
    }
}

/// Whether every member says what it may hold.
fn say_capacity(members: &[Member]) -> bool {
    members.iter().all(|member| member.capacity.is_some())
}

/// The load of each member.
pub fn loads(members: &[Member]) -> Vec<f64> {
    let by_capacity = say_capacity(members);
    members.iter().map(|member| load(member, member.used, by_capacity)).collect()
}

/// The moves, in the order in which they are to be made. Each is proposed on the fleet as the moves before it
/// leave it, and no family is moved twice.
pub fn moves(members: &[Member], families: &[Family], bounds: Bounds) -> Vec<Move> {
    let mut used: Vec<u64> = members.iter().map(|member| member.used).collect();
    let mut is_moved = vec![false; families.len()];
    let mut moves = Vec::new();
    while moves.len() < bounds.moves {
        let Some(next) = best(members, families, (&used, &is_moved), bounds.at_least) else { break };
        let weight = families[next.family].weight;
        used[next.from] = used[next.from].saturating_sub(weight);
        used[next.to] = used[next.to].saturating_add(weight);
        is_moved[next.family] = true;
        moves.push(next);
    }
    moves
}

/// The move off the fullest member that leaves the fuller of both the least full.
fn best(
    members: &[Member],
    families: &[Family],
    (used, is_moved): (&[u64], &[bool]),
    at_least: f64,
) -> Option<Move> {
    let by_capacity = say_capacity(members);
    let now = |at: usize| load(&members[at], used[at], by_capacity);
    let from = (0..members.len()).max_by(|a, b| now(*a).total_cmp(&now(*b)).then(b.cmp(a)))?;
    let before = now(from);
    let mut best: Option<Move> = None;
    for (place, family) in families.iter().enumerate() {
        // What is heavier than its member is measured wrongly: nobody knows what moving it would do.
        if family.at != from || is_moved[place] || family.weight == 0 || family.weight > used[from] {
            continue;
        }
        for to in (0..members.len()).filter(|to| *to != from && members[*to].is_open) {
            let there = used[to].saturating_add(family.weight);
            let is_over = members[to].capacity.is_some_and(|capacity| there > capacity);
            let left = load(&members[from], used[from] - family.weight, by_capacity);
            let after = left.max(load(&members[to], there, by_capacity));
            let helps = !is_over && after < before && before - after >= before * at_least;
            if helps && best.as_ref().is_none_or(|best| after < best.after) {
                best = Some(Move { family: place, from, to, before, after });
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn member(used: u64, capacity: Option<u64>, is_open: bool) -> Member {
        Member { name: String::new(), used, capacity, is_open }
    }

    fn family(at: usize, weight: u64) -> Family {
        Family { id: format!("{at}/{weight}"), at, weight }
    }

    const ALL: Bounds = Bounds { moves: 100, at_least: 0.0 };

    #[test]
    fn the_family_that_evens_out_best_is_moved_and_an_even_fleet_is_left_alone() {
        let members = [member(100, None, true), member(20, None, true)];
        let families = [family(0, 60), family(0, 40), family(1, 20)];
        let planned = moves(&members, &families, ALL);
        assert_eq!(planned.len(), 1, "{planned:?}");
        assert_eq!((planned[0].family, planned[0].to, planned[0].after), (1, 1, 60.0));
        let even = [member(60, None, true), member(60, None, true)];
        assert_eq!(moves(&even, &[family(0, 60), family(1, 60)], ALL), []);
    }

    #[test]
    fn nothing_goes_to_a_closed_member_or_over_a_capacity_and_one_large_family_stays() {
        let families = [family(0, 30)];
        assert_eq!(moves(&[member(100, None, true), member(0, None, false)], &families, ALL), []);
        let small = [member(100, Some(100), true), member(0, Some(20), true)];
        assert_eq!(moves(&small, &families, ALL), []);
        let alone = [member(100, None, true), member(0, None, true)];
        assert_eq!(moves(&alone, &[family(0, 100)], ALL), [], "it would only change places");
    }

    #[test]
    fn a_move_that_helps_little_is_left_out() {
        let members = [member(100, None, true), member(0, None, true)];
        let families = [family(0, 3)];
        assert_eq!(moves(&members, &families, ALL).len(), 1);
        assert_eq!(moves(&members, &families, Bounds { at_least: 0.05, ..ALL }), []);
    }

    prop_compose! {
        fn fleets()(
            given in proptest::collection::vec((proptest::option::of(50_u64..400), any::<bool>(), 0_u64..50), 1..6),
            placed in proptest::collection::vec((0_usize..6, 0_u64..60), 0..25),
            at_least in 0.0..0.3,
        ) -> (Vec<Member>, Vec<Family>, Bounds) {
            let families: Vec<Family> =
                placed.iter().map(|(at, weight)| family(at % given.len(), *weight)).collect();
            let members = given.iter().enumerate().map(|(at, (capacity, is_open, other))| {
                let used: u64 = families.iter().filter(|family| family.at == at).map(|family| family.weight).sum();
                member(used + other, *capacity, *is_open)
            }).collect();
            (members, families, Bounds { moves: 50, at_least })
        }
    }

    proptest! {
        #[test]
        fn every_move_helps_and_none_makes_the_fullest_member_fuller(
            (members, families, bounds) in fleets()
        ) {
            let mut now = members.clone();
            let mut seen = Vec::new();
            let fullest = |members: &[Member]| loads(members).into_iter().fold(0.0, f64::max);
            let is = |one: f64, other: f64| one.to_bits() == other.to_bits();
            let total: u64 = members.iter().map(|member| member.used).sum();
            for step in moves(&members, &families, bounds) {
                let family = &families[step.family];
                let before = fullest(&now);
                prop_assert!(is(loads(&now)[step.from], before), "it is taken off the fullest");
                prop_assert_eq!(family.at, step.from);
                prop_assert!(now[step.to].is_open && step.to != step.from);
                prop_assert!(!seen.contains(&step.family), "no family moves twice");
                seen.push(step.family);
                now[step.from].used -= family.weight;
                now[step.to].used += family.weight;
                prop_assert!(now[step.to].capacity.is_none_or(|capacity| now[step.to].used <= capacity));
                let both = loads(&now)[step.from].max(loads(&now)[step.to]);
                prop_assert!(both < before && is(both, step.after) && is(before, step.before));
                prop_assert!(before - both >= before * bounds.at_least);
                prop_assert!(fullest(&now) <= before);
            }
            prop_assert!(seen.len() <= bounds.moves);
            prop_assert_eq!(now.iter().map(|member| member.used).sum::<u64>(), total, "nothing is lost");
        }

        #[test]
        fn where_the_plan_ends_no_single_move_off_the_fullest_helps((members, families, bounds) in fleets()) {
            let planned = moves(&members, &families, Bounds { moves: usize::MAX, ..bounds });
            let mut used: Vec<u64> = members.iter().map(|member| member.used).collect();
            let mut is_moved = vec![false; families.len()];
            for step in &planned {
                used[step.from] -= families[step.family].weight;
                used[step.to] += families[step.family].weight;
                is_moved[step.family] = true;
            }
            prop_assert_eq!(best(&members, &families, (&used, &is_moved), bounds.at_least), None);
        }
    }
}
