-- Indexes that cost every write and serve no reader: a reference by id alone finds the same few rows as one by tenant and id,
-- and rows without a reference need no entry for it.

DROP INDEX awgp.idx_approvals_tenant_requested_by;
COMMENT ON INDEX awgp.idx_approvals_requested_by IS 'The approvals that a user asked for; serves its foreign key.';

DROP INDEX awgp.idx_cost_transactions_tenant_assistant;
COMMENT ON INDEX awgp.idx_cost_transactions_assistant IS 'An assistant''s newest costs; serves its foreign key.';

DROP INDEX awgp.idx_approvals_tenant_approved_by;
CREATE INDEX idx_approvals_tenant_approved_by ON awgp.approvals (tenant_id, approved_by) WHERE approved_by IS NOT NULL;
COMMENT ON INDEX awgp.idx_approvals_tenant_approved_by IS 'A tenant''s approvals by approver; serves its foreign key.';

DROP INDEX awgp.idx_work_items_created_by;
CREATE INDEX idx_work_items_created_by ON awgp.work_items (tenant_id, created_by) WHERE created_by IS NOT NULL;
COMMENT ON INDEX awgp.idx_work_items_created_by IS 'The work items that a user asked for; serves its foreign key.';

DROP INDEX awgp.idx_cost_transactions_work_item;
CREATE INDEX idx_cost_transactions_work_item ON awgp.cost_transactions (tenant_id, work_item_id) WHERE work_item_id IS NOT NULL;
COMMENT ON INDEX awgp.idx_cost_transactions_work_item IS 'The costs of a work item; serves its foreign key.';

DROP INDEX awgp.idx_credit_reservations_work_item;
CREATE INDEX idx_credit_reservations_work_item ON awgp.credit_reservations (tenant_id, work_item_id) WHERE work_item_id IS NOT NULL;
COMMENT ON INDEX awgp.idx_credit_reservations_work_item IS 'The reservations of a work item; serves its foreign key.';
