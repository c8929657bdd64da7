//! The tenants whose trail a reader sees: their own and, for a holding, its active subsidiaries.
//!
//! Row-level security says the same. It is asked for here too, because a login of the console that is also a
//! member of awgp_auditor may read every tenant's trail, and its readers still may not.

use awgp_client::{Exit, Failure, Trouble, Work};
use uuid::Uuid;

/// The tenants.
pub struct Scope(Vec<Uuid>);

impl Scope {
    /// Those of the reader in context.
    pub async fn of(work: &Work<'_>) -> Result<Self, Trouble> {
        let rows = work.rows("SELECT unnest(awgp.visible_tenants())", &[]).await?;
        let ids: Result<Vec<Uuid>, _> = rows.iter().map(|row| row.try_get(0)).collect();
        Ok(Self(ids?))
    }

    /// None of them.
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// One of them alone; None if it is not among them.
    pub fn only(self, id: Uuid) -> Option<Self> {
        self.0.contains(&id).then(|| Self(vec![id]))
    }

    /// The condition on a column.
    pub fn condition(&self, column: &str) -> String {
        match self.0.as_slice() {
            // Only an equality lets the index give the order by time.
            [one] => format!("{column} = '{one}'::uuid"),
            ids => {
                let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
                format!("{column} = ANY ('{{{}}}'::uuid[])", ids.join(","))
            }
        }
    }
}

/// No such event: the same words for one of another tenant.
pub fn no_event() -> Failure {
    Failure::new(Exit::NotFound, "the trail that you see has no such event").hint("find it at /audit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_that_is_not_seen_is_no_scope() {
        let [one, other] = [1, 2].map(Uuid::from_u128);
        assert!(Scope(vec![one]).only(other).is_none());
        let both = Scope(vec![one, other]);
        assert!(both.condition("tenant_id").starts_with("tenant_id = ANY ('{0000"));
        assert!(both.only(one).expect("a scope").condition("x").starts_with("x = '0000"));
        assert_eq!(Scope(Vec::new()).condition("x"), "x = ANY ('{}'::uuid[])");
    }
}
