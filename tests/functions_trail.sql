-- ## Audit trail
-- As the superuser
CREATE SCHEMA shop AUTHORIZATION :"app";
-- As a member of awgp_app
CREATE TABLE shop.orders (id bigint PRIMARY KEY, tenant_id uuid NOT NULL, customer text, card text);

-- fn: track_table
SELECT awgp.track_table('shop.orders', mask => ARRAY['card']);

BEGIN;
SELECT awgp.set_context(:'north', :'manager');
INSERT INTO shop.orders VALUES (7, :'north', 'Ada', '4242');

-- fn: log_event
SELECT awgp.log_event('export', 'report', metadata => '{"rows": 12}') AS event \gset

-- fn: flush_audit
SELECT awgp.flush_audit();

-- fn: row_history
SELECT action, after_state FROM awgp.row_history('shop.orders', '7');

-- fn: trail_name
SELECT awgp.trail_name(:'north', 'user', :'manager');

-- fn: trail_actors
SELECT awgp.trail_actors('manager@north.example');

-- fn: trail_months
SELECT partition_name, state, verified_at FROM awgp.trail_months();

-- fn: entity_id
SELECT awgp.entity_id('7');

-- fn: entity_names
SELECT awgp.entity_names('shop.orders');

COMMIT;

-- fn: erasable_opened
SELECT awgp.erasable_opened(tenant_id, 'after_state', after_state, metadata) FROM awgp.audit_logs
WHERE id = :event;

-- fn: erasable_commitment
SELECT awgp.erasable_commitment(sha256('the salt'), '"Ada"');

-- fn: untrack_table
SELECT awgp.untrack_table('shop.orders');

-- As a member of awgp_auditor

-- fn: verify_audit
SELECT severity, kind, detail FROM awgp.verify_audit(tenant_id => :'north');

-- fn: confirm_checkpoint
SELECT awgp.confirm_checkpoint(:'note', :'public_key');

-- fn: audit_checkpoint
SELECT awgp.audit_checkpoint(:'north') ->> 'tree_size';

-- fn: prove_audit
SELECT awgp.prove_audit(:'event') ->> 'leaf_index';

-- ## Months of the trail
-- As a member of awgp_maintainer

-- fn: ensure_partitions
SELECT awgp.ensure_partitions(months_ahead => 6);

-- fn: drain_default_partition
SELECT awgp.drain_default_partition();

-- fn: seal_due_partitions
SELECT awgp.seal_due_partitions();

-- fn: seal_partition
SELECT awgp.seal_partition(:'month');

-- fn: partition_is_checkpointed
SELECT awgp.partition_is_checkpointed(:'month');

-- fn: hold_partition
SELECT awgp.hold_partition(:'month', 'case 12') AS hold \gset

-- fn: hold_tenant_trail
SELECT awgp.hold_tenant_trail(:'north', 'case 13');

-- As a member of awgp_admin

-- fn: set_erasable
SELECT awgp.set_erasable('awgp.users', '{email,first_name,last_name}');

-- fn: release_hold
SELECT awgp.release_hold(:'hold', 'case 12 is closed');

-- As a member of awgp_maintainer

-- fn: retirement_blocked_by
SELECT awgp.retirement_blocked_by(:'month');

-- fn: retire_partition
SELECT awgp.retire_partition(:'month');

-- fn: restore_partition
SELECT awgp.restore_partition(:'month');

SELECT awgp.retire_partition(:'month');
-- As the superuser
SELECT format('DROP TABLE awgp.%I', :'month') \gexec
-- As a member of awgp_maintainer
BEGIN;

-- fn: load_partition_rows
SELECT awgp.load_partition_rows(:'month', :'lines');

ROLLBACK;

-- ## Notices
-- fn: remind_of_approvals tell_of_errors forget_notices retry_notices
SELECT awgp.remind_of_approvals(), awgp.tell_of_errors(), awgp.forget_notices(), awgp.retry_notices('ops-mail');

-- As a member of awgp_notifier
-- fn: claim_notices notice_delivered notice_failed
SELECT awgp.notice_delivered(id) OR awgp.notice_failed(id, attempt, 'http_500') = 'waiting' FROM awgp.claim_notices('ops-mail');

