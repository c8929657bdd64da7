//! The tenants whose trail a command reads: those that the tenant sees, or all for an auditor.

use awgp_client::{Context, Exit, Failure, Session, Trouble, Work};
use uuid::Uuid;

/// The tenants of the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All: the login is an auditor's, and no tenant was given.
    All,
    /// These.
    Tenants(Vec<Uuid>),
}

impl Scope {
    /// The condition on `tenant_id`. It applies in addition to row-level security: the logins of auditors and
    /// superusers may read more than was requested.
    pub fn condition(&self) -> String {
        match self {
            Self::All => "true".to_owned(),
            // Only an equality lets the index give the order by time.
            Self::Tenants(ids) if ids.len() == 1 => format!("tenant_id = '{}'::uuid", ids[0]),
            Self::Tenants(ids) => {
                let list: Vec<String> = ids.iter().map(Uuid::to_string).collect();
                format!("tenant_id = ANY ('{{{}}}'::uuid[])", list.join(","))
            }
        }
    }
}

/// Begins a transaction in the context, with times in UTC.
pub async fn open<'a>(session: &'a mut Session, context: Context<'_>) -> Result<(Work<'a>, Scope), Trouble> {
    let work = session.begin(Context::default()).await?;
    work.batch("SET LOCAL TimeZone = 'UTC'").await?;
    let scope = enter(&work, context).await?;
    Ok((work, scope))
}

/// Sets the context within a transaction, and returns what this login may read.
pub async fn enter(work: &Work<'_>, context: Context<'_>) -> Result<Scope, Trouble> {
    if context.user.is_some() || !reads_all(work).await? {
        work.enter(context).await?;
        work.require_tenant().await?;
        let visible = work.text("SELECT array_to_string(awgp.visible_tenants(), ',')", &[]).await?;
        return parse_list(&visible);
    }
    match context.tenant {
        None => Ok(Scope::All),
        // An auditor also reads the trail of inactive tenants, which can be named only by id.
        Some(tenant) => match Uuid::parse_str(tenant.trim()) {
            Ok(id) => Ok(Scope::Tenants(vec![id])),
            Err(_) => parse_list(&work.text("SELECT awgp.find_tenant($1::text)::text", &[&tenant]).await?),
        },
    }
}

/// The same for a function that finds its tenants itself: the tenant that an auditor names without being in
/// its context; None for all others, whose tenant is in context then.
pub async fn named(work: &Work<'_>, context: Context<'_>) -> Result<Option<Uuid>, Trouble> {
    let is_auditor = context.user.is_none() && reads_all(work).await?;
    match enter(work, context).await? {
        Scope::Tenants(ids) if is_auditor => Ok(ids.first().copied()),
        Scope::Tenants(_) | Scope::All => Ok(None),
    }
}

fn parse_list(text: &str) -> Result<Scope, Trouble> {
    let ids: Result<_, _> = text.split(',').filter(|id| !id.is_empty()).map(Uuid::parse_str).collect();
    let unreadable = |error| Failure::new(Exit::Unexpected, format!("the server's tenants: {error}"));
    Ok(Scope::Tenants(ids.map_err(unreadable)?))
}

/// Whether the login reads every tenant's trail.
async fn reads_all(work: &Work<'_>) -> Result<bool, Trouble> {
    let sql = "SELECT count(*) FROM pg_catalog.pg_roles
               WHERE rolname = 'awgp_auditor' AND pg_has_role(current_user, oid, 'USAGE')";
    Ok(work.number(sql, &[]).await? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_tenant_is_an_equality_and_none_is_nothing() {
        let one = Scope::Tenants(vec![Uuid::from_u128(1)]);
        assert_eq!(one.condition(), "tenant_id = '00000000-0000-0000-0000-000000000001'::uuid");
        assert_eq!(Scope::Tenants(Vec::new()).condition(), "tenant_id = ANY ('{}'::uuid[])");
        assert_eq!(Scope::All.condition(), "true");
    }
}
