//! Versions of AWGP: which one is newer.

use semver::Version;

/// The newest of these versions, the first of several that are equal. One that is no version (semver.org) is
/// older than each that is.
pub fn newest<'a>(versions: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let parsed = |version: &str| Version::parse(version).ok();
    versions.into_iter().reduce(|newest, next| if parsed(next) > parsed(newest) { next } else { newest })
}

#[cfg(test)]
mod tests {
    use super::newest;

    #[test]
    fn the_newest_is_found_by_number_and_a_release_is_newer_than_its_candidates() {
        assert_eq!(newest(["0.9.0", "0.10.0", "0.2.11"]), Some("0.10.0"));
        assert_eq!(newest(["1.0.0-rc.1", "1.0.0", "1.0.0-rc.2"]), Some("1.0.0"));
        assert_eq!(newest([]), None);
    }

    #[test]
    fn what_is_no_version_is_older_than_any() {
        assert_eq!(newest(["x", "0.1.0", "99"]), Some("0.1.0"));
        assert_eq!(newest(["x", "y"]), Some("x"));
    }
}
