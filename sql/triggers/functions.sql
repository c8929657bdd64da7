-- The trigger functions, and what else is in C; their bodies are the functions of the same name in awgp_ext/src.

CREATE FUNCTION awgp.guard_statement() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_guard_statement';
COMMENT ON FUNCTION awgp.guard_statement() IS 'BEFORE … FOR EACH STATEMENT (table): refuses a write without a tenant in context (42501, no_tenant_context), and one that the role of the user in context does not allow (42501, role_not_sufficient).';

CREATE FUNCTION awgp.guard_row() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_guard_row';
COMMENT ON FUNCTION awgp.guard_row() IS 'BEFORE INSERT OR UPDATE … FOR EACH ROW (table, own|visible): refuses a row for a tenant that the context may not write to (42501, foreign_tenant) a change of tenant_id (55000, tenant_change), and a delegation of another user''s authority (42501, not_own_row).';

CREATE FUNCTION awgp.guard_bounds() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_guard_bounds';
COMMENT ON FUNCTION awgp.guard_bounds() IS 'BEFORE INSERT OR UPDATE … FOR EACH ROW (table, but=a,b): refuses a value that is larger than its column takes (22023, out_of_range).';

CREATE FUNCTION awgp.guard_tenant() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_guard_tenant';
COMMENT ON FUNCTION awgp.guard_tenant() IS 'BEFORE INSERT OR UPDATE … FOR EACH ROW (table): refuses a parent that is no holding (23514, parent_not_holding) and a cycle (23514, tenant_cycle).';

CREATE FUNCTION awgp.guard_user() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_guard_user';
COMMENT ON FUNCTION awgp.guard_user() IS 'BEFORE INSERT OR UPDATE OR DELETE … FOR EACH ROW (table): refuses to give or take a role above that of the user in context (42501, role_grant), and a change of his own (42501, own_role).';

CREATE FUNCTION awgp.guard_identity_provider() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_guard_identity_provider';
COMMENT ON FUNCTION awgp.guard_identity_provider() IS 'BEFORE INSERT OR UPDATE … FOR EACH ROW (table): refuses a key set or an algorithm that cannot be used (22023, jwks_invalid, unknown_algorithm).';

CREATE FUNCTION awgp.guard_policy() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_guard_policy';
COMMENT ON FUNCTION awgp.guard_policy() IS 'BEFORE INSERT OR UPDATE … FOR EACH ROW (table): refuses a communication policy whose types, channels, content rules or limit cannot be used (22023, invalid_policy).';

CREATE FUNCTION awgp.forget_windows() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_forget_windows';
COMMENT ON FUNCTION awgp.forget_windows() IS 'AFTER DELETE … FOR EACH ROW (table): deletes the windows of the rate limit of the policy that went.';

CREATE FUNCTION awgp.guard_template() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_guard_template';
COMMENT ON FUNCTION awgp.guard_template() IS 'BEFORE INSERT OR UPDATE OR DELETE … FOR EACH ROW (table): refuses to make, change or delete a shipped template (42501, system_template); counts up the version and computes the digest where the content changes.';

CREATE FUNCTION awgp.guard_quota() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_guard_quota';
COMMENT ON FUNCTION awgp.guard_quota() IS 'AFTER INSERT or UPDATE … REFERENCING new_rows and old_rows, FOR EACH STATEMENT (table): refuses more active users or assistants than the tenant''s quota (53400, quota_exceeded).';

CREATE FUNCTION awgp.guard_lowered_quota() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_guard_lowered_quota';
COMMENT ON FUNCTION awgp.guard_lowered_quota() IS 'AFTER UPDATE … FOR EACH ROW (table): refuses to lower a quota below what is active (53400, quota_in_use).';

CREATE FUNCTION awgp.refresh_context() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_refresh_context';
COMMENT ON FUNCTION awgp.refresh_context() IS 'AFTER … FOR EACH STATEMENT (table): the context looks its tenants and users up again.';

CREATE FUNCTION awgp.touch_updated_at() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_touch_updated_at';
COMMENT ON FUNCTION awgp.touch_updated_at() IS 'BEFORE UPDATE … FOR EACH ROW (table): sets updated_at to the wall clock.';

CREATE FUNCTION awgp.guard_user_array() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_guard_user_array';
COMMENT ON FUNCTION awgp.guard_user_array() IS 'AFTER INSERT OR UPDATE … FOR EACH ROW (table, column): every element of the uuid[] column names a user of the row''s tenant (23503, unknown_reference).';

