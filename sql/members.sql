-- The extension's own functions: what each does, and who may call it. Then the structure.

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA awgp FROM PUBLIC;

-- Context
COMMENT ON FUNCTION awgp.set_context(uuid, uuid, uuid) IS 'Puts tenant, user and assistant in context until the end of the transaction, and returns the tenant. In signed mode: only an assistant beside the verified tenant and user. tenant_id: an active tenant; user_id: an active user of it; assistant_id: an assistant of it. Errors (42501): unknown_tenant, unknown_user, unknown_assistant, signed_mode.';
COMMENT ON FUNCTION awgp.authenticate(text, boolean) IS 'Verifies an access token against the active rows of awgp.identity_providers, puts its user and their tenant in context, and returns the tenant. token: a JWT, passed as a parameter; for_session: false for the transaction, true for the session, once the transaction commits, until the token expires, a transaction fails or is rolled back, or DISCARD ALL or RESET ALL. Where the transaction may write, its commit keeps the time in users.last_login_at, once a minute at most. A refusal also leaves a line in the server''s log. Errors (42501, 22023): token_… as in docs/errors.md; unknown_user, user_inactive, tenant_inactive, token_tenant_mismatch.';
COMMENT ON FUNCTION awgp.context_mode() IS 'Where the context may come from in this session: trusted or signed.';
COMMENT ON FUNCTION awgp.current_tenant() IS 'The tenant in context; NULL where there is none. Error 22023 malformed_tenant_id where app.current_tenant is no uuid.';
COMMENT ON FUNCTION awgp.current_user_id() IS 'The user in context; NULL where there is none.';
COMMENT ON FUNCTION awgp.current_assistant_id() IS 'The assistant in context; NULL where there is none.';
COMMENT ON FUNCTION awgp.own_tenant() IS 'The tenant in context, where its rows may be read: NULL without a context and where it has become inactive.';
COMMENT ON FUNCTION awgp.find_tenant(text) IS 'The id of an active tenant, from its slug or its id. Error 42501 unknown_tenant. SECURITY DEFINER: without a context no tenant is seen.';
COMMENT ON FUNCTION awgp.find_user(text) IS 'The id of an active user of the tenant in context, from any spelling of the e-mail address or from the id. Error 42501 unknown_user.';
GRANT EXECUTE ON FUNCTION awgp.set_context(uuid, uuid, uuid) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.authenticate(text, boolean) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.context_mode() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.current_tenant() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.current_user_id() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.current_assistant_id() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.visible_tenants() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.own_tenant() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.own_or_visible(boolean, boolean) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.find_tenant(text) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.find_user(text) TO awgp_app, awgp_admin;
COMMENT ON FUNCTION awgp.email_key(text) IS 'The key by which an e-mail address is unique in its tenant: the same for all spellings of it, in UTF-8. Case, Unicode form, characters that are not seen and Punycode do not count.';
GRANT EXECUTE ON FUNCTION awgp.email_key(text) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

