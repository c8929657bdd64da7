-- assistant_templates: what AWGP ships stays as it is shipped; versions, digests and when they last changed.
--
-- They fire in this order:
--   before a statement: refuse_truncate
--   before a row: bounds, guard_template, touch_updated_at
--   after a row: capture

CREATE OR REPLACE TRIGGER bounds BEFORE INSERT OR UPDATE ON awgp.assistant_templates
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_bounds('assistant_templates');
COMMENT ON TRIGGER bounds ON awgp.assistant_templates IS 'A value that is larger than docs/limits.md allows is refused.';

CREATE OR REPLACE TRIGGER guard_template BEFORE INSERT OR UPDATE OR DELETE ON awgp.assistant_templates
    FOR EACH ROW EXECUTE FUNCTION awgp.guard_template('assistant_templates');
COMMENT ON TRIGGER guard_template ON awgp.assistant_templates IS 'Templates shipped with AWGP are read-only. Version and digest follow the content.';

CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON awgp.assistant_templates
    FOR EACH ROW EXECUTE FUNCTION awgp.touch_updated_at('assistant_templates');
COMMENT ON TRIGGER touch_updated_at ON awgp.assistant_templates IS 'updated_at is the wall clock of the change.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.assistant_templates
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('assistant_templates');
COMMENT ON TRIGGER refuse_truncate ON awgp.assistant_templates IS 'TRUNCATE is refused: the trail could not record which rows are deleted.';
