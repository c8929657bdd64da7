//! The table of contents of `sql/`: what `install()` and `migrate()` apply, in this order.

/// A file below `sql/`, compiled into the library.
#[derive(Clone, Copy)]
pub struct File {
    /// Its name below `sql/`, without `.sql`.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// The tables: their shape in a new database, and what brings older ones to it.
pub struct Structure<'a> {
    /// Each table's whole shape, in the order of their references.
    pub tables: &'a [File],
    /// Changes of that shape, in the order of their numbers.
    pub migrations: &'a [File],
}

/// The structure of this version.
pub const STRUCTURE: Structure<'_> = Structure { tables: TABLES, migrations: MIGRATIONS };

macro_rules! files {
    ($folder:literal: $($name:literal,)*) => {
        &[$(File {
            name: concat!($folder, "/", $name),
            text: include_str!(concat!("../../../sql/", $folder, "/", $name, ".sql")),
        },)*]
    };
}

/// The shape of the tables, created once, in a database without them. `sql/migrations/README.md` describes
/// how to change it.
const TABLES: &[File] = files! { "tables":
    "installation",
    "schema_migrations",
    "tenants",
    "users",
    "assistant_templates",
    "assistants",
    "work_items",
    "approvals",
    "approval_delegations",
    "approval_decisions",
    "communication_policies",
    "message_windows",
    "message_sends",
    "provider_credit_pools",
    "budget_periods",
    "credit_reservations",
    "cost_transactions",
    "budget_alerts",
    "model_prices",
    "conversation_logs",
    "conversation_search",
    "hallucination_flags",
    "governed_actions",
    "identity_providers",
    "audit_logs",
    "audit_partitions",
    "audit_log_integrity",
    "audit_chain_anchors",
    "audit_adoptions",
    "tenant_moves",
    "audit_adopted_lanes",
    "audit_checkpoints",
    "audit_tree_lanes",
    "audit_tree_tiles",
    "audit_retired_partitions",
    "audit_legal_holds",
    "audit_erasable_columns",
    "audit_erasable_values",
    "maintenance_steps",
    "outbox",
    "stops",
};

/// What has changed since 0.1.0: each migration is applied once to an older database, in order, and never
/// changed after a release.
const MIGRATIONS: &[File] = files! { "migrations": };

/// Members of the extension that pgrx does not declare: trigger functions, and other C functions. Their
/// bodies are the functions of the same name in this crate.
const MEMBER_FUNCTIONS: &[File] = files! { "members/functions":
    "entity_id",
    "visible_tenants",
    "own_or_visible_support",
    "own_or_visible",
};
const TRIGGER_FUNCTIONS: &[File] = files! { "triggers/functions":
    "guard_statement",
    "guard_row",
    "guard_bounds",
    "guard_tenant",
    "guard_user",
    "guard_identity_provider",
    "guard_policy",
    "forget_windows",
    "guard_template",
    "guard_quota",
    "guard_lowered_quota",
    "refresh_context",
    "touch_updated_at",
    "guard_user_array",
    "guard_listed_user",
    "keep_conversation",
    "index_messages",
    "erase_traces",
    "keep_flag",
    "suspend_over_flags",
    "tell_of_suspension",
    "capture",
    "guard_audit",
    "guard_erasable",
    "refuse_truncate",
    "follow_tables",
    "record_drops",
    "keep_entry",
    "post_entry",
    "keep_reservation",
    "post_reservation",
    "keep_pool",
    "post_pool",
    "keep_book",
    "guard_settings",
    "assistant_machine",
    "work_item_machine",
    "work_item_effects",
    "approval_machine",
    "approval_effects",
    "delegation_machine",
    "guard_decision",
};

/// What each function of the extension does, and who may call it, by area.
const MEMBERS: &[File] = files! { "members":
    "closed",
    "context",
    "work",
    "approvals",
    "audit",
    "templates",
    "actions",
    "stops",
    "messages",
    "money",
    "records",
    "notices",
    "partitions",
    "maintenance",
    "settings",
    "monitoring",
    "arguments",
    "numbers",
    "lifecycle",
    "import",
    "moving",
};

