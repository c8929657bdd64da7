-- The examples of docs/functions.md, which is made from them and from the catalog. The test `pages` runs them
-- in this order; functions_trail.sql goes on.
--
--   -- ## AREA             begins an area of the page
--   -- As a member of R    who runs what follows
--   -- fn: NAME…           what follows, to the next empty line, is the example of these functions
--
-- Everything else prepares them. :'north' and the like are variables of psql; the test sets some, \gset the
-- others.

-- ## Context
-- As a member of awgp_app
BEGIN;

-- fn: find_tenant
SELECT awgp.find_tenant('north') AS north \gset

-- fn: set_context
SELECT awgp.set_context('north', 'manager@north.example');
SELECT awgp.set_context(tenant_id => :'north', user_id => :'manager');

-- fn: find_user
SELECT awgp.find_user('operator@north.example');

-- fn: current_tenant current_user_id current_assistant_id
SELECT awgp.current_tenant(), awgp.current_user_id(), awgp.current_assistant_id();

-- fn: own_tenant
SELECT awgp.own_tenant();

-- fn: context_mode
SELECT awgp.context_mode();

COMMIT;

-- ## Identity
-- As a member of awgp_admin
UPDATE awgp.users SET keycloak_id = id::text WHERE tenant_id = :'north';

-- fn: create_identity_provider
SELECT id FROM awgp.create_identity_provider('Acme', 'https://id.example.com/realms/acme',
    audience => ARRAY['awgp'], jwks => :'jwks');

-- As a member of awgp_app
BEGIN;

-- fn: authenticate
SELECT awgp.authenticate(:'token');

COMMIT;
-- As a member of awgp_admin

-- fn: update_identity_provider
SELECT is_active FROM awgp.update_identity_provider('https://id.example.com/realms/acme', leeway_seconds => 20);

-- fn: rotate_identity_provider
SELECT updated_at FROM awgp.rotate_identity_provider('https://id.example.com/realms/acme', :'jwks');

-- fn: remove_identity_provider
SELECT name FROM awgp.remove_identity_provider('https://id.example.com/realms/acme');

-- ## Tenants and users
-- As a member of awgp_admin

-- fn: create_tenant
SELECT id FROM awgp.create_tenant('West', 'west', 'subsidiary', parent_tenant_id => :'holding');

-- fn: update_tenant
SELECT name, quota_max_users FROM awgp.update_tenant(:'north', quota_max_users => 60);

-- fn: deactivate_tenant reactivate_tenant
SELECT is_active FROM awgp.deactivate_tenant(awgp.find_tenant('west'));
SELECT is_active FROM awgp.reactivate_tenant((SELECT id FROM awgp.tenants WHERE slug = 'west'));

-- fn: move_tenant
SELECT slug FROM awgp.move_tenant(awgp.find_tenant('west'), parent_tenant_id => NULL);

-- As a member of awgp_app
BEGIN;
SELECT awgp.set_context(:'north', :'super_admin');

-- fn: setting_keys
SELECT key, takes, meaning FROM awgp.setting_keys() WHERE changed_by = 'super_admin';

-- fn: tenant_settings
SELECT key, value FROM awgp.tenant_settings() WHERE is_set;

-- fn: change_settings
SELECT awgp.change_settings('{"approval_policy.quorum.4": 2}', dry_run => true) -> 'approvals';
SELECT awgp.change_settings('{"approval_policy.policy_change_quorum": 2}', 'two of us decide') ->> 'applied';
SELECT awgp.change_settings('{"time_zone": "Europe/Berlin"}') ->> 'change_id' AS change \gset

-- fn: withdraw_settings_change
SELECT awgp.withdraw_settings_change(:'change', 'not this week');

SELECT awgp.change_settings('{"approval_policy.policy_change_quorum": null}') ->> 'change_id' AS change \gset
SELECT id AS second FROM awgp.create_user('second@north.example', 'super_admin') \gset
SELECT awgp.set_context(:'north', :'second');

-- fn: confirm_settings_change
SELECT awgp.confirm_settings_change(:'change') ->> 'applied';

SELECT awgp.set_context(:'north', :'admin');

-- fn: create_user
SELECT id AS ada FROM awgp.create_user('ada@north.example', 'operator', 'Ada', 'Lovelace') \gset

-- fn: update_user
SELECT role FROM awgp.update_user(:'ada', role => 'manager');

-- fn: deactivate_user reactivate_user
SELECT is_active FROM awgp.deactivate_user(:'ada');
SELECT is_active FROM awgp.reactivate_user(:'ada');

