//! Statements that would take the guards away, or borrow other rights.

use super::stage::{Attack, Fail, NOTHING, Refuse, Stage, TellNothing};

pub const GUARDS: &[Attack] = &[
    ("row_security off", "SET LOCAL row_security = off; SELECT title FROM awgp.work_items", Fail("42501")),
    ("row_security off, as a dump reads", "SET LOCAL row_security = off; COPY awgp.work_items TO STDOUT", Fail("42501")),
    ("session_replication_role", "SET session_replication_role = replica", Fail("42501")),
    ("the context mode", "SET awgp.context_mode = 'trusted'", Fail("42501")),
    ("the context mode of the role", "ALTER ROLE awgp_test_app SET awgp.context_mode = 'trusted'", Fail("42501")),
    ("the context mode of the database", "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET awgp.context_mode = trusted', current_database()); END $$", Fail("42501")),
    ("no row-level security", "ALTER TABLE awgp.work_items DISABLE ROW LEVEL SECURITY", Fail("42501")),
    ("not forced", "ALTER TABLE awgp.work_items NO FORCE ROW LEVEL SECURITY", Fail("42501")),
    ("no triggers", "ALTER TABLE awgp.work_items DISABLE TRIGGER ALL", Fail("42501")),
    ("another owner", "ALTER TABLE awgp.work_items OWNER TO awgp_test_app", Fail("42501")),
    ("a policy", "CREATE POLICY hole ON awgp.work_items USING (true)", Fail("42501")),
    ("a policy less", "DROP POLICY tenant_isolation_work_items ON awgp.work_items", Fail("42501")),
    ("a rule", "CREATE RULE hole AS ON INSERT TO awgp.work_items DO ALSO SELECT 1", Fail("42501")),
    ("a trigger", "CREATE TRIGGER hole BEFORE INSERT ON awgp.work_items FOR EACH ROW EXECUTE FUNCTION attacker.any_row()", Fail("42501")),
    ("an index that runs a function", "CREATE INDEX hole ON awgp.work_items (attacker.peek(title))", Fail("42501")),
    ("statistics", "CREATE STATISTICS attacker.hole ON title, status FROM awgp.work_items", Fail("42501")),
    ("an event trigger", "CREATE FUNCTION attacker.e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
      CREATE EVENT TRIGGER hole ON ddl_command_start EXECUTE FUNCTION attacker.e()", Fail("42501")),
    ("a child table", "CREATE TABLE attacker.child () INHERITS (awgp.work_items)", Fail("42501")),
    ("a partition of the trail", "CREATE TABLE attacker.p PARTITION OF awgp.audit_logs FOR VALUES FROM ('1990-01-01') TO ('1990-02-01')", Fail("42501")),
    ("a foreign key that asks", "CREATE TABLE attacker.f (id uuid REFERENCES awgp.users (id))", Fail("42501")),
    ("a grant", "GRANT SELECT ON awgp.audit_logs_default TO awgp_test_app", Fail("42501")),
    ("a grant of what one has", "GRANT SELECT ON awgp.work_items TO awgp_test_nobody", TellNothing),
    ("a comment", "COMMENT ON TABLE awgp.work_items IS 'x'", Fail("42501")),
    ("a table in our schema", "CREATE TABLE awgp.hole (x integer)", Fail("42501")),
    ("a function in our schema", "CREATE FUNCTION awgp.current_tenant(integer) RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'", Fail("42501")),
    ("one of our functions", "CREATE OR REPLACE FUNCTION awgp.create_user(email text, role text, first_name text, last_name text, keycloak_id text)
      RETURNS awgp.users LANGUAGE sql AS 'SELECT NULL::awgp.users'", Fail("42501")),
    ("the schema", "DROP SCHEMA awgp CASCADE", Fail("42501")),
    ("the extension", "DROP EXTENSION awgp CASCADE", Fail("42501")),
    ("a publication", "CREATE PUBLICATION hole FOR TABLE awgp.work_items", Fail("42501")),
];

pub const RIGHTS: &[Attack] = &[
    ("SET ROLE to administrators", "SET ROLE awgp_admin", Fail("42501")),
    ("SET ROLE to auditors", "SET ROLE awgp_auditor", Fail("42501")),
    (
        "SET SESSION AUTHORIZATION",
        "DO $$ BEGIN EXECUTE format('SET SESSION AUTHORIZATION %I', (SELECT rolname FROM pg_roles WHERE oid = 10)); END $$",
        Fail("42501"),
    ),
    ("membership", "GRANT awgp_admin TO awgp_test_app", Fail("42501")),
    ("a role past row-level security", "ALTER ROLE awgp_test_app BYPASSRLS", Fail("42501")),
    (
        "everything the owner has",
        "DO $$ BEGIN EXECUTE format('REASSIGN OWNED BY %I TO awgp_test_app', (SELECT rolname FROM pg_roles WHERE oid = 10)); END $$",
        Fail("42501"),
    ),
    ("install()", "SELECT awgp.install()", Fail("42501")),
    ("migrate()", "SELECT awgp.migrate()", Fail("42501")),
    ("the doctor's view of the installation", "SELECT code FROM awgp.doctor()", Fail("42501")),
    (
        "our trigger on an own table",
        "CREATE TABLE attacker.t (tenant_id uuid);
      CREATE TRIGGER t BEFORE INSERT ON attacker.t FOR EACH ROW EXECUTE FUNCTION awgp.guard_row('t', 'own')",
        Fail("42501"),
    ),
    ("a trigger function called by hand", "SELECT awgp.guard_row()", Fail("42501")),
    ("a sequence's value", "SELECT last_value FROM awgp.audit_logs_id_seq", Fail("42501")),
    ("a sequence's next value", "SELECT nextval('awgp.audit_logs_id_seq')", Fail("42501")),
    ("a sequence set back", "SELECT setval('awgp.audit_logs_id_seq', 1)", Fail("42501")),
    ("a sequence of the session", "SELECT currval('awgp.audit_logs_id_seq')", Fail("42501")),
    ("large objects", "SELECT data FROM pg_largeobject", Fail("42501")),
    ("a file as a large object", "SELECT lo_import('/etc/passwd')", Fail("42501")),
    ("a large object as a file", "SELECT lo_export(lo_from_bytea(0, 'x'), '/var/x')", Fail("42501")),
    ("a file", "SELECT pg_read_file('PG_VERSION')", Fail("42501")),
    ("COPY to a program", "COPY awgp.work_items TO PROGRAM 'cat'", Fail("42501")),
    ("COPY to a file", "COPY awgp.work_items TO '/dev/null'", Fail("42501")),
    ("logical decoding", "SELECT pg_create_logical_replication_slot('hole', 'pgoutput')", Fail("42501")),
    ("a lock that stops the trail", "LOCK TABLE awgp.audit_logs IN ROW EXCLUSIVE MODE", Fail("42501")),
    ("templates", "UPDATE awgp.assistant_templates SET name = 'x'", Fail("42501")),
    ("seals", "SELECT cumulative_hash FROM awgp.audit_log_integrity", Fail("42501")),
    ("what has been installed", "SELECT id FROM awgp.installation", Fail("42501")),
    ("prepared statements of others", "SELECT statement FROM pg_prepared_statements", NOTHING),
    (
        "a context for an unknown tenant",
        "SELECT awgp.set_context(gen_random_uuid())",
        Refuse("42501", "unknown_tenant"),
    ),
    ("a context for no tenant", "SELECT awgp.set_context(NULL)", Refuse("42501", "unknown_tenant")),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_guards_stay_in_place() {
    Stage::set().await.try_all(GUARDS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_rights_are_borrowed() {
    Stage::set().await.try_all(RIGHTS).await;
}
