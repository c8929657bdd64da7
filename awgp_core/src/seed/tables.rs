//! The seed's tables, in the order of their references.

use super::Kind;
use super::Kind::{Bigint, Flag, Integer, Integers, Json, Numeric, Text, Texts, Time, Uuid, Uuids};

/// A table of the seed.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The name of its model in an ORM.
    pub model: &'static str,
    /// Its columns.
    pub columns: &'static [(&'static str, Kind)],
}

impl Table {
    /// The column by which reports name a row.
    pub fn key(&self) -> &'static str {
        if self.name == "audit_log_integrity" { "partition_name" } else { "id" }
    }
}

macro_rules! tables {
    ($($name:literal $model:literal { $($column:ident $kind:ident,)* })*) => {
        /// Every table.
        pub const TABLES: &[Table] = &[
            $(Table { name: $name, model: $model, columns: &[$((stringify!($column), $kind),)*] },)*
        ];
    };
}

tables! {
    "tenants" "Tenant" {
        id Uuid, name Text, slug Text, type Text, parent_tenant_id Uuid, settings Json, quota_max_assistants Integer,
        quota_max_users Integer, quota_monthly_cost_limit Numeric, is_active Flag, created_at Time, updated_at Time,
    }
    "users" "User" {
        id Uuid, tenant_id Uuid, keycloak_id Text, email Text, first_name Text, last_name Text, role Text,
        is_active Flag, last_login_at Time, created_at Time, updated_at Time,
    }
    "assistants" "Assistant" {
        id Uuid, tenant_id Uuid, name Text, slug Text, description Text, type Text, status Text, configuration Json,
        capabilities Texts, model_config Json, risk_tier Integer, max_cost_per_day Numeric, version Integer,
        created_by Uuid, created_at Time, updated_at Time,
    }
    "assistant_templates" "AssistantTemplate" {
        id Uuid, name Text, slug Text, description Text, type Text, configuration Json, capabilities Texts,
        model_config Json, is_system Flag, created_at Time, updated_at Time,
    }
    "work_items" "WorkItem" {
        id Uuid, tenant_id Uuid, assistant_id Uuid, title Text, description Text, status Text, priority Integer,
        risk_level Integer, estimated_cost Numeric, actual_cost Numeric, context Json, result Json, started_at Time,
        completed_at Time, due_at Time, created_by Uuid, created_at Time, updated_at Time,
    }
    "approvals" "Approval" {
        id Uuid, tenant_id Uuid, work_item_id Uuid, title Text, description Text, risk_level Integer, status Text,
        requested_by Uuid, approver_ids Uuids, approved_by Uuid, approved_at Time, rejected_reason Text,
        expires_at Time, escalation_count Integer, context Json, created_at Time, updated_at Time,
    }
    "approval_delegations" "ApprovalDelegation" {
        id Uuid, tenant_id Uuid, delegator_id Uuid, delegate_id Uuid, risk_levels Integers, starts_at Time,
        ends_at Time, reason Text, is_active Flag, created_at Time,
    }
    "communication_policies" "CommunicationPolicy" {
        id Uuid, tenant_id Uuid, name Text, from_assistant_types Texts, to_assistant_types Texts,
        allowed_channels Texts, content_rules Json, rate_limit_per_hour Integer, is_active Flag, created_at Time,
        updated_at Time,
    }
    "provider_credit_pools" "ProviderCreditPool" {
        id Uuid, tenant_id Uuid, provider Text, monthly_budget Numeric, current_balance Numeric,
        alert_threshold_50 Flag, alert_threshold_75 Flag, alert_threshold_90 Flag, reset_day_of_month Integer,
        created_at Time, updated_at Time,
    }
    "cost_transactions" "CostTransaction" {
        id Uuid, tenant_id Uuid, assistant_id Uuid, work_item_id Uuid, provider Text, model Text,
        input_tokens Integer, output_tokens Integer, cost_amount Numeric, metadata Json, created_at Time,
    }
    "conversation_logs" "ConversationLog" {
        id Uuid, tenant_id Uuid, assistant_id Uuid, work_item_id Uuid, channel Text, external_id Text, messages Json,
        cost_amount Numeric, token_count Integer, started_at Time, ended_at Time, created_at Time,
    }
    "hallucination_flags" "HallucinationFlag" {
        id Uuid, tenant_id Uuid, assistant_id Uuid, work_item_id Uuid, conversation_log_id Uuid,
        detection_method Text, confidence_score Numeric, flagged_content Text, status Text, reviewed_by Uuid,
        reviewed_at Time, notes Text, created_at Time,
    }
    "audit_logs" "AuditLog" {
        id Bigint, timestamp Time, tenant_id Uuid, actor_type Text, actor_id Uuid, action Text, entity_type Text,
        entity_id Uuid, before_state Json, after_state Json, metadata Json, integrity_hash Text,
    }
    "audit_log_integrity" "AuditLogIntegrity" {
        id Integer, partition_name Text, last_sequence_number Bigint, cumulative_hash Text, verified_at Time,
    }
}