CREATE FUNCTION awgp.guard_listed_user() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_guard_listed_user';
COMMENT ON FUNCTION awgp.guard_listed_user() IS 'AFTER UPDATE OR DELETE … FOR EACH ROW (table): refuses to delete or renumber a user that an array column lists (23503, still_referenced).';

CREATE FUNCTION awgp.keep_conversation() RETURNS trigger LANGUAGE c SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'awgp_keep_conversation';
COMMENT ON FUNCTION awgp.keep_conversation() IS 'BEFORE INSERT OR UPDATE … FOR EACH ROW (table): messages are as the rules say and only grow, nothing changes after the end, content leaves by erasing alone; keeps count, digest, model, and what the ledger says (22023 messages_invalid, messages_too_large; 23514 other_assistant; 55000 append_only, conversation_ended, conversation_erased, legal_hold; 42501 role_not_sufficient, human_needed).';

CREATE FUNCTION awgp.index_messages() RETURNS trigger LANGUAGE c SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'awgp_index_messages';
COMMENT ON FUNCTION awgp.index_messages() IS 'AFTER INSERT OR UPDATE, BEFORE DELETE … FOR EACH ROW (table): keeps the words of new messages in conversation_search, and removes them.';

CREATE FUNCTION awgp.erase_traces() RETURNS trigger LANGUAGE c SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'awgp_erase_traces';
COMMENT ON FUNCTION awgp.erase_traces() IS 'AFTER UPDATE … FOR EACH ROW (table): what was erased of a conversation is erased from conversation_search and hallucination_flags, and recorded (40001 erased_meanwhile).';

CREATE FUNCTION awgp.keep_flag() RETURNS trigger LANGUAGE c SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'awgp_keep_flag';
COMMENT ON FUNCTION awgp.keep_flag() IS 'BEFORE INSERT OR UPDATE … FOR EACH ROW (table): a flag is written once, as pending, and moves by reviews of those who may; keeps model, digest, reviewer and time (22023 unknown_detection_method, out_of_range; 23514 other_assistant; 55000 review_transition, append_only, conversation_erased; 42501 human_needed, role_not_sufficient, creator_alone).';

CREATE FUNCTION awgp.suspend_over_flags() RETURNS trigger LANGUAGE c SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'awgp_suspend_over_flags';
COMMENT ON FUNCTION awgp.suspend_over_flags() IS 'AFTER UPDATE … FOR EACH ROW (table): a flag that is confirmed suspends its assistant where hallucination_policy.suspend says so.';

CREATE FUNCTION awgp.capture() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_capture';
COMMENT ON FUNCTION awgp.capture() IS 'AFTER INSERT OR UPDATE OR DELETE … FOR EACH ROW (entity_type, exclude=a,b, mask=c): records the change in the audit trail. On an application''s own table the trigger is made by track_table(), which pins the columns: the second argument. Error 39P01 elsewhere.';

CREATE FUNCTION awgp.guard_audit() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_guard_audit';
COMMENT ON FUNCTION awgp.guard_audit() IS 'BEFORE … on audit_logs and its partitions (table): refuses every write but the chain''s own (42501, audit_immutable).';

CREATE FUNCTION awgp.refuse_truncate() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_refuse_truncate';
COMMENT ON FUNCTION awgp.refuse_truncate() IS 'BEFORE TRUNCATE (table): a governed table is not truncated (42501, truncate_refused).';

CREATE FUNCTION awgp.follow_tables() RETURNS event_trigger LANGUAGE c SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'awgp_follow_tables';
COMMENT ON FUNCTION awgp.follow_tables() IS 'ON ddl_command_end: the triggers of tracked tables follow new partitions, and new names of tables and columns.';

CREATE FUNCTION awgp.record_drops() RETURNS event_trigger LANGUAGE c SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'awgp_record_drops';
COMMENT ON FUNCTION awgp.record_drops() IS 'ON sql_drop: records that a tracked table, a partition of it or its triggers were dropped.';

CREATE FUNCTION awgp.entity_id(VARIADIC key text[]) RETURNS uuid LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'awgp_entity_id';
COMMENT ON FUNCTION awgp.entity_id(text[]) IS 'The entity_id under which the trail has the row with this key: a uuid as it is, and of any other key a uuid made of the values of its columns as text, in the order of the primary key.';

CREATE FUNCTION awgp.keep_entry() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_keep_entry';
COMMENT ON FUNCTION awgp.keep_entry() IS 'BEFORE INSERT OR UPDATE OR DELETE … FOR EACH ROW (table): an entry of the ledger says what it is accounted to (P0002, unknown_price; 55000, reservation_resolved, not_reversible; 22023, reservation_mismatch; 23503, unknown_reference), and is never changed or deleted (42501, ledger_immutable).';

