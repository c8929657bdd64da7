//! The steps of maintenance, in their order.

/// One step.
pub struct Step {
    /// Its name: what the answer and awgp.maintenance_steps call it.
    pub name: &'static str,
    /// One statement that returns one jsonb, what it did. `$1` is the moment (timestamptz). A member `failed`, an array
    /// that is not empty, says which parts failed while the others were done.
    ///
    /// It runs as the caller, a member of awgp_maintainer, so that role needs EXECUTE on what it calls. Names are
    /// qualified: the search_path is pg_catalog.
    pub sql: &'static str,
}

/// All of them. To add one: a function that maintainers may call, and a line here.
///
/// Within one transaction writers of the trail wait from the first change of its partitions to the end, so those come
/// last, and sealing leaves what it would have to read meanwhile to the next run.
pub const STEPS: &[Step] = &[
    Step { name: "expire_approvals", sql: "SELECT to_jsonb(awgp.expire_approvals($1))" },
    Step { name: "escalate_approvals", sql: "SELECT to_jsonb(awgp.escalate_due_approvals($1))" },
    Step {
        name: "erase_due_conversations",
        sql: "SELECT jsonb_build_object('erased', awgp.erase_due_conversations($1))",
    },
    Step { name: "expire_reservations", sql: "SELECT to_jsonb(awgp.expire_reservations($1))" },
    Step { name: "reset_credit_pools", sql: "SELECT to_jsonb(awgp.reset_credit_pools($1))" },
    Step {
        name: "forget_message_windows",
        sql: "SELECT jsonb_build_object('windows', awgp.forget_message_windows($1))",
    },
    Step { name: "abandon_actions", sql: "SELECT jsonb_build_object('actions', awgp.abandon_actions($1))" },
    Step { name: "drain_default_partition", sql: "SELECT awgp.drain_default_partition()" },
    Step {
        name: "ensure_partitions",
        sql: "SELECT coalesce(jsonb_agg(made), '[]') FROM awgp.ensure_partitions(at => $1) AS made",
    },
    Step { name: "seal_partitions", sql: "SELECT awgp.seal_due_partitions($1)" },
];