-- fn: email_key
SELECT awgp.email_key('Ada@North.example') = awgp.email_key('ada@north.EXAMPLE') AS same;

-- ## Assistants
-- fn: create_assistant
SELECT id AS invoices
FROM awgp.create_assistant('Invoices', 'invoices', 'company_finance', risk_tier => 2,
    capabilities => ARRAY['pay_invoice'], max_cost_per_day => 25) \gset

-- fn: update_assistant
SELECT risk_tier FROM awgp.update_assistant(:'invoices', name => 'Invoices', max_cost_per_day => 30);

-- fn: set_assistant_status
SELECT status FROM awgp.set_assistant_status(:'invoices', 'active', 'reviewed by Ada');

-- fn: template_content
SELECT awgp.template_content('shared-finance', '{"risk_tier": 1}');

-- fn: create_assistant_from_template
SELECT id AS ledger
FROM awgp.create_assistant_from_template('shared-finance', 'Ledger', 'ledger', '{"risk_tier": 1}') \gset

-- fn: template_difference
SELECT awgp.template_difference(:'ledger') -> 'changes';

COMMIT;
-- As a member of awgp_admin

-- fn: create_template
SELECT version FROM awgp.create_template('Travel', 'travel', 'custom', capabilities => ARRAY['book']);

-- fn: update_template
SELECT version FROM awgp.update_template('travel', risk_tier => 1);

-- As a member of awgp_app
BEGIN;
SELECT awgp.set_context(:'north', :'admin');

-- ## Work
-- fn: create_work_item
SELECT id AS item
FROM awgp.create_work_item(:'invoices', 'Pay invoice 17', risk_level => 1, estimated_cost => 0.5) \gset

-- fn: update_work_item
SELECT priority FROM awgp.update_work_item(:'item', priority => 1);

-- fn: reassign_work_item
SELECT assistant_id FROM awgp.reassign_work_item(:'item', :'invoices');

-- fn: start_work_item
SELECT status FROM awgp.start_work_item(:'item');

-- fn: complete_work_item
SELECT completed_at FROM awgp.complete_work_item(:'item', '{"paid": true}', actual_cost => 0.4);

SELECT id AS item FROM awgp.create_work_item(:'invoices', 'Pay invoice 18', risk_level => 1) \gset
SELECT FROM awgp.start_work_item(:'item');

-- fn: fail_work_item
SELECT status FROM awgp.fail_work_item(:'item', 'the supplier is closed');

SELECT id AS item FROM awgp.create_work_item(:'invoices', 'Pay invoice 19', risk_level => 1) \gset

-- fn: cancel_work_item
SELECT status FROM awgp.cancel_work_item(:'item', 'paid by hand');

-- ## Approvals
SELECT id AS item FROM awgp.create_work_item(:'invoices', 'Pay invoice 20', risk_level => 3) \gset
SELECT awgp.set_context(:'north', :'operator');

-- fn: request_approval
SELECT id AS approval
FROM awgp.request_approval(:'item', 'May invoice 20 be paid?', expires_in => '2 hours') \gset

SELECT awgp.set_context(:'north', :'admin');

-- fn: approval_inbox
SELECT title, risk_level, expires_at FROM awgp.approval_inbox();

-- fn: approval_deciders
SELECT email, role FROM awgp.approval_deciders(:'approval');

-- fn: approval_asked
SELECT jsonb_pretty(awgp.approval_asked(:'approval'));

-- fn: explain_approval
SELECT awgp.explain_approval(:'approval', :'operator');

-- fn: approve
SELECT status FROM awgp.approve(:'approval', 'the amount is right');

SELECT id AS item FROM awgp.create_work_item(:'invoices', 'Pay invoice 21', risk_level => 3) \gset
SELECT awgp.set_context(:'north', :'operator');
SELECT id AS approval FROM awgp.request_approval(:'item') \gset

-- fn: escalate_approval
SELECT status, escalation_count FROM awgp.escalate_approval(:'approval', 'the amount is high');

SELECT awgp.set_context(:'north', :'super_admin');

-- fn: reject
SELECT status FROM awgp.reject(:'approval', 'paid already');

-- fn: delegate_approvals
SELECT id AS delegation
FROM awgp.delegate_approvals(:'manager', ends_at => now() + interval '7 days', risk_levels => '{2,3}') \gset

-- fn: revoke_delegation
SELECT revoked_at FROM awgp.revoke_delegation(:'delegation');

-- fn: expire_approvals
SELECT awgp.expire_approvals();

COMMIT;
-- As a member of awgp_maintainer

-- fn: escalate_due_approvals
SELECT awgp.escalate_due_approvals();

