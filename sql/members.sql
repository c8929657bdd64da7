-- The extension's own functions: what each does, and who may call it. Then the structure.

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA awgp FROM PUBLIC;

-- Context
COMMENT ON FUNCTION awgp.set_context(uuid, uuid, uuid) IS 'Puts tenant, user and assistant in context until the end of the transaction, and returns the tenant. In signed mode: only an assistant beside the verified tenant and user. tenant_id: an active tenant; user_id: an active user of it; assistant_id: an assistant of it. Errors (42501): unknown_tenant, unknown_user, unknown_assistant, signed_mode.';
COMMENT ON FUNCTION awgp.authenticate(text, boolean) IS 'Verifies an access token against the active rows of awgp.identity_providers, puts its user and his tenant in context, and returns the tenant. token: a JWT, passed as a parameter; for_session: false for the transaction, true for the session, once the transaction commits, until the token expires, a transaction fails or is rolled back, or DISCARD ALL or RESET ALL. A refusal also leaves a line in the server''s log. Errors (42501, 22023): token_… as in docs/errors.md; unknown_user, user_inactive, tenant_inactive, token_tenant_mismatch.';
COMMENT ON FUNCTION awgp.context_mode() IS 'Where the context may come from in this session: trusted or signed.';
COMMENT ON FUNCTION awgp.current_tenant() IS 'The tenant in context; NULL where there is none. Error 22023 malformed_tenant_id where app.current_tenant is no uuid.';
COMMENT ON FUNCTION awgp.current_user_id() IS 'The user in context; NULL where there is none.';
COMMENT ON FUNCTION awgp.current_assistant_id() IS 'The assistant in context; NULL where there is none.';
COMMENT ON FUNCTION awgp.own_tenant() IS 'The tenant in context, where its rows may be read: NULL without a context and where it has become inactive.';
COMMENT ON FUNCTION awgp.find_tenant(text) IS 'The id of an active tenant, from its slug or its id. Error 42501 unknown_tenant. SECURITY DEFINER: without a context no tenant is seen.';
COMMENT ON FUNCTION awgp.find_user(text) IS 'The id of an active user of the tenant in context, from e-mail address or id. Error 42501 unknown_user.';
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

-- Work and approvals
COMMENT ON FUNCTION awgp.require_work_item(uuid, text) IS 'The id, where the tenant in context has such a work item. verb: start, ask, complete, fail or cancel, to lock the item and hear whether its state allows that. Errors: P0002 unknown_work_item; 55000 illegal_transition; 42501 no_tenant_context.';
COMMENT ON FUNCTION awgp.require_assistant(uuid) IS 'The id, where the context may write such an assistant. Errors (42501): unknown_assistant, no_tenant_context.';
GRANT EXECUTE ON FUNCTION awgp.require_work_item(uuid, text) TO awgp_app;
GRANT EXECUTE ON FUNCTION awgp.require_assistant(uuid) TO awgp_app;

-- Audit trail
COMMENT ON FUNCTION awgp.log_event(text, text, uuid, jsonb, jsonb, jsonb) IS 'Records an event of the tenant in context that is not a change of a governed table, and returns its audit id. action and entity_type: 1 to 200 bytes; entity_id; before and after: states, with secrets masked; metadata: a JSON object. Errors: 42501 no_tenant_context; 22023 out_of_range. SECURITY DEFINER: applications may not use the sequence of the ids.';
COMMENT ON FUNCTION awgp.flush_audit() IS 'Writes what the running transaction has recorded so far, so that it can read it, and returns how many rows that were. At commit this happens by itself.';
COMMENT ON FUNCTION awgp.verify_audit(uuid, text) IS 'Verifies the audit trail that the caller may read, or one tenant''s, or one partition: a row a finding with severity, kind and the row it names; no row means intact. Reads the heap, not the indexes; memory does not grow with the rows. Error P0002 unknown_partition.';
COMMENT ON FUNCTION awgp.track_table(regclass, text[], text[]) IS 'Records every insert, update and delete on a table of the caller''s own from now on, and returns its name. table: has a column tenant_id uuid NOT NULL; exclude: columns that are left out; mask: columns whose values are masked. Errors (22023): not_trackable, unknown_column.';
COMMENT ON FUNCTION awgp.untrack_table(regclass) IS 'Records nothing of the table from now on, and returns its name. Error 22023 not_trackable.';
COMMENT ON FUNCTION awgp.seal_partition(text) IS 'Seals the partition of a month that is over: waits for open writers, verifies it, records its highest id, the root over its lane heads and each lane''s first and last link, and returns that. Sealing again verifies again. Errors: 55000 partition_open, audit_findings; P0002 unknown_partition. SECURITY DEFINER: maintainers own no table.';
GRANT EXECUTE ON FUNCTION awgp.track_table(regclass, text[], text[]) TO awgp_app, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.untrack_table(regclass) TO awgp_app, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.seal_partition(text) TO awgp_maintainer;
GRANT EXECUTE ON FUNCTION awgp.verify_audit(uuid, text) TO awgp_app, awgp_auditor;
GRANT EXECUTE ON FUNCTION awgp.log_event(text, text, uuid, jsonb, jsonb, jsonb) TO awgp_app;
GRANT EXECUTE ON FUNCTION awgp.flush_audit() TO awgp_app, awgp_maintainer, awgp_admin;

