-- Numbers are passed as bigint and awgp.number (sql/number.sql). A function of other arguments is another function: the ones
-- before would stand beside the ones that the scripts make, and calls would be ambiguous.
DROP FUNCTION IF EXISTS awgp.create_assistant(text, text, text, integer, text[], jsonb, jsonb, numeric);
DROP FUNCTION IF EXISTS awgp.create_credit_pool(text, numeric, integer);
DROP FUNCTION IF EXISTS awgp.create_identity_provider(text, text, text[], text, text[], text, text, text[], integer, integer, uuid);
DROP FUNCTION IF EXISTS awgp.create_policy(text, text[], text[], text[], jsonb, integer, text, boolean);
DROP FUNCTION IF EXISTS awgp.create_work_item(uuid, text, text, integer, integer, numeric, jsonb, timestamptz);
DROP FUNCTION IF EXISTS awgp.complete_work_item(uuid, jsonb, numeric);
DROP FUNCTION IF EXISTS awgp.delegate_approvals(uuid, timestamptz, timestamptz, integer[], text);
DROP FUNCTION IF EXISTS awgp.flag_hallucination(uuid, text, numeric, text, uuid, uuid);
DROP FUNCTION IF EXISTS awgp.log_conversation(uuid, text, jsonb, uuid, text, numeric, integer);
DROP FUNCTION IF EXISTS awgp.record_cost(uuid, text, text, integer, integer, numeric, uuid, jsonb, text);
DROP FUNCTION IF EXISTS awgp.reserve_credit(uuid, text, numeric, uuid, interval, text);
DROP FUNCTION IF EXISTS awgp.settle_credit(uuid, text, integer, integer, numeric, jsonb);
DROP FUNCTION IF EXISTS awgp.request_approval(uuid, text, text, integer, uuid[], interval, jsonb);
DROP FUNCTION IF EXISTS awgp.search_conversations(text, uuid, integer);
DROP FUNCTION IF EXISTS awgp.set_credit_pool(text, numeric, integer);
