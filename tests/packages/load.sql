-- Whom the clients of the load work for.
CREATE ROLE app_server LOGIN IN ROLE awgp_app;
CREATE ROLE keeper IN ROLE awgp_maintainer;
GRANT keeper TO app_server;
SELECT awgp.create_tenant('Load', 'load', 'holding');
BEGIN;
SELECT awgp.set_context(awgp.find_tenant('load'));
SELECT awgp.create_user('ada@load.example', 'admin');
SELECT awgp.create_assistant('Loader', 'loader', 'custom', risk_tier => 2);
UPDATE awgp.assistants SET status = 'active', capabilities = '{pay}', max_cost_per_day = 1000000;
SELECT awgp.create_credit_pool('openai', 1000000);
COMMIT;