-- As the superuser
GRANT EXECUTE ON FUNCTION awgp.break_glass(uuid, text), awgp.force_approval(uuid, text) TO awgp_app;
UPDATE awgp.tenants SET settings = jsonb_build_object('approval_policy', jsonb_build_object('break_glass', jsonb_build_array(:'admin')))
WHERE id = :'north';
-- As a member of awgp_app
BEGIN;
SELECT awgp.set_context(:'north', :'operator');
SELECT id AS item FROM awgp.create_work_item(:'invoices', 'Pay the ransom', risk_level => 5) \gset
SELECT id AS approval FROM awgp.request_approval(:'item') \gset
SELECT awgp.set_context(:'north', :'admin');

-- fn: break_glass
SELECT status, break_glass FROM awgp.break_glass(:'approval', 'the plant stands still');

-- ## Governed actions
SELECT awgp.set_context(:'north');
SELECT id AS item FROM awgp.create_work_item(:'invoices', 'Pay invoice 22', risk_level => 1) \gset

-- fn: begin_action
SELECT begun ->> 'allowed' AS allowed, begun ->> 'action_id' AS action
FROM awgp.begin_action(:'item', 'pay_invoice', expires_in => '5 minutes', idempotency_key => 'invoice-22') AS begun \gset

-- fn: finish_action
SELECT awgp.finish_action(:'action', 'succeeded', result => '{"paid": true}', receipt => true);

-- fn: action_receipt
SELECT part, audit_id, chain_lane, chain_seq FROM awgp.action_receipt(:'action');

SELECT begun ->> 'action_id' AS action FROM awgp.begin_action(:'item', 'pay_invoice') AS begun \gset
SELECT awgp.finish_action(:'action', 'unknown');
SELECT awgp.set_context(:'north', :'operator');

-- fn: request_action_approval
SELECT status, arguments_digest FROM awgp.request_action_approval(:'item', 'pay_invoice', '{"invoice": 22, "amount": "10.50"}');

-- fn: reconcile_action
SELECT awgp.reconcile_action(:'action', 'failed', 'the bank has no such transfer');

COMMIT;
-- As a member of awgp_maintainer

-- fn: abandon_actions
SELECT awgp.abandon_actions();

-- fn: verify_due_ledger
SELECT awgp.verify_due_ledger() ->> 'differences';

-- ## Stops
-- As a member of awgp_app
BEGIN;
SELECT awgp.set_context('north', 'manager@north.example');

-- fn: stop
SELECT awgp.stop('assistant', 'It answers letters twice', :'invoices') ->> 'stop_id' AS stop \gset

-- fn: stops_in_force
SELECT scope, reason FROM awgp.stops_in_force(:'invoices');

-- fn: stop_details
SELECT awgp.stop_details(:'stop') #>> '{running,actions,count}';

COMMIT;
BEGIN;
SELECT awgp.set_context('north', 'admin@north.example');

-- fn: resume
SELECT awgp.resume(:'stop', 'The template was corrected') ->> 'resumed_at';

COMMIT;
-- As a member of awgp_auditor

-- fn: verify_stop
SELECT awgp.verify_stop(:'stop') ->> 'holds';

-- ## Messages
-- As a member of awgp_app
BEGIN;
SELECT awgp.set_context(:'north', :'admin');
SELECT FROM awgp.set_assistant_status(:'ledger', 'active');

-- fn: create_policy
SELECT id AS policy
FROM awgp.create_policy('Finance may ask finance', ARRAY['company_finance'], ARRAY['shared_finance'],
    ARRAY['internal'], rate_limit_per_hour => 20, rate_limit_scope => 'sender') \gset

-- fn: update_policy
SELECT rate_limit_per_hour FROM awgp.update_policy(:'policy', rate_limit_per_hour => 30);

-- fn: test_message
SELECT awgp.test_message(:'invoices', :'ledger', 'internal', 'Is invoice 17 booked?') ->> 'allowed';

-- fn: authorize_message
SELECT awgp.authorize_message(:'invoices', :'ledger', 'internal', 'Is invoice 17 booked?') ->> 'allowed';

-- fn: delete_policy
SELECT name FROM awgp.delete_policy(:'policy');

COMMIT;
-- As a member of awgp_maintainer

-- fn: forget_message_windows
SELECT awgp.forget_message_windows();

-- ## Money
-- As a member of awgp_admin

-- fn: import_prices
SELECT model, input_price FROM awgp.import_prices(
    '[{"provider": "openai", "model": "gpt-4", "input_price": "0.00003", "output_price": "0.00006"}]',
    source => 'price list of May');

