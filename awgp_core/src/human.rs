//! Who a human is: the subject of the token that they presented, where known, and a user's row.
//!
//! A row can belong to one human today and to another tomorrow: an administrator may give its subject to
//! another row. So two users are also the same human where their subjects are equal. A subject belongs to an
//! issuer; where the issuer is not known, because nobody has presented a token, only the subject counts.

use uuid::Uuid;

/// A human.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Human {
    /// The user's id.
    pub user: Uuid,
    /// The issuer of the token.
    pub issuer: Option<String>,
    /// The token's subject, or else the subject in the user's row.
    pub subject: Option<String>,
}

impl Human {
    /// True where they are one human, as far as known.
    pub fn is(&self, other: &Self) -> bool {
        let issuers_agree = match (&self.issuer, &other.issuer) {
            (Some(own), Some(theirs)) => own == theirs,
            _ => true,
        };
        self.user == other.user || (self.subject.is_some() && self.subject == other.subject && issuers_agree)
    }
}

impl From<Uuid> for Human {
    /// A user without a known subject.
    fn from(user: Uuid) -> Self {
        Self { user, issuer: None, subject: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn human(user: u128, issuer: Option<&str>, subject: Option<&str>) -> Human {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Human { user: Uuid::from_u128(user), issuer: owned(issuer), subject: owned(subject) }
    }

    #[test]
    fn a_human_is_a_row_or_a_subject_of_an_issuer() {
        let ada = human(1, Some("acme"), Some("ada"));
        for (other, same) in [
            (human(1, None, None), true),
            (human(1, Some("acme"), Some("bob")), true),
            (human(2, Some("acme"), Some("ada")), true),
            (human(2, None, Some("ada")), true),
            (human(2, Some("other"), Some("ada")), false),
            (human(2, Some("acme"), Some("bob")), false),
            (human(2, Some("acme"), None), false),
            (human(2, None, None), false),
        ] {
            assert_eq!((ada.is(&other), other.is(&ada)), (same, same), "{other:?}");
        }
        assert!(!human(1, None, None).is(&human(2, None, None)));
    }
}
