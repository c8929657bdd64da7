//! The rows of `awgp.identity_providers`, in the form the verifier needs.

use crate::pg::relation;
use crate::pg::tuple::Row;
use awgp_core::identity::{Algorithm, Provider, validate_jwks};
use pgrx::PgLogLevel;
use std::cell::RefCell;
use std::collections::HashMap;
use uuid::Uuid;

/// An active provider, with what the verifier itself does not need.
#[derive(Clone)]
pub struct Trusted {
    /// What the verifier needs.
    pub provider: Provider,
    /// How far the provider's clock may be off.
    pub leeway_seconds: u32,
    /// The only tenant whose users it may vouch for; None: those of every tenant.
    pub only_tenant: Option<Uuid>,
}

thread_local! {
    /// Key sets already parsed, by their text: parsing an RSA key takes longer than using it.
    static READ: RefCell<HashMap<String, awgp_core::identity::KeySet>> = RefCell::new(HashMap::new());
}

/// The active providers. A row that cannot be used is left out and reported in the server's log; only a
/// superuser who disables the trigger can write one.
pub fn active() -> Vec<Trusted> {
    let mut rows = Vec::new();
    relation::for_each(c"identity_providers", |row| {
        if row.flag(c"is_active") {
            rows.push(Columns::read(row));
        }
    });
    READ.with_borrow_mut(|read| read.retain(|jwks, _| rows.iter().any(|row| row.jwks == *jwks)));
    rows.into_iter().filter_map(Columns::trusted).collect()
}

struct Columns {
    issuer: String,
    audience: Vec<String>,
    jwks: String,
    algorithms: Vec<String>,
    subject_claim: String,
    tenant_claim: Option<String>,
    leeway_seconds: i32,
    max_lifetime_seconds: Option<i32>,
    authorized_parties: Vec<String>,
    only_tenant: Option<Uuid>,
}

impl Columns {
    fn read(row: &Row) -> Self {
        Self {
            issuer: row.text(c"issuer").unwrap_or_default(),
            audience: row.texts(c"audience"),
            jwks: row.text(c"jwks").unwrap_or_default(),
            algorithms: row.texts(c"algorithms"),
            subject_claim: row.text(c"subject_claim").unwrap_or_default(),
            tenant_claim: row.text(c"tenant_claim"),
            leeway_seconds: row.integer(c"leeway_seconds").unwrap_or(0),
            max_lifetime_seconds: row.integer(c"max_lifetime_seconds"),
            authorized_parties: row.texts(c"authorized_parties"),
            only_tenant: row.uuid(c"only_tenant_id"),
        }
    }

    fn trusted(self) -> Option<Trusted> {
        let read = READ.with_borrow(|read| read.get(&self.jwks).cloned());
        let keys = match read.map_or_else(|| validate_jwks(&self.jwks), Ok) {
            Ok(keys) => keys,
            Err(error) => {
                pgrx::ereport!(
                    PgLogLevel::LOG,
                    pgrx::PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
                    format!("awgp: identity provider {} is not used: {error}", self.issuer)
                );
                return None;
            }
        };
        READ.with_borrow_mut(|read| read.insert(self.jwks, keys.clone()));
        let mut provider = Provider::new(self.issuer, self.audience, keys);
        provider.authorized_parties = self.authorized_parties;
        provider.algorithms =
            self.algorithms.iter().filter_map(|name| name.parse::<Algorithm>().ok()).collect();
        provider.subject_claim = self.subject_claim;
        provider.tenant_claim = self.tenant_claim;
        provider.max_lifetime_seconds = self.max_lifetime_seconds.map(i64::from);
        let leeway_seconds = u32::try_from(self.leeway_seconds).unwrap_or(0);
        Some(Trusted { provider, leeway_seconds, only_tenant: self.only_tenant })
    }
}
