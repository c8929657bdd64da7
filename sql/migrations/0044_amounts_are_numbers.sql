-- Amounts are numbers: NaN is greater than any, so a lower bound alone lets it in, and a sum with it is none.
-- A row that does not keep this fails the migration, which says so; nothing is changed silently.

ALTER TABLE awgp.tenants
    DROP CONSTRAINT tenants_quota_check,
    ADD CONSTRAINT tenants_quota_check CHECK (
        quota_max_assistants >= 0 AND quota_max_users >= 0
        AND quota_monthly_cost_limit >= 0 AND quota_monthly_cost_limit < 'NaN');
COMMENT ON CONSTRAINT tenants_quota_check ON awgp.tenants IS 'Quotas are numbers, and not negative.';

ALTER TABLE awgp.assistants
    DROP CONSTRAINT assistants_max_cost_per_day_check,
    ADD CONSTRAINT assistants_max_cost_per_day_check CHECK (max_cost_per_day >= 0 AND max_cost_per_day < 'NaN');
COMMENT ON CONSTRAINT assistants_max_cost_per_day_check ON awgp.assistants IS 'A limit is a number, and not negative.';

ALTER TABLE awgp.assistant_templates
    DROP CONSTRAINT assistant_templates_max_cost_per_day_check,
    ADD CONSTRAINT assistant_templates_max_cost_per_day_check CHECK (max_cost_per_day >= 0 AND max_cost_per_day < 'NaN');
COMMENT ON CONSTRAINT assistant_templates_max_cost_per_day_check ON awgp.assistant_templates IS 'A limit is a number, and not negative.';

ALTER TABLE awgp.work_items
    DROP CONSTRAINT work_items_cost_check,
    ADD CONSTRAINT work_items_cost_check CHECK (
        estimated_cost >= 0 AND estimated_cost < 'NaN' AND actual_cost >= 0 AND actual_cost < 'NaN');
COMMENT ON CONSTRAINT work_items_cost_check ON awgp.work_items IS 'Costs are numbers, and not negative.';

ALTER TABLE awgp.conversation_logs
    DROP CONSTRAINT IF EXISTS conversation_logs_cost_amount_check,
    ADD CONSTRAINT conversation_logs_cost_amount_check CHECK (cost_amount >= 0 AND cost_amount < 'NaN');
COMMENT ON CONSTRAINT conversation_logs_cost_amount_check ON awgp.conversation_logs IS 'A cost is a number, and not negative.';

ALTER TABLE awgp.budget_alerts
    DROP CONSTRAINT IF EXISTS budget_alerts_amounts_check,
    ADD CONSTRAINT budget_alerts_amounts_check CHECK (
        spent >= 0 AND spent < 'NaN' AND limit_amount >= 0 AND limit_amount < 'NaN');
COMMENT ON CONSTRAINT budget_alerts_amounts_check ON awgp.budget_alerts IS 'Amounts are numbers, and not negative.';
