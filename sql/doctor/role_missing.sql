-- The roles that carry the privileges.
SELECT name, 'the role does not exist: its privileges are granted to nobody', format('CREATE ROLE %I NOLOGIN; SELECT awgp.install(force => true);', name)
FROM unnest(ARRAY['awgp_app', 'awgp_auditor', 'awgp_maintainer', 'awgp_admin', 'awgp_monitor', 'awgp_notifier']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
ORDER BY name
