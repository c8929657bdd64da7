//! Who changes the settings of the tenant in context.

use crate::context;
use crate::pg::role::current_role_has;
use awgp_core::human::Human;
use awgp_core::isolation_refusals;
use awgp_core::permissions::{Verb, check_write};
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use uuid::Uuid;

/// Who changes settings, and whose.
pub struct Actor {
    /// The tenant in context.
    pub tenant: Uuid,
    /// A super_admin of the tenant; None for an administrator, whom no rule of the tenant binds.
    pub human: Option<Human>,
}

impl Actor {
    /// The present one.
    pub fn present() -> Result<Self, Refusal> {
        let context = context::current().ok_or_else(|| isolation_refusals::no_tenant_context("tenants"))?;
        if current_role_has("awgp_admin") {
            return Ok(Self { tenant: context.tenant, human: None });
        }
        let user = context.user.filter(|_| context.assistant.is_none()).ok_or_else(human_needed)?;
        check_write(context::user_role()?, "tenants", Verb::Update, true)?;
        Ok(Self { tenant: context.tenant, human: Some(context::human(user)) })
    }
}

fn human_needed() -> Refusal {
    Refusal::new(
        Reason::HumanNeeded,
        "a human changes the settings of a tenant",
        "Put a super_admin of the tenant in context, and no assistant.",
    )
}
