-- Who and what is there when the days of docs/days.md begin: the holding Nordlicht with North and South.
-- Made as applications and administrators make it.
\set ON_ERROR_STOP on
\set QUIET on
\o /dev/null
SET ROLE awgp_admin;
SELECT awgp.create_tenant('Nordlicht', 'nordlicht', 'holding');
SELECT awgp.create_tenant('North', 'north', 'subsidiary', awgp.find_tenant('nordlicht'));
SELECT awgp.create_tenant('South', 'south', 'subsidiary', awgp.find_tenant('nordlicht'));

SET ROLE awgp_app;
BEGIN;
SELECT awgp.set_context('north', NULL);
SELECT awgp.create_user('ada@north.example', 'admin'), awgp.create_user('bob@north.example', 'manager'),
       awgp.create_user('carl@north.example', 'operator');
COMMIT;
BEGIN;
SELECT awgp.set_context('south', NULL);
SELECT awgp.create_user('sue@south.example', 'admin');
COMMIT;

BEGIN;
SELECT awgp.set_context('north', 'ada@north.example');
SELECT awgp.create_assistant('Scribe', 'scribe', 'custom', risk_tier => 1, capabilities => '{answer_letter,pay_invoice}');
SELECT awgp.set_assistant_status(id, 'active') FROM awgp.assistants;
SELECT awgp.create_credit_pool('openai', 12);
COMMIT;

BEGIN;
SELECT awgp.set_context('north', 'carl@north.example');
SELECT id AS scribe FROM awgp.assistants WHERE slug = 'scribe' \gset
SELECT id AS invoice FROM awgp.create_work_item(:'scribe', 'Pay invoice 7', risk_level => 3, estimated_cost => 4800,
    context => '{"action": "pay_invoice"}') \gset
SELECT id AS claim FROM awgp.create_work_item(:'scribe', 'Write off claim 12', risk_level => 2) \gset
SELECT awgp.create_work_item(:'scribe', 'Answer letter 8', risk_level => 1);
SELECT awgp.request_approval(:'invoice', description => 'It is due on Friday.'), awgp.request_approval(:'claim');
SELECT awgp.record_cost(:'scribe', 'openai', 'gpt-4', cost_amount => 8);
SELECT awgp.flag_hallucination(:'scribe', 'fact_check', flagged_content => 'Invoice 7 was paid in 2019.');
COMMIT;