-- As a member of awgp_maintainer
-- ## Maintenance
-- fn: begin_maintenance
SELECT awgp.begin_maintenance();

-- fn: run_maintenance
SELECT awgp.run_maintenance(steps => ARRAY['expire_approvals']);

-- fn: maintenance_steps
SELECT awgp.maintenance_steps();

-- fn: end_maintenance
SELECT awgp.end_maintenance();

-- ## Monitoring and reports
-- As a member of awgp_monitor

-- fn: metrics
SELECT name, labels, value FROM awgp.metrics(pools => 10);

-- As a member of awgp_auditor

-- fn: report
SELECT awgp.report('2026-03', :'north') -> 'approvals';

-- ## Installing
-- As a member of awgp_auditor

-- fn: version
SELECT awgp.version();

-- fn: doctor
SELECT severity, code, object, hint FROM awgp.doctor();

-- As a member of awgp_maintainer

-- fn: schema_version
SELECT awgp.schema_version();

-- fn: restored
SELECT awgp.restored() ->> 'restored';

-- As the superuser

-- fn: doctor_findings
SELECT severity, code, object, hint FROM awgp.doctor_findings();

-- fn: install
SELECT awgp.install(force => true);

-- fn: migrate
SELECT awgp.migrate();

-- fn: keep_identity
SELECT awgp.keep_identity();

-- fn: adopt
SELECT awgp.adopt('rehearsal beside the original');

-- fn: become_copy
SELECT awgp.become_copy('0a0b0c0d-1111-4222-8333-444455556666', 'awgp_trail')
WHERE NOT EXISTS (SELECT FROM awgp.tenants);

-- ## Import
-- As the superuser
CREATE SCHEMA old_app;
CREATE TABLE old_app.tenants (id uuid PRIMARY KEY, name text, slug text, type text, parent_tenant_id uuid, settings jsonb,
    quota_max_assistants integer, quota_max_users integer, quota_monthly_cost_limit numeric, is_active boolean,
    created_at timestamptz, updated_at timestamptz);

-- fn: import_seed
SELECT severity, table_name, reason, rows FROM awgp.import_seed('old_app', dry_run => true);

-- ## Moving a family
-- As a member of awgp_admin
BEGIN;

-- fn: family_facts
SELECT awgp.family_facts(:'holding') AS facts \gset

-- fn: move_begin
SELECT awgp.move_begin(gen_random_uuid(), 'source', :'holding', gen_random_uuid(), 'two.example') AS leaving \gset

-- fn: move_lanes
SELECT jsonb_agg(lane) AS lanes FROM awgp.move_lanes(:'leaving') AS lane \gset

-- fn: move_trail
SELECT chain_seq, line FROM awgp.move_trail(:'leaving', :'holding', 0::smallint, after => 0);

-- fn: move_rows
SELECT key, line FROM awgp.move_rows(:'leaving', 'users');

-- fn: move_stop
SELECT awgp.move_stop(:'leaving');

-- fn: tenants_away
SELECT awgp.tenants_away();

-- fn: move_digests
SELECT awgp.move_digests(:'leaving') AS digests \gset

-- fn: move_leave
SELECT awgp.move_leave(:'leaving', :'digests') AS lanes \gset

-- fn: move_clear
SELECT awgp.move_clear(:'leaving');

-- Somewhere else, after it has left there.
SELECT awgp.move_begin(gen_random_uuid(), 'target', :'holding', gen_random_uuid(), 'one.example', :'facts') AS coming \gset

-- fn: move_take_trail
SELECT awgp.move_take_trail(:'coming', lines => '{}');

-- fn: move_rest
SELECT awgp.move_rest(:'coming');

-- fn: move_take
SELECT awgp.move_take(:'coming', 'users', lines => '{}');

-- fn: move_verify
SELECT awgp.move_verify(:'coming', :'lanes');

-- fn: move_arrive
SELECT awgp.move_arrive(:'coming', :'lanes');

ROLLBACK;
BEGIN;
SELECT awgp.move_begin(gen_random_uuid(), 'source', :'holding', gen_random_uuid(), 'two.example') AS leaving \gset

-- fn: move_back
SELECT awgp.move_back(:'leaving');

COMMIT;
