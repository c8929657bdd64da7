//! Quotas: how many active users and assistants a tenant may have.
//!
//! What counts as active: a user with `is_active`, an assistant of status `active`. An assistant that is
//! inactive, suspended or in error does not count, and is checked when it becomes active again.

use crate::reason::Reason;
use crate::refusal::Refusal;

/// A quota of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quota {
    /// `tenants.quota_max_users`.
    Users,
    /// `tenants.quota_max_assistants`.
    Assistants,
}

impl Quota {
    /// Both quotas.
    pub const ALL: [Self; 2] = [Self::Users, Self::Assistants];

    /// The quota of a table's rows; None where the table has no quota.
    pub fn of_table(table: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|quota| quota.table() == table)
    }

    /// The table whose active rows count.
    pub fn table(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Assistants => "assistants",
        }
    }

    /// The column of `tenants` that holds it.
    pub fn column(self) -> &'static str {
        match self {
            Self::Users => "quota_max_users",
            Self::Assistants => "quota_max_assistants",
        }
    }

    /// Refuses more active rows than the quota allows.
    pub fn check(self, limit: i32, active: i64) -> Result<(), Refusal> {
        if active <= i64::from(limit) {
            return Ok(());
        }
        let table = self.table();
        let hint =
            format!("Deactivate other {table}, or ask an administrator to raise tenants.{}.", self.column());
        Err(self
            .refusal(
                Reason::QuotaExceeded,
                format!("the tenant may have {limit} active {table}"),
                hint,
                limit,
            )
            .with("active", active))
    }

    /// Refuses to lower the quota below the number of active rows.
    pub fn check_lowered(self, limit: i32, active: i64) -> Result<(), Refusal> {
        if active <= i64::from(limit) {
            return Ok(());
        }
        let table = self.table();
        let hint =
            format!("Deactivate {} {table} first, or choose a higher quota.", active - i64::from(limit));
        Err(self
            .refusal(Reason::QuotaInUse, format!("{active} {table} of the tenant are active"), hint, limit)
            .with("active", active))
    }

    fn refusal(self, reason: Reason, message: String, hint: String, limit: i32) -> Refusal {
        Refusal::new(reason, message, hint).with("quota", self.column()).with("limit", limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_place_is_given_and_no_further_one() {
        for quota in Quota::ALL {
            assert_eq!(quota.check(2, 2), Ok(()));
            assert_eq!(quota.check(0, 0), Ok(()));
            let refusal = quota.check(2, 3).unwrap_err();
            assert_eq!((refusal.reason, &refusal.facts["active"]), (Reason::QuotaExceeded, &3.into()));
            assert_eq!(refusal.facts["quota"], quota.column());
        }
    }

    #[test]
    fn a_quota_is_lowered_to_what_is_active_and_no_further() {
        assert_eq!(Quota::Users.check_lowered(3, 3), Ok(()));
        let refusal = Quota::Users.check_lowered(2, 3).unwrap_err();
        assert_eq!((refusal.reason, &refusal.facts["limit"]), (Reason::QuotaInUse, &2.into()));
    }

    #[test]
    fn a_table_without_a_quota_has_none() {
        assert_eq!(Quota::of_table("assistants"), Some(Quota::Assistants));
        assert_eq!(Quota::of_table("work_items"), None);
    }
}
