//! Tests a migration that no version has: from this version's structure, with rows in it, to that of the next
//! version, which a new database gets.

mod tests {
    use super::super::manifest::{File, STRUCTURE, Structure};
    use super::super::{apply, run};
    use crate::doctor::versions;
    use crate::pg::subtransaction;
    use pgrx::prelude::*;

    /// What `sql/migrations/0001_tenants_region.sql` would say.
    const MIGRATION: &str = "
        ALTER TABLE awgp.tenants ADD COLUMN region text;
        UPDATE awgp.tenants SET region = CASE WHEN type = 'holding' THEN 'world' ELSE 'eu' END;
        ALTER TABLE awgp.tenants ALTER COLUMN region SET NOT NULL,
            ADD CONSTRAINT tenants_region_check CHECK (region <> '');
        CREATE INDEX idx_tenants_region ON awgp.tenants (region);
        COMMENT ON COLUMN awgp.tenants.region IS 'Where its rows are kept.';
        COMMENT ON CONSTRAINT tenants_region_check ON awgp.tenants IS 'A region has a name.';
        COMMENT ON INDEX awgp.idx_tenants_region IS 'The tenants of a region.';";

    /// What `sql/tables/tenants.sql` would say more, at its end.
    const COMMENTS: &str = "
        CREATE INDEX idx_tenants_region ON awgp.tenants (region);
        COMMENT ON COLUMN awgp.tenants.region IS 'Where its rows are kept.';
        COMMENT ON CONSTRAINT tenants_region_check ON awgp.tenants IS 'A region has a name.';
        COMMENT ON INDEX awgp.idx_tenants_region IS 'The tenants of a region.';";

    /// Every name of an object and all that is known of it, and its comment.
    fn catalog() -> Vec<String> {
        let snapshot = include_str!("../../../tests/src/catalog.sql");
        let comments = include_str!("../../../tests/src/comments.sql");
        let comments = format!("SELECT object || ': ' || coalesce FROM ({comments}) AS told");
        run(
            "SET LOCAL search_path = pg_catalog; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'",
        );
        let read = |sql: &str| {
            Spi::connect(|client| {
                let rows = client.select(sql, None, &[])?;
                rows.map(|row| Ok(row.get::<String>(1)?.unwrap_or_default())).collect::<spi::Result<Vec<_>>>()
            })
            .unwrap()
        };
        [read(snapshot), read(&comments)].concat()
    }

    fn difference(left: &[String], right: &[String]) -> Vec<String> {
        let only = |ours: &[String], theirs: &[String]| -> Vec<String> {
            ours.iter().filter(|line| !theirs.contains(line)).cloned().collect()
        };
        [only(left, right), only(right, left)].concat()
    }

    fn text(sql: &str) -> String {
        Spi::get_one(sql).unwrap().unwrap_or_default()
    }

    /// The tables of the next version: those of this one, but `tenants` has a region.
    fn next_tables() -> Vec<File> {
        let mut tables = STRUCTURE.tables.to_vec();
        let tenants = tables.iter_mut().find(|file| file.name == "tables/tenants").unwrap();
        let shape = tenants.text.replacen(
            "    CONSTRAINT tenants_pkey",
            "    region text NOT NULL,
                 CONSTRAINT tenants_region_check CHECK (region <> ''),
                 CONSTRAINT tenants_pkey",
            1,
        );
        assert_ne!(shape, tenants.text);
        tenants.text = Box::leak((shape + COMMENTS).into_boxed_str());
        tables
    }

    const fn migration(text: &'static str) -> File {
        File { name: "migrations/0001_tenants_region", text }
    }

