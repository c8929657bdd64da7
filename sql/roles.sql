-- The roles that carry AWGP's privileges. None can log in: login roles are made members of them.
-- Roles belong to the cluster, so they may be there already, or be made by another database at this moment.

DO $$
BEGIN
    CREATE ROLE awgp_app NOLOGIN;
    COMMENT ON ROLE awgp_app IS 'AWGP: applications. Reads and writes the rows of the tenant in context.';
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END;
$$;

DO $$
BEGIN
    CREATE ROLE awgp_auditor NOLOGIN;
    COMMENT ON ROLE awgp_auditor IS 'AWGP: auditors. Reads the audit trail of every tenant and writes nothing.';
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END;
$$;

DO $$
BEGIN
    CREATE ROLE awgp_maintainer NOLOGIN;
    COMMENT ON ROLE awgp_maintainer IS 'AWGP: maintenance. Makes and seals partitions, runs what is due, asks the doctor.';
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END;
$$;

DO $$
BEGIN
    CREATE ROLE awgp_admin NOLOGIN;
    COMMENT ON ROLE awgp_admin IS 'AWGP: administration. Makes tenants, their first users and templates.';
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END;
$$;

DO $$
BEGIN
    CREATE ROLE awgp_monitor NOLOGIN;
    COMMENT ON ROLE awgp_monitor IS 'AWGP: monitoring. Reads numbers of every tenant through metrics(), and no row.';
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END;
$$;

DO $$
BEGIN
    CREATE ROLE awgp_notifier NOLOGIN;
    COMMENT ON ROLE awgp_notifier IS 'AWGP: awgp notify. Claims notices and says what became of them; reads no table.';
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END;
$$;