-- Work and approvals
COMMENT ON FUNCTION awgp.require_work_item(uuid, text) IS 'The id, where the tenant in context has such a work item. verb: start, ask, complete, fail or cancel, to lock the item and hear whether its state allows that. Errors: P0002 unknown_work_item; 55000 illegal_transition; 42501 no_tenant_context.';
COMMENT ON FUNCTION awgp.require_assistant(uuid) IS 'The id, where the context may write such an assistant. Errors (42501): unknown_assistant, no_tenant_context.';
GRANT EXECUTE ON FUNCTION awgp.require_work_item(uuid, text) TO awgp_app;
GRANT EXECUTE ON FUNCTION awgp.require_assistant(uuid) TO awgp_app;
COMMENT ON FUNCTION awgp.step_up_approval(uuid, text, uuid[]) IS 'What escalate_approval() calls. Returns the id. Errors: as of escalate_approval().';
COMMENT ON FUNCTION awgp.force_approval(uuid, text) IS 'What break_glass() calls; granted to nobody. Returns the id. Errors: as of break_glass().';
COMMENT ON FUNCTION awgp.expire_approvals(timestamptz) IS 'Expires the open approvals whose time is over at at (default, and at most: now), and returns how many: of every tenant for maintainers, else of the tenant in context. Nobody decides them any more, expired or not. Error 42501 no_tenant_context.';
COMMENT ON FUNCTION awgp.escalate_due_approvals(timestamptz) IS 'Escalates the open approvals of every tenant that nobody has decided for as long as their tenant''s policy waits, and returns how many. at: default, and at most, now.';
COMMENT ON FUNCTION awgp.explain_approval(uuid, uuid) IS 'Whether a user may decide an approval now, as a JSON object: may_decide, authority (in_person or delegated, with on_behalf_of and delegation_id), or reason, message and hint. user_id: default the user in context. Changes nothing. Errors: P0002 unknown_approval; 42501 unknown_user, no_user_context, no_tenant_context.';
COMMENT ON FUNCTION awgp.may_decide_approval(uuid, uuid) IS 'True where the user may decide the approval of the tenant in context now.';
COMMENT ON FUNCTION awgp.require_delegation(uuid) IS 'The id, where the tenant in context has such a delegation. Errors: P0002 unknown_delegation; 42501 no_tenant_context.';
GRANT EXECUTE ON FUNCTION awgp.step_up_approval(uuid, text, uuid[]) TO awgp_app;
GRANT EXECUTE ON FUNCTION awgp.expire_approvals(timestamptz) TO awgp_app, awgp_maintainer;
GRANT EXECUTE ON FUNCTION awgp.escalate_due_approvals(timestamptz) TO awgp_maintainer;
GRANT EXECUTE ON FUNCTION awgp.explain_approval(uuid, uuid) TO awgp_app;
GRANT EXECUTE ON FUNCTION awgp.may_decide_approval(uuid, uuid) TO awgp_app;
GRANT EXECUTE ON FUNCTION awgp.require_delegation(uuid) TO awgp_app;

