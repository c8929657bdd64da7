-- What AWGP's roles are granted by the scripts and do not have: DROP OWNED BY takes it all. $3: the
-- grants; $4: the roles of policies.
WITH granted (kind, object, privilege, columns, role) AS (
    SELECT kind, object, privilege, columns, rolname
    FROM jsonb_to_recordset($3::text::jsonb) AS declared (kind text, object text, privilege text, columns text, role text)
    JOIN pg_roles ON rolname = declared.role
), gone (object, role, hint) AS (
    SELECT object, role,
           format('GRANT %s%s ON %s%s TO %I;', privilege, ' (' || columns || ')',
                  CASE kind WHEN 'TABLE' THEN '' ELSE kind || ' ' END, object, role)
    FROM granted
    WHERE NOT CASE kind
        WHEN 'SCHEMA' THEN has_schema_privilege(role, object, privilege)
        WHEN 'FUNCTION' THEN COALESCE(has_function_privilege(role, to_regprocedure(object), privilege), true)
        ELSE COALESCE(has_table_privilege(role, to_regclass(object), privilege), true)
             OR columns IS NOT NULL AND (
                 SELECT bool_and(has_column_privilege(role, to_regclass(object), attname, privilege))
                 FROM string_to_table(columns, ', ') AS named (attname)) END
), left_out (object, role, hint) AS (
    SELECT format('the policy %s', polname), rolname, 'SELECT awgp.install(force => true);'
    FROM jsonb_to_recordset($4::text::jsonb) AS declared ("table" text, policy text, role text)
    JOIN pg_roles ON rolname = declared.role
    JOIN pg_policy ON polrelid = to_regclass(format('awgp.%I', declared."table")) AND polname = declared.policy
    WHERE pg_roles.oid <> ALL (polroles)
)
SELECT format('role %I', role),
       format('it lacks %s of the privileges and policies that AWGP gives it, the first on %s', count(*), min(object)),
       string_agg(DISTINCT hint, ' ')
FROM (SELECT * FROM gone UNION ALL SELECT * FROM left_out) AS lacking
GROUP BY role
ORDER BY 1