CREATE FUNCTION awgp.post_entry() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_post_entry';
COMMENT ON FUNCTION awgp.post_entry() IS 'AFTER INSERT … FOR EACH ROW (table): the money of an entry moves in every limit, or in none (53400, budget_exceeded).';

CREATE FUNCTION awgp.keep_reservation() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_keep_reservation';
COMMENT ON FUNCTION awgp.keep_reservation() IS 'BEFORE INSERT OR UPDATE OR DELETE … FOR EACH ROW (table): a reservation has a pool, an active assistant and a bounded time (P0002, no_credit_pool; 55000, assistant_not_active, reservation_resolved; 22023, out_of_range), and changes its state alone (42501, ledger_kept, ledger_immutable).';

CREATE FUNCTION awgp.post_reservation() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_post_reservation';
COMMENT ON FUNCTION awgp.post_reservation() IS 'AFTER INSERT OR UPDATE … FOR EACH ROW (table): what a reservation holds is taken from every limit, or from none (53400, budget_exceeded), and given back when it is released or expires.';

CREATE FUNCTION awgp.keep_pool() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_keep_pool';
COMMENT ON FUNCTION awgp.keep_pool() IS 'BEFORE INSERT OR UPDATE OR DELETE … FOR EACH ROW (table): balance, alerts and period of a pool are kept by the ledger (42501, ledger_kept) and follow its budget.';

CREATE FUNCTION awgp.post_pool() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_post_pool';
COMMENT ON FUNCTION awgp.post_pool() IS 'AFTER INSERT OR UPDATE … FOR EACH ROW (table): the period of a new pool is made, and that of a changed budget checked for alerts.';

CREATE FUNCTION awgp.keep_book() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_keep_book';
COMMENT ON FUNCTION awgp.keep_book() IS 'BEFORE INSERT OR UPDATE OR DELETE … FOR EACH ROW (table): the ledger alone writes here (42501, ledger_immutable).';

CREATE FUNCTION awgp.guard_settings() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_guard_settings';
COMMENT ON FUNCTION awgp.guard_settings() IS 'BEFORE INSERT OR UPDATE … FOR EACH ROW (table): refuses a key of settings that AWGP knows and cannot use (22023, invalid_setting).';

CREATE FUNCTION awgp.assistant_machine() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_assistant_machine';
COMMENT ON FUNCTION awgp.assistant_machine() IS 'BEFORE INSERT OR UPDATE … FOR EACH ROW (table): the status moves as docs/state_machines.md draws it (55000, illegal_transition); keeps status_changed_at and created_by.';

CREATE FUNCTION awgp.work_item_machine() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_work_item_machine';
COMMENT ON FUNCTION awgp.work_item_machine() IS 'BEFORE INSERT OR UPDATE … FOR EACH ROW (table): the status moves as docs/state_machines.md draws it (55000, illegal_transition), and work begins through the gate (55000, approval_required and others); keeps started_at, completed_at, asked_risk_level, pinned_digest and created_by.';

CREATE FUNCTION awgp.work_item_effects() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_work_item_effects';
COMMENT ON FUNCTION awgp.work_item_effects() IS 'AFTER UPDATE … FOR EACH ROW (table): an item that has begun or ended withdraws its open approvals.';

CREATE FUNCTION awgp.approval_machine() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_approval_machine';
COMMENT ON FUNCTION awgp.approval_machine() IS 'BEFORE INSERT OR UPDATE … FOR EACH ROW (table): a request is pinned to its work item and made in the name of the user in context; the status moves as docs/state_machines.md draws it, and a status given by UPDATE is a vote, an escalation or an expiry like any other; what was asked does not change (55000, request_fixed). The reasons are those of approve(), reject() and escalate_approval().';

CREATE FUNCTION awgp.approval_effects() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_approval_effects';
COMMENT ON FUNCTION awgp.approval_effects() IS 'AFTER INSERT OR UPDATE … FOR EACH ROW (table): the work item waits; the channel awgp_approvals is told.';

CREATE FUNCTION awgp.delegation_machine() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_delegation_machine';
COMMENT ON FUNCTION awgp.delegation_machine() IS 'BEFORE INSERT OR UPDATE … FOR EACH ROW (table): a delegation passes on no more than its delegator''s own authority (42501, beyond_authority), is taken back once, and does not change otherwise (55000, delegation_fixed).';

CREATE FUNCTION awgp.guard_decision() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'awgp_guard_decision';
COMMENT ON FUNCTION awgp.guard_decision() IS 'BEFORE INSERT OR UPDATE OR DELETE … FOR EACH ROW (table): refuses every write but AWGP''s own (42501, machine_written).';