-- Audit trail
COMMENT ON FUNCTION awgp.log_event(text, text, uuid, jsonb, jsonb, jsonb) IS 'Records an event of the tenant in context that is not a change of a governed table, and returns its audit id. action and entity_type: 1 to 200 bytes; entity_id; before and after: states, with secrets masked; metadata: a JSON object. Errors: 42501 no_tenant_context; 22023 out_of_range. SECURITY DEFINER: applications may not use the sequence of the ids.';
COMMENT ON FUNCTION awgp.flush_audit() IS 'Writes what the running transaction has recorded so far, so that it can read it, and returns how many rows that were. At commit this happens by itself.';
COMMENT ON FUNCTION awgp.verify_audit(uuid, text) IS 'Verifies the audit trail that the caller may read, or one tenant''s, or one partition: a row a finding with severity, kind and the row it names; no row means intact. Reads the heap, not the indexes; memory does not grow with the rows. Error P0002 unknown_partition.';
COMMENT ON FUNCTION awgp.track_table(regclass, text[], text[]) IS 'Records every insert, update and delete on a table of the caller''s own from now on, and returns its name. table: has a column tenant_id uuid NOT NULL; exclude: columns that are left out; mask: columns whose values are masked. Errors (22023): not_trackable, unknown_column.';
COMMENT ON FUNCTION awgp.entity_names(text) IS 'The entity types under which the trail has the rows of a table: its name, and those that it had while it was tracked. Of anything that is no tracked table, the name itself.';
COMMENT ON FUNCTION awgp.untrack_table(regclass) IS 'Records nothing of the table from now on, and returns its name. Error 22023 not_trackable.';
COMMENT ON FUNCTION awgp.seal_partition(text) IS 'Seals the partition of a month that is over: waits for open writers, verifies it, records its highest id, the root over its lane heads and each lane''s first and last link, and returns that. Sealing again verifies again. Errors: 55000 partition_open, audit_findings; P0002 unknown_partition. SECURITY DEFINER: maintainers own no table.';
COMMENT ON FUNCTION awgp.audit_checkpoint(uuid) IS 'Appends a tenant''s new audit rows to its tree and returns the checkpoint: tenant_id, tree_size, root_hash, body (the text to be signed elsewhere), and how many rows were appended; where there are none, the checkpoint there is. tenant_id: a tenant, or the install id for the system''s own chain. Errors: P0002 audit_empty; 55000 audit_findings; 40001 at an isolation level above READ COMMITTED where another was faster. SECURITY DEFINER: auditors and maintainers write no table.';
COMMENT ON FUNCTION awgp.confirm_checkpoint(text, text) IS 'Records that a checkpoint was signed, and returns true. note: the signed note; public_key: name+id+key, which must have signed it. Errors: 22023 checkpoint_key, private_key, note_malformed; 42501 note_wrong_key, note_bad_signature; P0002 unknown_checkpoint. SECURITY DEFINER: auditors write no table.';
COMMENT ON FUNCTION awgp.prove_audit(bigint, bigint) IS 'What proves that an audit row is in a checkpoint: row, leaf_index, path, tree_size and body. audit_id: a row that the caller may read; tree_size: the checkpoint''s, by default the newest. Errors: P0002 unknown_audit_row, unknown_checkpoint; 55000 row_not_checkpointed, audit_findings.';
GRANT EXECUTE ON FUNCTION awgp.audit_checkpoint(uuid) TO awgp_auditor, awgp_maintainer;
GRANT EXECUTE ON FUNCTION awgp.confirm_checkpoint(text, text) TO awgp_auditor;
GRANT EXECUTE ON FUNCTION awgp.prove_audit(bigint, bigint) TO awgp_app, awgp_auditor;
COMMENT ON FUNCTION awgp.partition_is_checkpointed(text) IS 'True where every row of a sealed partition is covered by a checkpoint of which a signed note was shown; false also where the partition is not sealed. SECURITY DEFINER: maintainers read no anchors.';
GRANT EXECUTE ON FUNCTION awgp.partition_is_checkpointed(text) TO awgp_auditor, awgp_maintainer;
GRANT EXECUTE ON FUNCTION awgp.track_table(regclass, text[], text[]) TO awgp_app, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.untrack_table(regclass) TO awgp_app, awgp_admin;
-- Whoever may track a table may make partitions of it, and bring it back from a dump. The functions record what happens to the
-- table that they are on, under its own name.
GRANT EXECUTE ON FUNCTION awgp.capture(), awgp.refuse_truncate() TO awgp_app, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.entity_id(text[]) TO awgp_app, awgp_auditor, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.entity_names(text) TO awgp_app, awgp_auditor, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.seal_partition(text) TO awgp_maintainer;
GRANT EXECUTE ON FUNCTION awgp.verify_audit(uuid, text) TO awgp_app, awgp_auditor;
GRANT EXECUTE ON FUNCTION awgp.log_event(text, text, uuid, jsonb, jsonb, jsonb) TO awgp_app;
GRANT EXECUTE ON FUNCTION awgp.flush_audit() TO awgp_app, awgp_maintainer, awgp_admin;

-- Templates
COMMENT ON FUNCTION awgp.template_content(text, jsonb) IS 'What an assistant made from a template with these overrides would be: {template_id, template_version, type, description, capabilities, configuration, model_config, risk_tier, max_cost_per_day}. Errors: 42501 no_tenant_context; P0002 unknown_template; 22023 invalid_template.';
COMMENT ON FUNCTION awgp.template_difference(uuid) IS 'What would change on an assistant if its template''s newest version were applied with the overrides it was made with: {assistant_id, template_slug, made_from_version, newest_version, changes: [{path, current, proposed}]}. Changes nothing. Errors: 42501 no_tenant_context, unknown_assistant; P0002 unknown_template where it was made from none.';
GRANT EXECUTE ON FUNCTION awgp.template_content(text, jsonb) TO awgp_app;
GRANT EXECUTE ON FUNCTION awgp.template_difference(uuid) TO awgp_app;

