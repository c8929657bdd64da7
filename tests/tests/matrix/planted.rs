//! A table that is added with something missing makes the matrix fail, in cells that
//! name it; one that has everything does not.

use super::{Scene, cells_of};
use awgp_tests::everything::everywhere;
use awgp_tests::rows::tables;
use awgp_tests::{Database, Login};
use tokio_postgres::Client;

/// A table of tenants as the schema's own are, with a row of each tenant.
const SOUND: &str = "
    CREATE TABLE awgp.planted (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        tenant_id uuid NOT NULL DEFAULT awgp.current_tenant() REFERENCES awgp.tenants (id) ON DELETE RESTRICT,
        note text,
        UNIQUE (tenant_id, id));
    INSERT INTO awgp.planted (tenant_id, note) SELECT id, 'planted' FROM awgp.tenants;
    ALTER TABLE awgp.planted ENABLE ROW LEVEL SECURITY;
    ALTER TABLE awgp.planted FORCE ROW LEVEL SECURITY;
    CREATE POLICY reads ON awgp.planted FOR SELECT USING (awgp.own_or_visible(
        tenant_id = (SELECT awgp.own_tenant()), tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])));
    CREATE POLICY inserts ON awgp.planted FOR INSERT WITH CHECK (tenant_id = awgp.current_tenant());
    CREATE POLICY updates ON awgp.planted FOR UPDATE USING (tenant_id = (SELECT awgp.current_tenant()));
    CREATE POLICY deletes ON awgp.planted FOR DELETE USING (tenant_id = (SELECT awgp.current_tenant()));
    CREATE TRIGGER guard_statement BEFORE INSERT OR UPDATE OR DELETE ON awgp.planted
        FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_statement('planted');
    CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE ON awgp.planted
        FOR EACH ROW EXECUTE FUNCTION awgp.guard_row('planted', 'own');
    GRANT SELECT, INSERT, UPDATE, DELETE ON awgp.planted TO awgp_app";

/// What is wrong with the table; the statement that makes it so; a cell that must fail.
const FAULTS: &[(&str, &str, &str)] = &[
    (
        "no row-level security",
        "ALTER TABLE awgp.planted DISABLE ROW LEVEL SECURITY",
        "Select as App in Other",
    ),
    (
        "no policy",
        "DROP POLICY reads ON awgp.planted; DROP POLICY inserts ON awgp.planted;
      DROP POLICY updates ON awgp.planted; DROP POLICY deletes ON awgp.planted",
        "Select as App in Own",
    ),
    ("no policy to read", "DROP POLICY reads ON awgp.planted", "Select as App in Own"),
    (
        "a policy that shows everything",
        "ALTER POLICY reads ON awgp.planted USING (true)",
        "Select as App in None",
    ),
    (
        "a policy that hides subsidiaries",
        "ALTER POLICY reads ON awgp.planted
      USING (tenant_id = (SELECT awgp.own_tenant()))",
        "Select as App in Holding",
    ),
    (
        "a holding that updates",
        "ALTER POLICY updates ON awgp.planted
      USING (tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]))",
        "Update as App in Holding",
    ),
    (
        "a holding that deletes",
        "ALTER POLICY deletes ON awgp.planted
      USING (tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]))",
        "Delete as App in Holding",
    ),
    ("no guard of statements", "DROP TRIGGER guard_statement ON awgp.planted", "Update as App in None"),
    ("no guard of rows", "DROP TRIGGER guard_row ON awgp.planted", "Insert as App in Other"),
    (
        "no guard and no check of new rows",
        "ALTER TABLE awgp.planted DISABLE TRIGGER USER; ALTER POLICY inserts ON awgp.planted WITH CHECK (true)",
        "Insert as App in Other",
    ),
    ("no grant", "REVOKE ALL ON awgp.planted FROM awgp_app", "Select as App in Own"),
    ("a grant to auditors", "GRANT SELECT ON awgp.planted TO awgp_auditor", "Select to Auditor: granted"),
    ("a grant to PUBLIC", "GRANT INSERT ON awgp.planted TO PUBLIC", "Insert to Nobody: granted"),
    ("a grant of TRUNCATE", "GRANT TRUNCATE ON awgp.planted TO awgp_app", "Truncate as App in Own"),
    ("a grant of one column", "GRANT UPDATE (id) ON awgp.planted TO awgp_admin", "Update to Admin: granted"),
    (
        "a table of no tenant",
        "ALTER TABLE awgp.planted DROP COLUMN tenant_id CASCADE",
        "Select to App: granted",
    ),
];

/// The cells of the planted table that are wrong.
async fn wrong_cells(
    database: &Database,
    superuser: &Client,
    group: &awgp_tests::fixture::Group,
) -> Vec<String> {
    let mut planted = tables(superuser).await;
    planted.retain(|table| table.name == "planted");
    assert_eq!(planted.len(), 1, "the table is there");
    let scene = Scene::set(superuser, group.clone(), planted).await;
    let mut wrong = Vec::new();
    for login in Login::ORDINARY {
        wrong.extend(cells_of(&scene, database, login).await.1);
    }
    wrong
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_table_with_anything_missing_fails_in_cells_that_name_it() {
    let database = Database::new().await;
    let group = everywhere(&database).await;
    let superuser = database.superuser().await;
    superuser.batch_execute(SOUND).await.expect("a new table");
    let wrong = wrong_cells(&database, &superuser, &group).await;
    assert!(wrong.is_empty(), "a table that has everything: {wrong:#?}");
    for (fault, change, cell) in FAULTS {
        let sql = format!("DROP TABLE awgp.planted; {SOUND}; {change}");
        superuser.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{fault}: {error:?}"));
        let wrong = wrong_cells(&database, &superuser, &group).await;
        assert!(wrong.iter().any(|line| line.starts_with(&format!("planted {cell}"))), "{fault}: {wrong:#?}");
        assert!(wrong.iter().all(|line| line.starts_with("planted ")), "{fault}: {wrong:#?}");
    }
}
