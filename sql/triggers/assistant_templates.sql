-- assistant_templates: when they last changed.

CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON awgp.assistant_templates
    FOR EACH ROW EXECUTE FUNCTION awgp.touch_updated_at('assistant_templates');
COMMENT ON TRIGGER touch_updated_at ON awgp.assistant_templates IS 'updated_at is the wall clock of the change.';

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.assistant_templates
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('assistant_templates');
COMMENT ON TRIGGER capture ON awgp.assistant_templates IS 'Every change is recorded in the audit trail.';

CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON awgp.assistant_templates
    FOR EACH STATEMENT EXECUTE FUNCTION awgp.refuse_truncate('assistant_templates');
COMMENT ON TRIGGER refuse_truncate ON awgp.assistant_templates IS 'The trail could not say which rows went.';