-- Governed actions
COMMENT ON FUNCTION awgp.begin_action(uuid, text, text, awgp.number, interval, text) IS 'The one call before an assistant acts: asks whether the work item''s assistant is active and has the capability, whether the item is in progress or may start (approval and digest included), sets the estimated cost aside, starts the item, writes the action and the record, and returns {allowed, reason, action_id, status, reservation_id, hint, …}; a denial is returned with reason, message, hint and facts, and leaves nothing but its record. work_item_id; action: one of the assistant''s capabilities; provider and estimated_cost: what is set aside, NULL for nothing; expires_in: from when on it counts as abandoned; idempotency_key: the same question under the same key, of one work item, is one action, and answered with it whatever has become of it. Errors: P0002 unknown_work_item; 42501 no_tenant_context, role_not_sufficient; 22023 out_of_range, idempotency_conflict.';
COMMENT ON FUNCTION awgp.finish_action(uuid, text, text, bigint, bigint, awgp.number, jsonb) IS 'The one call after it: ends the action, settles what it cost (or gives back what was set aside where it cost nothing), and returns {action_id, status, repeated, late, cost_transaction_id, cost_amount, overrun}. Told the same again, it answers the same. outcome: succeeded, failed or abandoned; model, input_tokens, output_tokens, cost_amount: as of awgp.settle_credit(); result: what came of it, 64 KiB at most, kept in the row and not in the trail. Errors: P0002 unknown_action; 55000 illegal_transition, action_finished; 42501 no_tenant_context, role_not_sufficient, not_own_work; 22023 out_of_range; those of awgp.settle_credit().';
COMMENT ON FUNCTION awgp.abandon_actions(timestamptz) IS 'Counts as abandoned what nobody has finished by a moment (default: now; never later than that), and returns how many actions that were. Their reservations expire by themselves; who finishes late still says what it cost. SECURITY DEFINER: maintainers have no grant on the table.';
GRANT EXECUTE ON FUNCTION awgp.begin_action(uuid, text, text, awgp.number, interval, text) TO awgp_app;
GRANT EXECUTE ON FUNCTION awgp.finish_action(uuid, text, text, bigint, bigint, awgp.number, jsonb) TO awgp_app;
GRANT EXECUTE ON FUNCTION awgp.abandon_actions(timestamptz) TO awgp_maintainer;

-- Messages
COMMENT ON FUNCTION awgp.authorize_message(uuid, uuid, text, text, jsonb) IS 'Decides whether an assistant of the tenant in context may send a message, counts it in the hourly limits if so, records the decision in the trail, and returns it: {allowed, policy_id, reason, retry_after_seconds, retry_at, rule, side, hint, considered, policies, audit_id}; see docs/messages.md. from_assistant_id; to_assistant_id; channel; content: never recorded; metadata: fields, a JSON object. A denial is returned, not raised, and also leaves a line in the server''s log. Errors: 42501 no_tenant_context, role_not_sufficient; 22023 out_of_range.';
COMMENT ON FUNCTION awgp.test_message(uuid, uuid, text, text, jsonb, timestamptz) IS 'What authorize_message() would answer at a moment (default: now). Counts and records nothing.';
COMMENT ON FUNCTION awgp.forget_message_windows(timestamptz) IS 'Deletes the counts of rate limits that are no longer needed at a moment (default: now; never later than that) and returns how many windows went. SECURITY DEFINER: maintainers have no grant on the tables.';
GRANT EXECUTE ON FUNCTION awgp.authorize_message(uuid, uuid, text, text, jsonb) TO awgp_app;
GRANT EXECUTE ON FUNCTION awgp.test_message(uuid, uuid, text, text, jsonb, timestamptz) TO awgp_app;
GRANT EXECUTE ON FUNCTION awgp.forget_message_windows(timestamptz) TO awgp_maintainer;

