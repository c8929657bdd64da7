//! What no transaction leaves half done: one query a rule. A row of its answer breaks the rule, and says how.

/// Each rule and its query.
pub const RULES: &[(&str, &str)] = &[
    (
        "no risky work has begun without an approval that is used up",
        "SELECT item.id::text FROM awgp.work_items AS item
         JOIN awgp.assistants AS assistant ON assistant.id = item.assistant_id
         WHERE item.started_at IS NOT NULL AND item.risk_level > assistant.risk_tier
           AND NOT EXISTS (SELECT FROM awgp.approvals AS approval
                           WHERE approval.work_item_id = item.id AND approval.action IS NULL
                             AND approval.status = 'approved' AND approval.used_at IS NOT NULL)",
    ),
    (
        "an approval that is used up has begun work",
        "SELECT approval.id::text FROM awgp.approvals AS approval
         JOIN awgp.work_items AS item ON item.id = approval.work_item_id
         WHERE approval.used_at IS NOT NULL AND item.started_at IS NULL",
    ),
    (
        "work waits for an approval that there is",
        "SELECT id::text FROM awgp.work_items AS item
         WHERE status = 'awaiting_approval'
           AND NOT EXISTS (SELECT FROM awgp.approvals AS approval WHERE approval.work_item_id = item.id)",
    ),
    (
        "nobody is asked about work that has ended",
        "SELECT approval.id::text FROM awgp.approvals AS approval
         JOIN awgp.work_items AS item ON item.id = approval.work_item_id
         WHERE approval.status IN ('pending', 'escalated') AND item.status IN ('completed', 'failed', 'cancelled')",
    ),
    (
        "an approval is approved by as many votes as its risk needs, and by no fewer",
        "SELECT format('%s is %s with %s votes', approval.id, approval.status, count(vote.id))
         FROM awgp.approvals AS approval
         LEFT JOIN awgp.approval_decisions AS vote ON vote.approval_id = approval.id AND vote.decision = 'approve'
         GROUP BY approval.id, approval.status, approval.risk_level
         HAVING (approval.status = 'approved') <> (count(vote.id) >= CASE approval.risk_level WHEN 4 THEN 2 ELSE 1 END)",
    ),
    (
        "an approval is rejected by a vote",
        "SELECT approval.id::text FROM awgp.approvals AS approval
         WHERE (approval.status = 'rejected') <> EXISTS (
             SELECT FROM awgp.approval_decisions AS vote
             WHERE vote.approval_id = approval.id AND vote.decision = 'reject')",
    ),
    (
        "an action has begun on work that has begun",
        "SELECT action.id::text FROM awgp.governed_actions AS action
         JOIN awgp.work_items AS item ON item.id = action.work_item_id WHERE item.started_at IS NULL",
    ),
    (
        "an action that is open holds its money, and one that has ended holds none",
        "SELECT format('%s is %s, its money is %s', action.id, action.status, reservation.state)
         FROM awgp.governed_actions AS action
         JOIN awgp.credit_reservations AS reservation ON reservation.id = action.reservation_id
         WHERE (action.status IN ('begun', 'unknown')) <> (reservation.state = 'held')",
    ),
    (
        "an action has set money aside that was estimated",
        "SELECT id::text FROM awgp.governed_actions WHERE estimated_cost > 0 AND reservation_id IS NULL",
    ),
    (
        "the cost of an action is the entry of its reservation",
        "SELECT action.id::text FROM awgp.governed_actions AS action
         LEFT JOIN awgp.cost_transactions AS entry ON entry.reservation_id = action.reservation_id
         WHERE action.cost_transaction_id IS DISTINCT FROM entry.id",
    ),
    (
        "an action under an approval has used it up, once",
        "SELECT approval.id::text FROM awgp.approvals AS approval
         WHERE approval.action IS NOT NULL AND (approval.used_at IS NOT NULL) <> (
             (SELECT count(*) FROM awgp.governed_actions AS action WHERE action.approval_id = approval.id) = 1)",
    ),
    (
        "a reservation is settled by one entry",
        "SELECT reservation.id::text FROM awgp.credit_reservations AS reservation
         WHERE (reservation.state = 'settled') <> (
             (SELECT count(*) FROM awgp.cost_transactions AS entry WHERE entry.reservation_id = reservation.id) = 1)",
    ),
    (
        "a pool is its budget less its entries",
        "SELECT format('%s has %s, its entries say %s', pool.id, pool.current_balance, pool.monthly_budget - spent)
         FROM awgp.provider_credit_pools AS pool, LATERAL (
             SELECT coalesce(round(sum(cost_amount + cost_remainder), 6), 0) AS spent FROM awgp.cost_transactions AS entry
             WHERE entry.pool_id = pool.id AND entry.accounted_at >= pool.period_starts_at) AS entries
         WHERE pool.current_balance <> pool.monthly_budget - spent",
    ),
    (
        "a limit counts what is spent and what is held",
        "SELECT format('%s %s: spent %s, held %s', period.scope, period.id, period.spent, period.held)
         FROM awgp.budget_periods AS period
         WHERE period.scope = 'tenant' AND (period.held <> (
                   SELECT coalesce(sum(amount), 0) FROM awgp.credit_reservations AS held
                   WHERE held.tenant_id = period.tenant_id AND held.state = 'held'
                     AND held.reserved_at >= period.starts_at AND held.reserved_at < period.ends_at)
               OR period.spent <> (
                   SELECT coalesce(round(sum(cost_amount + cost_remainder), 6), 0) FROM awgp.cost_transactions AS entry
                   WHERE entry.tenant_id = period.tenant_id
                     AND entry.accounted_at >= period.starts_at AND entry.accounted_at < period.ends_at))",
    ),
    (
        "every message that counts was sent once, and is recorded",
        "SELECT format('%s: counted %s, sent %s, recorded %s', tenant.id, counted, sent, recorded)
         FROM awgp.tenants AS tenant,
              LATERAL (SELECT coalesce(sum(w.sent), 0) AS counted FROM awgp.message_windows AS w
                       WHERE w.tenant_id = tenant.id) AS one,
              LATERAL (SELECT count(*) AS sent FROM awgp.message_sends AS s WHERE s.tenant_id = tenant.id) AS two,
              LATERAL (SELECT count(*) AS recorded FROM awgp.audit_logs AS log
                       WHERE log.tenant_id = tenant.id AND log.action = 'message.allowed') AS three
         WHERE counted <> sent OR sent <> recorded",
    ),
    (
        "a conversation has as many messages as it counts, and its words can be found",
        "SELECT log.id::text FROM awgp.conversation_logs AS log
         WHERE message_count <> jsonb_array_length(messages)
            OR message_count <> (SELECT count(*) FROM awgp.conversation_search AS words
                                 WHERE words.conversation_log_id = log.id)",
    ),
    (
        "whoever is asked is told, and so is whoever asked when it is decided",
        "SELECT format('%s is %s: told %s', approval.id, approval.status, coalesce(told, '{}'))
         FROM awgp.approvals AS approval, LATERAL (
             SELECT array_agg(kind || ' ' || target ORDER BY kind, target) AS told
             FROM awgp.outbox AS notice WHERE notice.entity_id = approval.id) AS notices
         WHERE told IS DISTINCT FROM CASE WHEN approval.status IN ('approved', 'rejected')
             THEN ARRAY['approval_asked mail', 'approval_decided chat', 'approval_decided mail']
             ELSE ARRAY['approval_asked mail'] END",
    ),
    (
        "no number of the trail is given twice",
        "SELECT max(id)::text FROM awgp.audit_logs
         HAVING max(id) > (SELECT last_value FROM awgp.audit_logs_id_seq)",
    ),
    (
        "a tree has as many leaves as its newest checkpoint says",
        "SELECT checkpoint.tenant_id::text FROM awgp.audit_checkpoints AS checkpoint
         GROUP BY checkpoint.tenant_id
         HAVING max(tree_size) <> (SELECT sum(last_seq - first_seq + 1) FROM awgp.audit_tree_lanes AS lane
                                   WHERE lane.tenant_id = checkpoint.tenant_id)",
    ),
    (
        "a month that is sealed has its anchors, and one that is not has none",
        "SELECT coalesce(sealed.partition_name, anchors.partition_name)
         FROM awgp.audit_log_integrity AS sealed
         FULL JOIN (SELECT DISTINCT partition_name FROM awgp.audit_chain_anchors) AS anchors USING (partition_name)
         WHERE sealed.partition_name IS NULL
            OR (anchors.partition_name IS NULL AND sealed.last_sequence_number > 0)",
    ),
    (
        "a month that is retired is detached, and one that is not is attached",
        "SELECT made.partition_name FROM awgp.audit_partitions AS made
         LEFT JOIN awgp.audit_retired_partitions AS gone
             ON gone.partition_name = made.partition_name AND gone.restored_at IS NULL
         WHERE (gone.partition_name IS NULL) <> EXISTS (
             SELECT FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
             WHERE inhparent = 'awgp.audit_logs'::regclass AND relname = made.partition_name)",
    ),
    (
        "nothing is locked any more, and nothing is prepared",
        "SELECT locktype FROM pg_locks WHERE locktype = 'advisory'
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
         UNION ALL SELECT gid FROM pg_prepared_xacts WHERE database = current_database()",
    ),
];
