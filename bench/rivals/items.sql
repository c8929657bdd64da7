-- One table of work for each way to audit it: the columns and indexes of awgp.work_items, nothing else.
-- Items 1 to :items belong to a hundred tenants, the next :items to one.

CREATE EXTENSION IF NOT EXISTS awgp;
CREATE SCHEMA bench;
SELECT format('CREATE TABLE bench.%I (LIKE awgp.work_items INCLUDING DEFAULTS INCLUDING INDEXES)', name)
FROM unnest(ARRAY['awgp', 'none', 'by_hand', 'trigger', 'chain']) AS name \gexec

INSERT INTO bench.none (id, tenant_id, assistant_id, title, description, risk_level, context, created_at)
SELECT md5('item' || n)::uuid, md5('tenant' || CASE WHEN n <= :items THEN 1 + n % 100 ELSE 0 END)::uuid,
       md5('assistant' || n % 1000)::uuid, 'Reconcile invoices of month ' || n, 'Compare the ledger with the bank statement.',
       n % 6, jsonb_build_object('source', 'erp', 'batch', n), timestamptz '2026-01-01 00:00:00+00' + n * interval '10 seconds'
FROM generate_series(1, 2 * :items) AS n;
INSERT INTO bench.awgp SELECT * FROM bench.none;
INSERT INTO bench.by_hand SELECT * FROM bench.none;
INSERT INTO bench.trigger SELECT * FROM bench.none;
INSERT INTO bench.chain SELECT * FROM bench.none;

CREATE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON bench.awgp
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('items');