-- Money
COMMENT ON FUNCTION awgp.estimate_cost(text, text, bigint, bigint, bigint, timestamptz) IS 'What a call costs by the price in force at that moment, exact to six decimals, half up. provider; model: as its provider calls it; input_tokens: sent, those from the cache included; output_tokens: received; cached_tokens: of those sent, the ones that the provider had in its cache; at: default now. Errors: P0002 unknown_price; 22023 out_of_range.';
COMMENT ON FUNCTION awgp.pool_period(bigint, text, timestamptz) IS 'When the period of a pool that holds a moment begins, and when it ends. reset_day: 1 to 31; time_zone: of the IANA database; at. For the view budget_status.';
COMMENT ON FUNCTION awgp.accounting_day(timestamptz, text) IS 'The day of a time zone that a moment counts in, by the same rules as the limits. at; time_zone: of the IANA database. For the views. Errors (22023): unknown_time_zone, out_of_range.';
COMMENT ON FUNCTION awgp.checked_amount(numeric, text) IS 'The amount itself, where it is a number, or NULL; for functions that take one. Error 22023 out_of_range for NaN and infinities. argument: its name.';
GRANT EXECUTE ON FUNCTION awgp.pool_period(bigint, text, timestamptz) TO awgp_app;
GRANT EXECUTE ON FUNCTION awgp.accounting_day(timestamptz, text) TO awgp_app;
GRANT EXECUTE ON FUNCTION awgp.checked_amount(numeric, text) TO awgp_app, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.estimate_cost(text, text, bigint, bigint, bigint, timestamptz) TO awgp_app, awgp_admin;

-- Records
COMMENT ON FUNCTION awgp.own_conversation(uuid) IS 'The id itself, where it is a conversation of the tenant in context; for functions that write one. Errors: 42501 no_tenant_context; P0002 unknown_conversation.';
COMMENT ON FUNCTION awgp.own_flag(uuid) IS 'The id itself, where it is a hallucination flag of the tenant in context; for functions that write one. Errors: 42501 no_tenant_context; P0002 unknown_flag.';
COMMENT ON FUNCTION awgp.checked_messages(jsonb) IS 'The messages themselves, where each is in a form that is read, within the bounds. Errors (22023): messages_invalid, messages_too_large.';
COMMENT ON FUNCTION awgp.message_text(jsonb) IS 'What a message says, a text a line: what it is searched by. Empty where it says nothing, or is no message. message: an element of conversation_logs.messages.';
COMMENT ON FUNCTION awgp.read_message(jsonb) IS 'What a message says, whatever form it is in, as a JSON object: role (system, developer, user, assistant or tool), text (a text a line) and tokens (null where it tells none). message: an element of conversation_logs.messages. Error 22023 messages_invalid.';
COMMENT ON FUNCTION awgp.conversation_hits(text, uuid, bigint) IS 'Ids of conversations that the context sees and that have a message with these words, the newest first; for awgp.search_conversations(), which says the rest. Asks the index as its owner, for the visible tenants alone. Errors: 42501 no_tenant_context; 22023 out_of_range.';
COMMENT ON FUNCTION awgp.erase_due_conversations(timestamptz) IS 'Erases the content of conversations that are past their retention at that moment (later than now counts as now) and not on legal hold, with the reason retention, at most 1000 a tenant a call, and returns how many. Retention: conversation_policy.retention_days of the tenant''s settings, else the setting awgp.conversation_retention, in days after the end, or after the last change of one that never ended. SECURITY DEFINER: maintainers see no tenant''s row.';
GRANT EXECUTE ON FUNCTION awgp.erase_due_conversations(timestamptz) TO awgp_maintainer;
GRANT EXECUTE ON FUNCTION awgp.own_conversation(uuid) TO awgp_app;
GRANT EXECUTE ON FUNCTION awgp.own_flag(uuid) TO awgp_app;
GRANT EXECUTE ON FUNCTION awgp.checked_messages(jsonb) TO awgp_app;
GRANT EXECUTE ON FUNCTION awgp.message_text(jsonb) TO awgp_app;
GRANT EXECUTE ON FUNCTION awgp.read_message(jsonb) TO awgp_app;
GRANT EXECUTE ON FUNCTION awgp.conversation_hits(text, uuid, bigint) TO awgp_app;
-- As many as are asked for where nothing is said: a plan that expects a thousand reads all of the tenant's conversations.
ALTER FUNCTION awgp.conversation_hits(text, uuid, bigint) ROWS 50;

