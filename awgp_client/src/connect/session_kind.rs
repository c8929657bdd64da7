//! target_session_attrs: which servers may answer.

/// What a session must be able to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    /// Anything.
    Any,
    /// To write.
    ReadWrite,
    /// Not to write.
    ReadOnly,
    /// To be on the primary.
    Primary,
    /// To be on a standby.
    Standby,
    /// To be on a standby, if there is one.
    PreferStandby,
}

impl SessionKind {
    /// The kind of this name in libpq.
    pub fn named(name: &str) -> Self {
        match name {
            "read-write" => Self::ReadWrite,
            "read-only" => Self::ReadOnly,
            "primary" => Self::Primary,
            "standby" => Self::Standby,
            "prefer-standby" => Self::PreferStandby,
            _ => Self::Any,
        }
    }

    /// The kinds to look for, one after the other over all servers.
    pub fn passes(self) -> &'static [Self] {
        match self {
            Self::Any => &[Self::Any],
            Self::ReadWrite => &[Self::ReadWrite],
            Self::ReadOnly => &[Self::ReadOnly],
            Self::Primary => &[Self::Primary],
            Self::Standby => &[Self::Standby],
            Self::PreferStandby => &[Self::Standby, Self::Any],
        }
    }

    /// Why a session is not of this kind; None where it is.
    pub fn unfit(self, is_read_only: bool, is_standby: bool) -> Option<&'static str> {
        match self {
            Self::ReadWrite if is_read_only || is_standby => Some("the session is read-only"),
            Self::ReadOnly if !is_read_only && !is_standby => Some("the session is not read-only"),
            Self::Primary if is_standby => Some("the server is a standby"),
            Self::Standby if !is_standby => Some("the server is not a standby"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_fits_as_libpq_says() {
        let fits = |name: &str, is_read_only, is_standby| {
            SessionKind::named(name).passes()[0].unfit(is_read_only, is_standby).is_none()
        };
        // A primary, a primary that is read-only by default, a standby.
        for (name, expected) in [
            ("any", [true, true, true]),
            ("read-write", [true, false, false]),
            ("read-only", [false, true, true]),
            ("primary", [true, true, false]),
            ("standby", [false, false, true]),
            ("prefer-standby", [false, false, true]),
        ] {
            assert_eq!(
                [fits(name, false, false), fits(name, true, false), fits(name, true, true)],
                expected,
                "{name}"
            );
        }
        assert_eq!(SessionKind::PreferStandby.passes()[1], SessionKind::Any);
    }
}