-- As a member of awgp_app
BEGIN;
SELECT awgp.set_context(:'north', :'admin');

-- fn: create_credit_pool
SELECT id FROM awgp.create_credit_pool('openai', 100, reset_day_of_month => 1);

-- fn: set_credit_pool
SELECT monthly_budget FROM awgp.set_credit_pool('openai', monthly_budget => 200);

-- fn: top_up_credit_pool
SELECT monthly_budget FROM awgp.top_up_credit_pool('openai', 50, reason => 'a second campaign');
SELECT raise_amount FROM awgp.top_up_credit_pool('openai', 200, now() + interval '3 days');

-- fn: estimate_cost
SELECT awgp.estimate_cost('openai', 'gpt-4', input_tokens => 1200, output_tokens => 300);

-- fn: prices_in_force
SELECT provider, model, input_per_million FROM awgp.prices_in_force();

-- fn: accounting_zone
SELECT awgp.accounting_zone();

-- fn: accounting_today
SELECT awgp.accounting_today();

-- fn: accounting_day
SELECT awgp.accounting_day(now(), 'Europe/Berlin');

-- fn: record_cost
SELECT id AS entry
FROM awgp.record_cost(:'invoices', 'openai', 'gpt-4', 1200, 300, idempotency_key => 'call-1') \gset

-- fn: reverse_cost
SELECT cost_amount FROM awgp.reverse_cost(:'entry', 'recorded twice');

-- fn: reserve_credit
SELECT id AS reservation
FROM awgp.reserve_credit(:'invoices', 'openai', 0.25, expires_in => '10 minutes') \gset

-- fn: settle_credit
SELECT cost_amount, overrun FROM awgp.settle_credit(:'reservation', 'gpt-4', 1200, 300);

SELECT id AS reservation FROM awgp.reserve_credit(:'invoices', 'openai', 0.25) \gset

-- fn: release_credit
SELECT state FROM awgp.release_credit(:'reservation');

COMMIT;
-- As a member of awgp_maintainer

-- fn: reset_credit_pools
SELECT awgp.reset_credit_pools();

-- fn: expire_reservations
SELECT awgp.expire_reservations();

-- fn: verify_ledger
SELECT * FROM awgp.verify_ledger();

-- ## Conversations
-- As a member of awgp_app
BEGIN;
SELECT awgp.set_context(:'north', :'admin');

-- fn: log_conversation
SELECT id AS conversation FROM awgp.log_conversation(:'invoices', 'email',
    '[{"role": "user", "content": "Is invoice 17 paid?"}]', external_id => 'thread-5') \gset

-- fn: append_conversation
SELECT message_count
FROM awgp.append_conversation(:'conversation', '[{"role": "assistant", "content": "Yes, on Monday."}]');

-- fn: message_text
SELECT awgp.message_text('{"role": "user", "content": "Is invoice 17 paid?"}');

-- fn: read_message
SELECT awgp.read_message('{"role": "user", "content": "Is invoice 17 paid?"}');

-- fn: checked_messages
SELECT jsonb_array_length(awgp.checked_messages('[{"role": "user", "content": "Is invoice 17 paid?"}]'));

-- fn: search_conversations
SELECT id, started_at FROM awgp.search_conversations('"invoice 17" or refund');

-- fn: find_conversations
SELECT assistant_slug, channel FROM awgp.find_conversations('invoice');

-- fn: end_conversation
SELECT ended_at FROM awgp.end_conversation(:'conversation');

-- fn: hold_conversation
SELECT legal_hold FROM awgp.hold_conversation(:'conversation', true);

-- ## Hallucinations
-- fn: flag_hallucination
SELECT id AS flag
FROM awgp.flag_hallucination(:'invoices', 'fact_check', 0.9, 'Yes, on Monday.',
    conversation_log_id => :'conversation') \gset

-- fn: review_hallucination
SELECT status FROM awgp.review_hallucination(:'flag', 'confirmed', 'it is not paid');

-- ## Erasing
SELECT FROM awgp.hold_conversation(:'conversation', false);

-- fn: erase_conversation
SELECT erased_at FROM awgp.erase_conversation(:'conversation', 'request 2026-17');

-- fn: erase_user
SELECT place, what, found, erased, remains FROM awgp.erase_user(:'ada', 'request 2026-18', dry_run => true);

-- fn: erase_subject
SELECT place, what, found, erased, remains FROM awgp.erase_subject(NULL, 'customer 4711', 'request 2026-19');

COMMIT;
-- As a member of awgp_maintainer

-- fn: erase_due_conversations
SELECT awgp.erase_due_conversations();