-- Partitions
COMMENT ON FUNCTION awgp.ensure_partitions(bigint, timestamptz) IS 'Makes the audit partitions of the month of at (default: now) and of the next months_ahead months (0 to 120), where they are missing, and returns their names; of months from 1970 to a hundred years from now. Error 22023 out_of_range. SECURITY DEFINER: maintainers own no table.';
GRANT EXECUTE ON FUNCTION awgp.ensure_partitions(bigint, timestamptz) TO awgp_maintainer;
COMMENT ON FUNCTION awgp.drain_default_partition() IS 'Makes the partitions of months that were missed, moves the default partition''s rows into them, unchanged, and returns made, moved and failed. Writers wait until the transaction ends. Error 40001 trail_busy. SECURITY DEFINER: maintainers own no table.';
GRANT EXECUTE ON FUNCTION awgp.drain_default_partition() TO awgp_maintainer;
COMMENT ON FUNCTION awgp.seal_due_partitions(timestamptz) IS 'Seals every partition whose month was over an hour before at (default: now; not later than now), each by itself, and returns sealed and failed. SECURITY DEFINER: as seal_partition().';
GRANT EXECUTE ON FUNCTION awgp.seal_due_partitions(timestamptz) TO awgp_maintainer;

COMMENT ON FUNCTION awgp.retire_partition(text, timestamptz) IS 'Takes a month out of the trail: verifies it against its seal, detaches its table, leaves its anchors, and records that. at: not later than now. Errors: 55000 retention_too_short, partition_held, partition_too_young, partition_not_sealed, partition_not_checkpointed, audit_findings; P0002 unknown_partition; 22023 out_of_range; 40001 trail_busy. SECURITY DEFINER: maintainers own no table.';
COMMENT ON FUNCTION awgp.retirement_blocked_by(text, timestamptz) IS 'The reason for which retire_partition() would refuse a partition at a moment (default: now); NULL where it would not. SECURITY DEFINER: it reads holds and checkpoints of all tenants and answers with a reason.';
COMMENT ON FUNCTION awgp.hold_partition(text, text) IS 'Puts a month on legal hold and returns the hold''s id: it is not retired until every hold on it is released. Errors: P0002 unknown_partition; 22023 out_of_range. SECURITY DEFINER: nobody writes the holds but these functions.';
COMMENT ON FUNCTION awgp.hold_tenant_trail(uuid, text) IS 'Puts every month that has rows of a tenant on legal hold, those to come included, and returns the hold''s id. Errors: 22023 out_of_range; 23503 for an unknown tenant. SECURITY DEFINER: as hold_partition().';
COMMENT ON FUNCTION awgp.release_hold(uuid, text) IS 'Releases a legal hold; false where no hold in force has this id. Error 22023 out_of_range. SECURITY DEFINER: as hold_partition().';
COMMENT ON FUNCTION awgp.load_partition_rows(text, text[]) IS 'Loads rows of a retired month whose table is gone, lines of its export, and returns how many; restore_partition() then verifies them, in the same transaction. Errors (55000): partition_not_retired, partition_present. SECURITY DEFINER: maintainers own no table.';
COMMENT ON FUNCTION awgp.restore_partition(text) IS 'Brings a retired month back for reading: verifies its rows against the link before each lane, the anchors and the seal, attaches it, and records that. Errors: 55000 partition_not_retired, partition_gone, audit_findings; 40001 trail_busy. SECURITY DEFINER: maintainers own no table.';
GRANT EXECUTE ON FUNCTION awgp.retire_partition(text, timestamptz) TO awgp_maintainer;
GRANT EXECUTE ON FUNCTION awgp.retirement_blocked_by(text, timestamptz) TO awgp_auditor, awgp_maintainer;
GRANT EXECUTE ON FUNCTION awgp.hold_partition(text, text) TO awgp_maintainer, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.hold_tenant_trail(uuid, text) TO awgp_maintainer, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.release_hold(uuid, text) TO awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.load_partition_rows(text, text[]) TO awgp_maintainer;
GRANT EXECUTE ON FUNCTION awgp.restore_partition(text) TO awgp_maintainer;

