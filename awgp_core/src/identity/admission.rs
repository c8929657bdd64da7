//! Whether the user named by a verified token is admitted.
//!
//! The token has been verified, so its holder may be told why not.

use thiserror::Error;
use uuid::Uuid;

use super::Identity;
use crate::reason::Reason;
use crate::refusal::Refusal;

/// The user whose `keycloak_id` is the token's subject, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// `users.is_active`.
    pub is_active: bool,
    /// The user's tenant.
    pub tenant_id: Uuid,
    /// That tenant's slug.
    pub tenant_slug: String,
    /// That tenant's `is_active`.
    pub tenant_is_active: bool,
    /// `users.subject_by_tenant`: the user's tenant has set the subject.
    pub subject_by_tenant: bool,
}

/// Why a user with a good token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AdmissionError {
    /// No user has this subject.
    #[error("no user has the token's subject")]
    UnknownUser,
    /// The user is not active.
    #[error("the user is not active")]
    UserInactive,
    /// Their tenant has set the subject, and the token does not name the tenant.
    #[error("the user's subject was set by their tenant, and the token names no tenant")]
    NamesNoTenant,
    /// Their tenant is not active.
    #[error("the user's tenant is not active")]
    TenantInactive,
    /// The tenant claim, or the provider's bound, names another tenant.
    #[error("the token is for another tenant than the user's")]
    TenantMismatch,
}

/// Admits the candidate, or returns the first that applies: unknown user, another tenant, no tenant, inactive
/// user, inactive tenant.
///
/// `only_tenant` is the tenant whose users the provider may authenticate; None: every tenant's. The token's
/// tenant claim, where its provider has one, is the id or the slug of the user's tenant. A subject that a
/// tenant has set may be a stranger's, so it needs one of the two.
pub fn admit(
    identity: &Identity,
    only_tenant: Option<Uuid>,
    candidate: Option<&Candidate>,
) -> Result<(), AdmissionError> {
    let candidate = candidate.ok_or(AdmissionError::UnknownUser)?;
    let named = |tenant: &String| {
        *tenant == candidate.tenant_slug || Uuid::try_parse(tenant) == Ok(candidate.tenant_id)
    };
    let agrees = identity.tenants.is_empty() || identity.tenants.iter().any(named);
    let bound = only_tenant.is_none_or(|tenant| tenant == candidate.tenant_id);
    if !bound || !agrees {
        return Err(AdmissionError::TenantMismatch);
    }
    if candidate.subject_by_tenant && only_tenant.is_none() && identity.tenants.is_empty() {
        return Err(AdmissionError::NamesNoTenant);
    }
    if !candidate.is_active {
        return Err(AdmissionError::UserInactive);
    }
    if !candidate.tenant_is_active {
        return Err(AdmissionError::TenantInactive);
    }
    Ok(())
}

impl From<AdmissionError> for Refusal {
    fn from(error: AdmissionError) -> Self {
        let (reason, hint) = match error {
            AdmissionError::UnknownUser => (
                Reason::UnknownUser,
                "Create the user with the token's subject as keycloak_id: awgp user create … --keycloak-id",
            ),
            AdmissionError::UserInactive => {
                (Reason::UserInactive, "Ask an admin of the tenant to set users.is_active again.")
            }
            AdmissionError::TenantInactive => {
                (Reason::TenantInactive, "Ask an administrator to set tenants.is_active again.")
            }
            AdmissionError::NamesNoTenant => (
                Reason::TokenNoTenant,
                "Set tenant_claim or only_tenant_id of the provider; or confirm the user's subject, as awgp_admin: UPDATE \
                 awgp.users SET subject_by_tenant = false WHERE id = …",
            ),
            AdmissionError::TenantMismatch => (
                Reason::TokenTenantMismatch,
                "Compare the token's tenant claim, and the provider's only_tenant_id, with the user's \
                 tenant.",
            ),
        };
        Self::new(reason, error.to_string(), hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(tenant: Option<&str>) -> Identity {
        Identity {
            provider: 0,
            issuer: "https://id.example.com/realms/acme".to_owned(),
            subject: "s".to_owned(),
            tenants: tenant.into_iter().map(str::to_owned).collect(),
            key_id: None,
            token_id: None,
            expires_at_seconds: 0,
        }
    }

    fn candidate() -> Candidate {
        Candidate {
            is_active: true,
            tenant_id: Uuid::from_u128(7),
            tenant_slug: "acme".to_owned(),
            tenant_is_active: true,
            subject_by_tenant: false,
        }
    }

    #[test]
    fn an_active_user_of_an_active_tenant_comes_in() {
        let by_id = Uuid::from_u128(7).to_string();
        for claim in [None, Some("acme"), Some(by_id.as_str())] {
            for bound in [None, Some(Uuid::from_u128(7))] {
                assert_eq!(admit(&identity(claim), bound, Some(&candidate())), Ok(()));
            }
        }
    }

    #[test]
    fn a_subject_that_the_tenant_set_needs_a_token_that_names_the_tenant() {
        let claimed = Candidate { subject_by_tenant: true, ..candidate() };
        let own = Some(Uuid::from_u128(7));
        assert_eq!(admit(&identity(None), None, Some(&claimed)), Err(AdmissionError::NamesNoTenant));
        assert_eq!(admit(&identity(Some("acme")), None, Some(&claimed)), Ok(()));
        assert_eq!(admit(&identity(None), own, Some(&claimed)), Ok(()));
        let refused = admit(&identity(Some("other")), own, Some(&claimed));
        assert_eq!(refused, Err(AdmissionError::TenantMismatch));
    }

    #[test]
    fn each_refusal_has_its_own_reason() {
        let inactive = Candidate { is_active: false, ..candidate() };
        let closed = Candidate { tenant_is_active: false, ..candidate() };
        let other = Some(Uuid::from_u128(8));
        for (claim, bound, found, expected) in [
            (None, None, None, "unknown_user"),
            (None, None, Some(&inactive), "user_inactive"),
            (None, None, Some(&closed), "tenant_inactive"),
            (Some("ACME"), None, Some(&candidate()), "token_tenant_mismatch"),
            (Some("other"), None, Some(&inactive), "token_tenant_mismatch"),
            (None, other, Some(&candidate()), "token_tenant_mismatch"),
        ] {
            let refusal = Refusal::from(admit(&identity(claim), bound, found).unwrap_err());
            assert_eq!(refusal.reason.name(), expected);
            assert!(!refusal.hint.is_empty());
        }
    }
}
