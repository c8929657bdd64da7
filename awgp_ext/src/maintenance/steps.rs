//! The steps of maintenance, in their order.

use crate::audit::installation;

/// One step.
pub struct Step {
    /// Its name in the result and in awgp.maintenance_steps.
    pub name: &'static str,
    /// One statement that returns one jsonb: what it did. `$1` is the moment (timestamptz). A non-empty array
    /// in the member `failed` lists the parts that failed while the others were done.
    ///
    /// It runs as the caller, a member of awgp_maintainer, so that role needs EXECUTE on the functions it
    /// calls. Names are qualified: the search_path is pg_catalog.
    pub sql: &'static str,
    /// True for a step that a copy of another installation needs too: one that records nothing.
    pub of_copies: bool,
}

/// All steps. To add one: write a function that maintainers may call, and add a line here.
///
/// Within one transaction, writers of the audit trail wait from the first change of its partitions until the
/// end. So those steps come last, and after such a change sealing leaves its work, which reads every row, to
/// the next run.
pub const STEPS: &[Step] = &[
    Step { name: "expire_approvals", sql: "SELECT to_jsonb(awgp.expire_approvals($1))", of_copies: false },
    Step {
        name: "escalate_approvals",
        sql: "SELECT to_jsonb(awgp.escalate_due_approvals($1))",
        of_copies: false,
    },
    Step {
        name: "remind_of_approvals",
        sql: "SELECT jsonb_build_object('notices', awgp.remind_of_approvals($1))",
        of_copies: false,
    },
    Step {
        name: "erase_due_conversations",
        sql: "SELECT jsonb_build_object('erased', awgp.erase_due_conversations($1))",
        of_copies: false,
    },
    Step {
        name: "expire_reservations",
        sql: "SELECT to_jsonb(awgp.expire_reservations($1))",
        of_copies: false,
    },
    Step {
        name: "reset_credit_pools",
        sql: "SELECT to_jsonb(awgp.reset_credit_pools($1))",
        of_copies: false,
    },
    Step {
        name: "forget_message_windows",
        sql: "SELECT jsonb_build_object('windows', awgp.forget_message_windows($1))",
        of_copies: false,
    },
    Step {
        name: "abandon_actions",
        sql: "SELECT jsonb_build_object('actions', awgp.abandon_actions($1))",
        of_copies: false,
    },
    Step { name: "verify_ledger", sql: "SELECT awgp.verify_due_ledger($1)", of_copies: false },
    Step { name: "tell_of_errors", sql: "SELECT awgp.tell_of_errors($1)", of_copies: false },
    Step { name: "forget_notices", sql: "SELECT awgp.forget_notices($1)", of_copies: false },
    Step { name: "drain_default_partition", sql: "SELECT awgp.drain_default_partition()", of_copies: true },
    Step {
        name: "ensure_partitions",
        sql: "SELECT coalesce(jsonb_agg(made), '[]') FROM awgp.ensure_partitions(at => $1) AS made",
        of_copies: true,
    },
    Step { name: "seal_partitions", sql: "SELECT awgp.seal_due_partitions($1)", of_copies: false },
];

/// The steps of this database: all, or in a copy those of copies.
pub fn here() -> impl Iterator<Item = &'static Step> {
    let is_copy = installation::is_copy();
    STEPS.iter().filter(move |step| step.of_copies || !is_copy)
}