-- Maintenance
COMMENT ON FUNCTION awgp.run_maintenance(timestamptz, text[]) IS 'Runs what is due at a moment (default: now), or only the steps named, each in a subtransaction, and returns what each did or why it failed. already_running: another session runs it now, and nothing was done. Error 22023 unknown_maintenance_step.';
COMMENT ON FUNCTION awgp.maintenance_steps() IS 'The names of the steps of maintenance in the order in which they run.';
COMMENT ON FUNCTION awgp.begin_maintenance() IS 'Keeps others from running maintenance until this session ends or calls end_maintenance(); false where another session runs it now.';
COMMENT ON FUNCTION awgp.end_maintenance() IS 'Lets go of what begin_maintenance() has taken; false where this session holds nothing.';
GRANT EXECUTE ON FUNCTION awgp.run_maintenance(timestamptz, text[]) TO awgp_maintainer;
GRANT EXECUTE ON FUNCTION awgp.maintenance_steps() TO awgp_maintainer;
GRANT EXECUTE ON FUNCTION awgp.begin_maintenance() TO awgp_maintainer;
GRANT EXECUTE ON FUNCTION awgp.end_maintenance() TO awgp_maintainer;

-- Money
COMMENT ON FUNCTION awgp.reset_credit_pools(timestamptz) IS 'Begins a new period for every credit pool whose own has ended by at (default: now), and returns for how many. Costs do not wait for it: the first of a period begins it. SECURITY DEFINER: maintainers see no tenant''s rows.';
COMMENT ON FUNCTION awgp.expire_reservations(timestamptz) IS 'Marks the reservations that have expired by at (default: now), and returns how many. Limits do not wait for it: what has expired does not count. SECURITY DEFINER: maintainers see no tenant''s rows.';
COMMENT ON FUNCTION awgp.verify_ledger() IS 'Recomputes every balance from the entries and reservations that the caller may see, for auditors and maintainers from all: a row a difference with severity, kind, tenant and the row it is about; no row means that all agree.';
GRANT EXECUTE ON FUNCTION awgp.reset_credit_pools(timestamptz) TO awgp_maintainer;
GRANT EXECUTE ON FUNCTION awgp.expire_reservations(timestamptz) TO awgp_maintainer;
GRANT EXECUTE ON FUNCTION awgp.verify_ledger() TO awgp_app, awgp_auditor, awgp_maintainer;

-- Arguments
COMMENT ON FUNCTION awgp.checked_moment(text, timestamptz) IS 'The moment itself, where it is of the years 1 to 9999; for functions in SQL. argument: its name, for the error. Error 22023 out_of_range.';
COMMENT ON FUNCTION awgp.checked_whole(text, bigint) IS 'The number itself, where 32 bits hold it; for functions in SQL. argument: its name, for the error. Error 22023 out_of_range.';
COMMENT ON FUNCTION awgp.checked_objects(text, jsonb) IS 'The value itself, where it is an array of objects; for functions in SQL. argument: its name, for the error. Error 22023 out_of_range.';
GRANT EXECUTE ON FUNCTION awgp.checked_objects(text, jsonb) TO awgp_app, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.checked_moment(text, timestamptz) TO awgp_app, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.checked_whole(text, bigint) TO awgp_app, awgp_admin;

-- Numbers
GRANT EXECUTE ON FUNCTION awgp.number(smallint) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.number(integer) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.number(bigint) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.number(real) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.number(double precision) TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;

-- Lifecycle
COMMENT ON FUNCTION awgp.version() IS 'The version of the extension''s logic.';
COMMENT ON FUNCTION awgp.install(boolean) IS 'Applies what is missing of the structure and returns what it did. force: every policy, trigger, grant and function again, also where its text has not changed. Errors (55000): foreign_objects, structure_too_new.';
COMMENT ON FUNCTION awgp.migrate() IS 'Applies the migrations and scripts that are due and returns what it did. Errors (55000): foreign_objects, structure_too_new.';
COMMENT ON FUNCTION awgp.doctor() IS 'What is wrong with this installation, a row a finding: stable code, severity (error, warning, info), object, message, and a hint with the command to type. No row of severity error means sound.';
GRANT EXECUTE ON FUNCTION awgp.version() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.doctor() TO awgp_auditor, awgp_maintainer, awgp_admin;

SELECT awgp.install();
