-- assistant_templates: when they last changed.

CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON awgp.assistant_templates
    FOR EACH ROW EXECUTE FUNCTION awgp.touch_updated_at('assistant_templates');
COMMENT ON TRIGGER touch_updated_at ON awgp.assistant_templates IS 'updated_at is the wall clock of the change.';
