-- What the programs of docs/clients find: the tenant North of a holding, with two users, an assistant that
-- may pay invoices, and money for it; and another tenant, whose rows nobody of North sees. As a superuser, in
-- a database with the extension that has none of these tenants:
--
--     psql -v ON_ERROR_STOP=1 -f scene.sql
--
-- A superuser's role is not checked, so no user is in context here. An application always has one.

BEGIN;
SELECT awgp.create_tenant('Nordlicht', 'nordlicht', 'holding');
SELECT awgp.create_tenant('North', 'north', 'subsidiary', awgp.find_tenant('nordlicht'));
SELECT awgp.create_tenant('Other', 'other', 'holding');

SELECT awgp.set_context(awgp.find_tenant('north'));
SELECT awgp.create_user('ada@north.example', 'admin', 'Ada');
SELECT awgp.create_user('bob@north.example', 'manager', 'Bob');
SELECT id AS invoices
FROM awgp.create_assistant('Invoices', 'invoices', 'company_finance', risk_tier => 2,
    capabilities => ARRAY['pay_invoice'], max_cost_per_day => 25) \gset
SELECT awgp.set_assistant_status(:'invoices', 'active');
SELECT awgp.create_credit_pool('openai', 100);

SELECT awgp.set_context(awgp.find_tenant('other'));
SELECT id AS scribe FROM awgp.create_assistant('Scribe', 'scribe', 'custom') \gset
SELECT awgp.create_work_item(:'scribe', 'A letter of another tenant');
COMMIT;
