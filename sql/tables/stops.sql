-- Stops: where nothing begins, since when, why, and until when.

CREATE TABLE awgp.stops (
    id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    scope text NOT NULL,
    tenant_id uuid,
    assistant_id uuid,
    reason text NOT NULL,
    stopped_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    stopped_by uuid,
    stopped_issuer text,
    stopped_subject text,
    stopped_login text NOT NULL,
    resume_by_other boolean NOT NULL,
    resume_role text,
    resumed_at timestamptz,
    resumed_by uuid,
    resumed_login text,
    resume_reason text,
    CONSTRAINT stops_pkey PRIMARY KEY (id),
    CONSTRAINT stops_tenant_id_id_key UNIQUE (tenant_id, id),
    CONSTRAINT stops_scope_check CHECK (scope IN ('assistant', 'tenant', 'holding', 'installation')),
    CONSTRAINT stops_about_check CHECK (
        (tenant_id IS NULL) = (scope = 'installation') AND (assistant_id IS NOT NULL) = (scope = 'assistant')),
    CONSTRAINT stops_reason_check CHECK (reason <> '' AND resume_reason <> ''),
    CONSTRAINT stops_resume_role_check CHECK (resume_role IN ('manager', 'admin', 'super_admin')),
    CONSTRAINT stops_resumed_check CHECK (
        (resumed_at IS NULL) = (resumed_login IS NULL) AND (resumed_at IS NULL) = (resume_reason IS NULL)
        AND (resumed_by IS NULL OR resumed_at IS NOT NULL)),
    CONSTRAINT stops_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES awgp.tenants (id) ON DELETE RESTRICT,
    CONSTRAINT stops_assistant_id_fkey FOREIGN KEY (tenant_id, assistant_id)
        REFERENCES awgp.assistants (tenant_id, id) ON DELETE RESTRICT
);
-- Asked by everything that begins.
CREATE INDEX idx_stops_in_force ON awgp.stops (scope, tenant_id, assistant_id) WHERE resumed_at IS NULL;
-- Whoever deletes an assistant asks for its stops.
CREATE INDEX idx_stops_assistant ON awgp.stops (tenant_id, assistant_id);

COMMENT ON TABLE awgp.stops IS 'Stops: an assistant, a tenant, a holding with its subsidiaries or the installation where nothing begins, until somebody resumes. Written by stop() and resume() alone.';
COMMENT ON COLUMN awgp.stops.id IS 'Id of the stop.';
COMMENT ON COLUMN awgp.stops.scope IS 'What is stopped: assistant, tenant, holding or installation.';
COMMENT ON COLUMN awgp.stops.tenant_id IS 'The tenant, the holding, or the tenant of the assistant; NULL for the installation.';
COMMENT ON COLUMN awgp.stops.assistant_id IS 'The assistant, if one is stopped.';
COMMENT ON COLUMN awgp.stops.reason IS 'Why it was stopped.';
COMMENT ON COLUMN awgp.stops.stopped_at IS 'When stop() was called.';
COMMENT ON COLUMN awgp.stops.stopped_by IS 'The user who stopped, of the tenant or of its holding; NULL if no user was in context.';
COMMENT ON COLUMN awgp.stops.stopped_issuer IS 'Issuer of the token that they presented, by which they are known as one human when somebody resumes; NULL in trusted mode or if no user was in context.';
COMMENT ON COLUMN awgp.stops.stopped_subject IS 'Subject of that token; NULL in trusted mode or if no user was in context.';
COMMENT ON COLUMN awgp.stops.stopped_login IS 'The login role that stopped.';
COMMENT ON COLUMN awgp.stops.resume_by_other IS 'True: somebody else than who stopped must resume. As the settings said when the stop was made.';
COMMENT ON COLUMN awgp.stops.resume_role IS 'The least role of a user who may resume, as the settings said then; NULL, for the installation: no user, only members of awgp_admin.';
COMMENT ON COLUMN awgp.stops.resumed_at IS 'When resume() was called; NULL while the stop is in force.';
COMMENT ON COLUMN awgp.stops.resumed_by IS 'The user who resumed; NULL if no user was in context.';
COMMENT ON COLUMN awgp.stops.resumed_login IS 'The login role that resumed.';
COMMENT ON COLUMN awgp.stops.resume_reason IS 'Why it was lifted.';
COMMENT ON CONSTRAINT stops_pkey ON awgp.stops IS 'The id identifies the stop.';
COMMENT ON CONSTRAINT stops_tenant_id_id_key ON awgp.stops IS 'The id together with the tenant, for whatever refers to a stop of its own tenant; finds the stops of a tenant.';
COMMENT ON CONSTRAINT stops_scope_check ON awgp.stops IS 'The scope is one of assistant, tenant, holding, installation.';
COMMENT ON CONSTRAINT stops_about_check ON awgp.stops IS 'The installation has no tenant, and only the stop of an assistant names one.';
COMMENT ON CONSTRAINT stops_reason_check ON awgp.stops IS 'A stop and its end have a reason.';
COMMENT ON CONSTRAINT stops_resume_role_check ON awgp.stops IS 'The role is one of manager, admin, super_admin.';
COMMENT ON CONSTRAINT stops_resumed_check ON awgp.stops IS 'When, by whom and why it was lifted are known together.';
COMMENT ON CONSTRAINT stops_tenant_id_fkey ON awgp.stops IS 'The tenant exists, and cannot be deleted while it has stops.';
COMMENT ON CONSTRAINT stops_assistant_id_fkey ON awgp.stops IS 'The assistant is one of the tenant, and cannot be deleted while it has stops.';
COMMENT ON INDEX awgp.idx_stops_in_force IS 'The stops in force. Without it nothing begins.';
COMMENT ON INDEX awgp.idx_stops_assistant IS 'The stops of an assistant; serves its foreign key.';