/// Who may see and write which rows, with the grants beside it.
const POLICIES: &[File] = files! { "policies":
    "schema",
    "installation",
    "schema_migrations",
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
    "audit_logs",
    "audit_log_integrity",
    "audit_chain_anchors",
    "audit_adoptions",
    "audit_adopted_lanes",
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
    "audit_erasable_columns",
    "audit_erasable_values",
    "model_prices",
    "outbox",
    "stops",
    "tenant_moves",
};

/// What every write passes.
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
    "audit_erasable_values",
    "identity_providers",
    "message_windows",
    "message_sends",
    "governed_actions",
    "model_prices",
    "outbox",
    "stops",
};

/// The templates that AWGP ships, and only then the record of their changes.
const TEMPLATES: &[File] = files! { "templates":
    "system_templates",
};
const AFTER_TEMPLATES: &[File] = files! { "triggers":
    "assistant_templates_capture",
};

/// Functions that return table rows. They cannot be members of the extension: a restore makes the extension
/// before the tables.
const FUNCTIONS: &[File] = files! { "functions":
    "create_tenant",
    "tenant_settings",
    "import_settings",
    "update_tenant",
    "deactivate_tenant",
    "reactivate_tenant",
    "move_tenant",
    "create_user",
    "update_user",
    "deactivate_user",
    "reactivate_user",
    "create_assistant",
    "create_assistant_from_template",
    "update_assistant",
    "create_template",
    "update_template",
    "create_policy",
    "update_policy",
    "delete_policy",
    "create_work_item",
    "update_work_item",
    "reassign_work_item",
    "set_assistant_status",
    "request_approval",
    "request_action_approval",
    "approve",
    "reject",
    "escalate_approval",
    "break_glass",
    "approval_inbox",
    "approval_deciders",
    "delegate_approvals",
    "revoke_delegation",
    "start_work_item",
    "complete_work_item",
    "fail_work_item",
    "cancel_work_item",
    "create_credit_pool",
    "set_credit_pool",
    "top_up_credit_pool",
    "record_cost",
    "reserve_credit",
    "settle_credit",
    "release_credit",
    "reverse_cost",
    "create_identity_provider",
    "update_identity_provider",
    "rotate_identity_provider",
    "remove_identity_provider",
    "import_prices",
    "log_conversation",
    "append_conversation",
    "end_conversation",
    "hold_conversation",
    "erase_conversation",
    "search_conversations",
    "flag_hallucination",
    "review_hallucination",
    "doctor_findings",
    "erasable_opened",
    "row_history",
    "trail_name",
    "action_receipt",
    "approval_asked",
    "trail_actors",
    "accounting_zone",
    "accounting_today",
};

/// Views; a view that others use comes first.
const VIEWS: &[File] = files! { "views":
    "cost_by",
    "budget_status",
    "tenant_budgets",
    "assistant_work",
    "assistant_quality",
    "assistant_suspension",
    "assistant_spending",
    "assistant_overview",
    "subsidiary_overview",
    "message_denials",
    "month_spending",
    "partition_status",
    "trail_list",
    "trail_status",
    "stop_list",
    "stop_running",
    "user_list",
    "whoami",
    "assistant_list",
    "work_item_list",
    "work_item_details",
    "communication_policy_list",
    "hallucination_flag_list",
    "delegation_list",
    "conversation_list",
    "identity_provider_list",
    "model_price_list",
    "budget_history",
    "approval_queue",
    "approval_open",
    "approval_details",
    "broken_glass",
    "action_list",
    "action_denials",
    "budget_alert_list",
    "tracked_tables",
    "notice_status",
};

/// Functions that return rows of views.
const AFTER_VIEWS: &[File] = files! { "functions":
    "find_conversations",
    "trail_months",
    "prices_in_force",
};

/// The members of the extension: applied by the scripts that create and update it, and again by
/// `install(force => true)`.
pub fn members() -> impl Iterator<Item = &'static File> {
    MEMBER_FUNCTIONS.iter().chain(TRIGGER_FUNCTIONS).chain(MEMBERS)
}

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
