-- assistant_templates: the record of changes. After the shipped templates, so that the trail of a
-- new database does not begin with them; their later versions are recorded.

CREATE OR REPLACE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON awgp.assistant_templates
    FOR EACH ROW EXECUTE FUNCTION awgp.capture('assistant_templates');
COMMENT ON TRIGGER capture ON awgp.assistant_templates IS 'Every change is recorded in the audit trail.';
