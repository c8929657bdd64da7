//! The contents of `sql/`: what `install()` applies, in this order.

/// A file below `sql/`, compiled into the library.
pub struct File {
    /// Its name below `sql/`, without `.sql`.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! files {
    ($folder:literal: $($name:literal,)+) => {
        &[$(File {
            name: concat!($folder, "/", $name),
            text: include_str!(concat!("../../../sql/", $folder, "/", $name, ".sql")),
        },)+]
    };
}

/// Structure: each file is applied once, in order, and never changed after a release.
pub const MIGRATIONS: &[File] = files! { "migrations":
    "0001_installation",
    "0002_tenants",
    "0003_users",
    "0004_assistants",
    "0005_assistant_templates",
    "0006_work_items",
    "0007_approvals",
    "0008_approval_delegations",
    "0009_communication_policies",
    "0010_provider_credit_pools",
    "0011_cost_transactions",
    "0012_conversation_logs",
    "0013_hallucination_flags",
    "0014_audit_logs",
    "0015_audit_log_integrity",
    "0016_audit_chain_anchors",
    "0017_identity_providers",
    "0018_audit_checkpoints",
    "0019_audit_tree_lanes",
    "0020_audit_tree_tiles",
    "0021_maintenance_steps",
    "0022_audit_retired_partitions",
    "0023_audit_legal_holds",
    "0024_approval_decisions",
    "0025_budget_periods",
    "0026_credit_reservations",
    "0027_budget_alerts",
    "0028_model_prices",
    "0029_message_windows",
    "0030_message_sends",
    "0031_conversation_search",
    "0032_assistant_quality",
    "0033_governed_actions",
    "0034_leaner_indexes",
    "0035_presented_subjects",
    "0036_subject_by_tenant",
    "0037_digest_versions",
    "0040_audit_partitions",
    "0044_amounts_are_numbers",
    "0045_remainders",
    "0046_pools_of_any_provider",
    "0047_idempotent_actions",
    "0048_conversation_external_numbers",
    "0054_number_arguments",
    "0057_identity_algorithms",
};

/// Which role may read and write which rows, with the grants.
const POLICIES: &[File] = files! { "policies":
    "schema",
    "installation",
    "tenants",
    "users",
    "assistants",
    "assistant_templates",
    "work_items",
    "approvals",
    "approval_delegations",
    "approval_decisions",
    "communication_policies",
    "provider_credit_pools",
    "cost_transactions",
    "budget_periods",
    "credit_reservations",
    "budget_alerts",
    "conversation_logs",
    "conversation_search",
    "hallucination_flags",
    "assistant_quality",
    "audit_logs",
    "audit_log_integrity",
    "audit_chain_anchors",
    "audit_checkpoints",
    "audit_tree_lanes",
    "audit_tree_tiles",
    "identity_providers",
    "message_windows",
    "message_sends",
    "governed_actions",
    "maintenance_steps",
    "audit_partitions",
    "audit_retired_partitions",
    "audit_legal_holds",
    "model_prices",
};

/// The triggers that every write passes.
const TRIGGERS: &[File] = files! { "triggers":
    "tenants",
    "users",
    "assistants",
    "assistant_templates",
    "work_items",
    "approvals",
    "approval_delegations",
    "approval_decisions",
    "communication_policies",
    "provider_credit_pools",
    "cost_transactions",
    "budget_periods",
    "credit_reservations",
    "budget_alerts",
    "conversation_logs",
    "hallucination_flags",
    "audit_logs",
    "audit_legal_holds",
    "identity_providers",
    "message_windows",
    "message_sends",
    "governed_actions",
    "model_prices",
};

/// The templates that AWGP ships, and after them the trigger that records changes of templates.
const TEMPLATES: &[File] = files! { "templates":
    "system_templates",
};
const AFTER_TEMPLATES: &[File] = files! { "triggers":
    "assistant_templates_capture",
};

/// Functions that return rows of tables. They cannot be members of the extension, because a restore creates
/// the extension before the tables.
const FUNCTIONS: &[File] = files! { "functions":
    "create_tenant",
    "create_user",
    "create_assistant",
    "create_assistant_from_template",
    "create_policy",
    "create_work_item",
    "set_assistant_status",
    "request_approval",
    "approve",
    "reject",
    "escalate_approval",
    "break_glass",
    "approval_inbox",
    "delegate_approvals",
    "revoke_delegation",
    "start_work_item",
    "complete_work_item",
    "fail_work_item",
    "cancel_work_item",
    "create_credit_pool",
    "set_credit_pool",
    "record_cost",
    "reserve_credit",
    "settle_credit",
    "release_credit",
    "reverse_cost",
    "create_identity_provider",
    "rotate_identity_provider",
    "remove_identity_provider",
    "partition_status",
    "import_prices",
    "log_conversation",
    "append_conversation",
    "end_conversation",
    "hold_conversation",
    "erase_conversation",
    "search_conversations",
    "flag_hallucination",
    "review_hallucination",
    "row_history",
    "accounting_today",
};

/// Views; a view that others use comes first.
const VIEWS: &[File] = files! { "views":
    "cost_by",
    "budget_status",
    "tenant_budgets",
    "assistant_work",
    "user_list",
    "assistant_list",
    "work_item_list",
    "communication_policy_list",
    "hallucination_flag_list",
    "delegation_list",
    "conversation_list",
    "identity_provider_list",
    "model_price_list",
    "budget_history",
    "approval_queue",
    "approval_details",
    "broken_glass",
};

/// Functions that return rows of views.
const AFTER_VIEWS: &[File] = files! { "functions":
    "find_conversations",
    "prices_in_force",
};

/// Scripts can be applied repeatedly. A script is applied when its text has changed; after any migration all
/// of them are applied.
pub fn scripts() -> impl Iterator<Item = &'static File> {
    POLICIES
        .iter()
        .chain(TRIGGERS)
        .chain(TEMPLATES)
        .chain(AFTER_TEMPLATES)
        .chain(FUNCTIONS)
        .chain(VIEWS)
        .chain(AFTER_VIEWS)
}