    /// As if no table were there.
    fn remove_tables() {
        run("DO $$
             DECLARE
                 name text;
             BEGIN
                 FOR name IN SELECT relname FROM pg_class
                     WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                 LOOP
                     EXECUTE format('DROP TABLE awgp.%I CASCADE', name);
                 END LOOP;
             END
             $$");
    }

    fn made_anew(structure: &Structure<'_>) -> Vec<String> {
        remove_tables();
        let done = apply(structure, false);
        assert!(done.starts_with(&format!("{} tables, ", structure.tables.len())), "{done}");
        catalog()
    }

    fn fill() {
        run("INSERT INTO awgp.tenants (name, slug, type) VALUES ('A', 'a', 'holding'), ('B', 'b', 'subsidiary');
             SELECT awgp.set_context(awgp.find_tenant('b'));
             SELECT awgp.create_user('u@b.example', 'operator');
             SELECT awgp.create_assistant('Helper', 'helper', 'custom');
             SELECT awgp.set_assistant_status((SELECT id FROM awgp.assistants), 'active');
             SELECT awgp.create_work_item((SELECT id FROM awgp.assistants), 'Work', risk_level => 0)");
    }

    #[pg_extern(sql = false)]
    fn a_database_with_rows_is_migrated_to_what_a_new_one_gets() {
        let tables = next_tables();
        let next = Structure { tables: &tables, migrations: &[migration(MIGRATION)] };
        fill();
        let done = apply(&next, false);
        assert!(done.starts_with("1 migrations, "), "{done}");
        assert_eq!(apply(&next, false), "nothing to do");
        assert_eq!(
            text("SELECT string_agg(slug || ':' || region, ' ' ORDER BY slug) FROM awgp.tenants"),
            "a:world b:eu"
        );
        let kept = "SELECT (SELECT email FROM awgp.users) || ' ' || (SELECT title FROM awgp.work_items)";
        assert_eq!(text(kept), "u@b.example Work");
        assert_eq!(text("SELECT awgp.schema_version()::text"), "1");
        // The library that runs here is of this version, and says so.
        let errors = "SELECT string_agg(code, ' ') FROM awgp.doctor() WHERE severity = 'error'";
        assert_eq!(text(errors), "structure_newer");
        // Work goes on.
        run("SELECT awgp.start_work_item((SELECT id FROM awgp.work_items))");
        let migrated = catalog();
        let fresh = made_anew(&next);
        assert_eq!(difference(&migrated, &fresh), Vec::<String>::new());
        // A new database has what migrations change, so none of them is due there.
        assert_eq!(apply(&next, false), "nothing to do");
        assert_eq!(text("SELECT awgp.schema_version()::text"), "1");
    }

    #[pg_extern(sql = false)]
    fn a_shape_that_changed_without_a_migration_shows_and_so_does_a_migration_alone() {
        let tables = next_tables();
        let forgotten = Structure { tables: &tables, migrations: &[] };
        assert_eq!(apply(&forgotten, false), "nothing to do");
        let migrated = catalog();
        let shows = difference(&migrated, &made_anew(&forgotten));
        assert!(shows.iter().any(|line| line.starts_with("column tenants.region")), "{shows:?}");
        let alone = Structure { tables: STRUCTURE.tables, migrations: &[migration(MIGRATION)] };
        made_anew(&STRUCTURE);
        apply(&alone, false);
        let migrated = catalog();
        let shows = difference(&migrated, &made_anew(&alone));
        assert!(shows.iter().any(|line| line.starts_with("column tenants.region")), "{shows:?}");
    }

    #[pg_extern(sql = false)]
    fn a_migration_that_rows_do_not_keep_says_so_and_changes_nothing() {
        const STRICT: &str = "
            ALTER TABLE awgp.tenants ADD COLUMN region text NOT NULL DEFAULT 'eu';
            ALTER TABLE awgp.tenants ADD CONSTRAINT tenants_name_short CHECK (length(name) > 1);";
        fill();
        let before = catalog();
        let next = Structure { tables: STRUCTURE.tables, migrations: &[migration(STRICT)] };
        let failed = subtransaction::within(|| apply(&next, false)).unwrap_err().to_json();
        assert_eq!(failed["sqlstate"], "23514", "{failed}");
        assert_eq!(failed["detail"]["reason"], "rows_refused", "{failed}");
        assert_eq!(failed["detail"]["migration"], "migrations/0001_tenants_region", "{failed}");
        assert_eq!(difference(&before, &catalog()), Vec::<String>::new());
        run("UPDATE awgp.tenants SET name = name || name");
        let done = apply(&next, false);
        assert!(done.starts_with("1 migrations, "), "{done}");
    }

    #[pg_extern(sql = false)]
    fn a_history_that_is_gone_is_written_again_and_nothing_is_migrated_twice() {
        let tables = next_tables();
        let next = Structure { tables: &tables, migrations: &[migration(MIGRATION)] };
        fill();
        apply(&next, false);
        for damage in [
            "DELETE FROM awgp.schema_migrations",
            "DELETE FROM awgp.schema_migrations WHERE name = 'migrations/0001_tenants_region'",
        ] {
            run(damage);
            let done = apply(&next, false);
            assert!(done.starts_with("0 migrations, ") || done == "nothing to do", "{done}");
            let row = "SELECT kind FROM awgp.schema_migrations WHERE name = 'migrations/0001_tenants_region'";
            assert_eq!(text(row), "migration");
        }
    }

    fn found(structure: &Structure<'static>) -> Vec<(&'static str, String)> {
        let findings = versions::structure(structure).into_iter();
        findings.map(|finding| (finding.code, finding.object)).collect()
    }

    #[pg_extern(sql = false)]
    fn the_doctor_names_a_migration_that_is_due_one_that_changed_and_one_that_this_library_lacks() {
        const ADDS: &[File] = &[migration("CREATE TABLE awgp.added (); DROP TABLE awgp.added")];
        const OTHER: &[File] = &[migration("CREATE TABLE awgp.other (); DROP TABLE awgp.other")];
        const NAME: &str = "migrations/0001_tenants_region";
        let next = Structure { tables: STRUCTURE.tables, migrations: ADDS };
        let edited = Structure { tables: STRUCTURE.tables, migrations: OTHER };
        assert_eq!(found(&STRUCTURE), []);
        assert_eq!(found(&next), [("migration_due", "schema awgp".to_owned())]);
        apply(&next, false);
        assert_eq!(found(&next), []);
        assert_eq!(found(&edited), [("migration_changed", NAME.to_owned())]);
        assert_eq!(found(&STRUCTURE), [("structure_newer", "schema awgp".to_owned())]);
        // Nothing applies an edited migration again.
        assert_eq!(apply(&edited, false), "nothing to do");
        let refused = subtransaction::within(|| apply(&STRUCTURE, true)).unwrap_err().to_json();
        assert_eq!(
            (&refused["sqlstate"], &refused["detail"]["reason"]),
            (&"55000".into(), &"structure_too_new".into())
        );
        assert_eq!(refused["detail"]["migration"], NAME, "{refused}");
    }
}