-- Money
COMMENT ON FUNCTION awgp.estimate_cost(text, text, integer, integer, integer, timestamptz) IS 'What a call costs by the price in force at that moment, exact to six decimals, half up. provider; model: as its provider calls it; input_tokens: sent, those from the cache included; output_tokens: received; cached_tokens: of those sent, the ones that the provider had in its cache; at: default now. Errors: P0002 unknown_price; 22023 out_of_range.';
GRANT EXECUTE ON FUNCTION awgp.estimate_cost(text, text, integer, integer, integer, timestamptz) TO awgp_app, awgp_admin;

-- Records
COMMENT ON FUNCTION awgp.own_conversation(uuid) IS 'The id itself, where it is a conversation of the tenant in context; for functions that write one. Errors: 42501 no_tenant_context; P0002 unknown_conversation.';
COMMENT ON FUNCTION awgp.own_flag(uuid) IS 'The id itself, where it is a hallucination flag of the tenant in context; for functions that write one. Errors: 42501 no_tenant_context; P0002 unknown_flag.';
COMMENT ON FUNCTION awgp.checked_messages(jsonb) IS 'The messages themselves, where they are an array of objects with role and content, within the bounds. Errors (22023): messages_invalid, messages_too_large.';
COMMENT ON FUNCTION awgp.conversation_hits(text, uuid, integer) IS 'Ids of conversations that the context sees and that have a message with these words, the newest first; for awgp.search_conversations(), which says the rest. Asks the index as its owner, for the visible tenants alone. Errors: 42501 no_tenant_context; 22023 out_of_range.';
GRANT EXECUTE ON FUNCTION awgp.own_conversation(uuid) TO awgp_app;
GRANT EXECUTE ON FUNCTION awgp.own_flag(uuid) TO awgp_app;
GRANT EXECUTE ON FUNCTION awgp.checked_messages(jsonb) TO awgp_app;
GRANT EXECUTE ON FUNCTION awgp.message_text(jsonb) TO awgp_app;
GRANT EXECUTE ON FUNCTION awgp.conversation_hits(text, uuid, integer) TO awgp_app;

-- Partitions
COMMENT ON FUNCTION awgp.ensure_partitions(integer, timestamptz) IS 'Makes the audit partitions of the month of at (default: now) and of the next months_ahead months (0 to 120), where they are missing, and returns their names. Error 22023 out_of_range. SECURITY DEFINER: maintainers own no table.';
GRANT EXECUTE ON FUNCTION awgp.ensure_partitions(integer, timestamptz) TO awgp_maintainer;
COMMENT ON FUNCTION awgp.drain_default_partition() IS 'Makes the partitions of months that were missed, moves the default partition''s rows into them, unchanged, and returns made, moved and failed. Writers wait until the transaction ends. Error 40001 trail_busy. SECURITY DEFINER: maintainers own no table.';
GRANT EXECUTE ON FUNCTION awgp.drain_default_partition() TO awgp_maintainer;
COMMENT ON FUNCTION awgp.seal_due_partitions(timestamptz) IS 'Seals every partition whose month was over an hour before at (default: now; not later than now), each by itself, and returns sealed and failed. SECURITY DEFINER: as seal_partition().';
GRANT EXECUTE ON FUNCTION awgp.seal_due_partitions(timestamptz) TO awgp_maintainer;

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

-- Lifecycle
COMMENT ON FUNCTION awgp.version() IS 'The version of the extension''s logic.';
COMMENT ON FUNCTION awgp.install(boolean) IS 'Applies what is missing of the structure and returns what it did. force: every policy, trigger, grant and function again, also where its text has not changed. Errors (55000): foreign_objects, structure_too_new.';
COMMENT ON FUNCTION awgp.migrate() IS 'Applies the migrations and scripts that are due and returns what it did. Errors (55000): foreign_objects, structure_too_new.';
COMMENT ON FUNCTION awgp.doctor() IS 'What is wrong with this installation, a row a finding: stable code, severity (error, warning, info), object, message, and a hint with the command to type. No row of severity error means sound.';
GRANT EXECUTE ON FUNCTION awgp.version() TO awgp_app, awgp_auditor, awgp_maintainer, awgp_admin;
GRANT EXECUTE ON FUNCTION awgp.doctor() TO awgp_auditor, awgp_maintainer, awgp_admin;

SELECT awgp.install();
