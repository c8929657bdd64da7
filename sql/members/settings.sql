-- The settings of a tenant, key by key.

COMMENT ON FUNCTION awgp.setting_keys() IS 'Every key of a tenant''s settings: its path, what it takes, its default, what it means, and who changes it: super_admin (and administrators), or awgp_admin.';
GRANT EXECUTE ON FUNCTION awgp.setting_keys() TO awgp_app, awgp_admin, awgp_auditor;

COMMENT ON FUNCTION awgp.change_settings(jsonb, text, boolean) IS 'Changes keys of the settings of the tenant in context. A super_admin of the tenant changes its approval_policy (but not break_glass), messaging and time_zone; a member of awgp_admin changes everything. Nobody loosens the approval policy for an approval that is open. A change by a super_admin needs as many of them as approval_policy.policy_change_quorum says, and as many as decide the approvals that it loosens. If it needs more than one, it waits for seven days until the others confirm it. Returns {applied, change_id, people_needed, changes: [{key, before, after}], falls_away, approvals: [{risk_level, before, after}], loosens, open_approvals}: approvals are the risk levels that are decided otherwise afterwards, each with the votes, the least role and how many active users have it.
changes: a JSON object from key to value, such as {"approval_policy.quorum.4": 2}; null removes a key, and its default is in force
reason: why; kept in the audit trail
dry_run: true: says what the change would do, and changes nothing
User role: super_admin
Errors: 42501 no_tenant_context, human_needed, role_not_sufficient, setting_reserved; 22023 invalid_setting; 55000 approvals_open, settings_change_open';
GRANT EXECUTE ON FUNCTION awgp.change_settings(jsonb, text, boolean) TO awgp_app, awgp_admin;

COMMENT ON FUNCTION awgp.confirm_settings_change(uuid) IS 'The user in context agrees to the change of settings that waits. With the last one who is needed it is made, on the settings as they are then. Returns what change_settings() returns, and people_agreed. A member of awgp_admin needs nobody else.
change_id: the change, as tenants.proposed_settings has it
User role: super_admin
Errors: 42501 no_tenant_context, human_needed, role_not_sufficient, own_settings_change; P0002 unknown_settings_change; 22023 invalid_setting; 55000 approvals_open';
GRANT EXECUTE ON FUNCTION awgp.confirm_settings_change(uuid) TO awgp_app, awgp_admin;

COMMENT ON FUNCTION awgp.withdraw_settings_change(uuid, text) IS 'Withdraws the change of settings that waits, whoever proposed it. Returns {change_id, withdrawn}.
change_id: the change, as tenants.proposed_settings has it
reason: why; kept in the audit trail
User role: super_admin
Errors: 42501 no_tenant_context, human_needed, role_not_sufficient; P0002 unknown_settings_change';
GRANT EXECUTE ON FUNCTION awgp.withdraw_settings_change(uuid, text) TO awgp_app, awgp_admin;
