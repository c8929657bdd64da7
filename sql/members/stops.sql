-- Stops.

COMMENT ON FUNCTION awgp.stop(text, text, uuid) IS 'Stops an assistant, a tenant, a holding with all tenants below it, or the installation: from the commit on nothing begins there, also in transactions that have begun before and not committed. Returns {stop_id, scope, tenant_id, assistant_id, reason, stopped_at, resumed_at, made, running}. running is what began before and has not ended: for actions, reservations and work_items each the count and the 100 oldest. made is false if exactly this was stopped already; then nothing changes. Commit it at once: until then whatever would begin there fails with stop_under_way. docs/stop.md explains it.
scope: assistant, tenant, holding or installation
reason: why, a text that is not blank
id: the assistant, or the tenant; NULL: the tenant in context, or the installation
User role: manager for an assistant, super_admin for a tenant or a holding; without a user in context the application too, and members of awgp_admin for each of them and for the installation
Errors: 42501 no_tenant_context, role_not_sufficient, unknown_assistant, unknown_tenant; 22023 out_of_range, reason_required';
GRANT EXECUTE ON FUNCTION awgp.stop(text, text, uuid) TO awgp_app, awgp_admin;

COMMENT ON FUNCTION awgp.resume(uuid, text) IS 'Lifts a stop, and returns what stop_details() returns. From the commit on something may begin again, unless another stop covers it too. Somebody else than who stopped must do it, unless settings.stop_policy.resume_by_other was false when the stop was made, or for the installation the parameter awgp.stop_resume_by_other off.
stop_id: the stop
reason: why, a text that is not blank
User role: for an assistant that of settings.stop_policy.resume_role, manager by default; super_admin for a tenant or a holding; members of awgp_admin without a user in context for each of them and for the installation
Errors: P0002 unknown_stop; 42501 own_stop, no_tenant_context, role_not_sufficient; 55000 stop_ended; 22023 reason_required, out_of_range';
GRANT EXECUTE ON FUNCTION awgp.resume(uuid, text) TO awgp_app, awgp_admin;

COMMENT ON FUNCTION awgp.stop_details(uuid) IS 'A stop and what runs in its scope now, as stop() returns them, without made. Auditors read those of all tenants. Every time is RFC 3339 in UTC with six decimals.
stop_id: the stop
Errors: P0002 unknown_stop; 22023 out_of_range';
GRANT EXECUTE ON FUNCTION awgp.stop_details(uuid) TO awgp_app, awgp_auditor, awgp_admin;

COMMENT ON FUNCTION awgp.stops_in_force(uuid) IS 'The stops in force that cover the tenant in context, also those of its holding and of the installation, the widest first.
assistant_id: an assistant of the tenant in context or, if that is a holding, of one of its direct active subsidiaries: the stops that cover it, its own included. NULL: those that cover the tenant';
GRANT EXECUTE ON FUNCTION awgp.stops_in_force(uuid) TO awgp_app;

COMMENT ON FUNCTION awgp.verify_stop(uuid) IS 'What the trail that the caller may read proves of a stop: {stop_id, scope, tenant_id, assistant_id, reason, began_at, ended_at, is_ended, state, holds, beginnings, tenants, not_shown, findings, chain_findings}. holds is true, and state holds, if in each lane nothing began after the head that the stop names, up to the head that its end names, every row between them is there, and the chains of these tenants verify. state is contradicted if something began or the events do not fit the rows, otherwise open. tenants: in whose trails the stop is; not_shown: tenants that it covers and whose trail the caller does not read. docs/stop.md says what this proves and what not.
stop_id: the stop
Errors: P0002 unknown_stop; 22023 out_of_range';
GRANT EXECUTE ON FUNCTION awgp.verify_stop(uuid) TO awgp_app, awgp_auditor;
