//! The minor releases of PostgreSQL in which row-level security can be bypassed.
//!
//! Source: PostgreSQL's security page, one entry per CVE, with the first fixed minor release of each major
//! release that was supported then. A later major release contains the fix; an earlier one never got it.

/// A vulnerability in row-level security that PostgreSQL has fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownHole {
    /// Its number.
    pub cve: &'static str,
    /// What it allows, in one sentence without a full stop.
    pub what: &'static str,
    /// Major and first fixed minor, newest major first.
    fixed: &'static [(i32, i32)],
}

/// The relevant vulnerabilities, oldest first.
pub const KNOWN_HOLES: &[KnownHole] = &[
    KnownHole {
        cve: "CVE-2023-2455",
        what: "a cached plan keeps the policies of another role after SET ROLE or inlining",
        fixed: &[(15, 3), (14, 8), (13, 11), (12, 15), (11, 20)],
    },
    KnownHole {
        cve: "CVE-2024-10976",
        what: "a plan below a subquery keeps the policies of another role",
        fixed: &[(17, 1), (16, 5), (15, 9), (14, 14), (13, 17), (12, 21)],
    },
    KnownHole {
        cve: "CVE-2025-8713",
        what: "statistics of the planner show sampled values of rows that a policy hides",
        fixed: &[(17, 6), (16, 10), (15, 14), (14, 19), (13, 22)],
    },
];

impl KnownHole {
    /// The first minor release of this major release with the fix; None where the first release had it, or no
    /// release got it.
    pub fn fixed_minor(&self, major: i32) -> Option<i32> {
        self.fixed.iter().find(|(fixed, _)| *fixed == major).map(|(_, minor)| *minor)
    }

    /// True where a server of this version is vulnerable. `version_num` is `server_version_num`: 150004 for
    /// 15.4.
    pub fn is_open_in(&self, version_num: i32) -> bool {
        let (major, minor) = (version_num / 10_000, version_num % 10_000);
        match self.fixed_minor(major) {
            Some(fixed) => minor < fixed,
            None => self.fixed.iter().all(|(fixed, _)| major < *fixed),
        }
    }
}

/// The vulnerabilities of a server of this version. `version_num` is `server_version_num`.
pub fn open_holes(version_num: i32) -> impl Iterator<Item = &'static KnownHole> {
    KNOWN_HOLES.iter().filter(move |hole| hole.is_open_in(version_num))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(version_num: i32) -> Vec<&'static str> {
        open_holes(version_num).map(|hole| hole.cve).collect()
    }

    #[test]
    fn a_minor_is_open_until_the_release_that_fixes_it() {
        assert_eq!(open(150_002), ["CVE-2023-2455", "CVE-2024-10976", "CVE-2025-8713"]);
        assert_eq!(open(150_003), ["CVE-2024-10976", "CVE-2025-8713"]);
        assert_eq!(open(150_008), ["CVE-2024-10976", "CVE-2025-8713"]);
        assert_eq!(open(150_009), ["CVE-2025-8713"]);
        assert_eq!(open(150_013), ["CVE-2025-8713"]);
        assert!(open(150_014).is_empty());
    }

    #[test]
    fn a_major_that_was_released_with_the_fix_is_closed_from_its_first_minor() {
        assert_eq!(open(160_000), ["CVE-2024-10976", "CVE-2025-8713"]);
        assert_eq!(open(160_005), ["CVE-2025-8713"]);
        assert!(open(160_010).is_empty());
        assert_eq!(open(170_000), ["CVE-2024-10976", "CVE-2025-8713"]);
        assert_eq!(open(170_001), ["CVE-2025-8713"]);
        assert!(open(170_006).is_empty());
        assert!(open(180_000).is_empty());
    }

    #[test]
    fn a_major_that_never_got_the_fix_stays_open() {
        assert_eq!(open(100_023), ["CVE-2023-2455", "CVE-2024-10976", "CVE-2025-8713"]);
        assert_eq!(open(120_022), ["CVE-2025-8713"]);
        assert_eq!(open(110_020), ["CVE-2024-10976", "CVE-2025-8713"]);
    }

    #[test]
    fn each_entry_lists_majors_from_the_newest_down() {
        for hole in KNOWN_HOLES {
            assert!(hole.fixed.windows(2).all(|pair| pair[0].0 == pair[1].0 + 1), "{}", hole.cve);
        }
    }
}
