-- Stops, for lists. A member of awgp_admin or awgp_auditor reads those of every tenant, also without a
-- context.
CREATE OR REPLACE VIEW awgp.stop_list WITH (security_invoker = true) AS
SELECT s.id, s.scope, s.tenant_id, s.assistant_id, s.reason, s.stopped_at, s.stopped_by, s.stopped_login,
       s.resume_by_other, s.resume_role, s.resumed_at, s.resumed_by, s.resumed_login, s.resume_reason,
       CASE WHEN s.resumed_at IS NULL THEN 'in_force' ELSE 'lifted' END AS state,
       t.slug AS tenant_slug,
       awgp.trail_name(s.tenant_id, 'assistant', s.assistant_id) AS assistant,
       awgp.trail_name(s.tenant_id, 'user', s.stopped_by) AS stopped_by_email,
       awgp.trail_name(s.tenant_id, 'user', s.resumed_by) AS resumed_by_email
FROM awgp.stops AS s
LEFT JOIN awgp.tenants AS t ON t.id = s.tenant_id;

COMMENT ON VIEW awgp.stop_list IS 'The stops that the caller may read, each with the names that belong to its ids.';
COMMENT ON COLUMN awgp.stop_list.id IS 'Id of the stop.';
COMMENT ON COLUMN awgp.stop_list.scope IS 'What is stopped: assistant, tenant, holding or installation.';
COMMENT ON COLUMN awgp.stop_list.tenant_id IS 'The tenant, the holding, or the tenant of the assistant; NULL for the installation.';
COMMENT ON COLUMN awgp.stop_list.assistant_id IS 'The assistant, if one is stopped.';
COMMENT ON COLUMN awgp.stop_list.reason IS 'Why it was stopped.';
COMMENT ON COLUMN awgp.stop_list.stopped_at IS 'When stop() was called.';
COMMENT ON COLUMN awgp.stop_list.stopped_by IS 'The user who stopped, of the tenant or of its holding; NULL if no user was in context.';
COMMENT ON COLUMN awgp.stop_list.stopped_login IS 'The login role that stopped.';
COMMENT ON COLUMN awgp.stop_list.resume_by_other IS 'True: somebody else than who stopped must resume. As the settings said when the stop was made.';
COMMENT ON COLUMN awgp.stop_list.resume_role IS 'The least role of a user who may resume, as the settings said then; NULL, for the installation: no user, only members of awgp_admin.';
COMMENT ON COLUMN awgp.stop_list.resumed_at IS 'When resume() was called; NULL while the stop is in force.';
COMMENT ON COLUMN awgp.stop_list.resumed_by IS 'The user who resumed; NULL if no user was in context.';
COMMENT ON COLUMN awgp.stop_list.resumed_login IS 'The login role that resumed.';
COMMENT ON COLUMN awgp.stop_list.resume_reason IS 'Why it was lifted.';
COMMENT ON COLUMN awgp.stop_list.state IS 'in_force or lifted.';
COMMENT ON COLUMN awgp.stop_list.tenant_slug IS 'The slug of the tenant; NULL for the installation.';
COMMENT ON COLUMN awgp.stop_list.assistant IS 'The slug of the assistant.';
COMMENT ON COLUMN awgp.stop_list.stopped_by_email IS 'The e-mail address of stopped_by; NULL for a user of the holding above.';
COMMENT ON COLUMN awgp.stop_list.resumed_by_email IS 'The e-mail address of resumed_by; NULL for a user of the holding above.';

REVOKE ALL ON awgp.stop_list FROM PUBLIC;
GRANT SELECT ON awgp.stop_list TO awgp_app, awgp_auditor, awgp_admin;
