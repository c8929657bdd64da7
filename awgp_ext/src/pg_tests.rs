//! Tests inside the server, as its superuser: what needs the library's own functions. Whatever proves
//! isolation is tested in `tests/`, by ordinary roles over connections of their own.

#[pgrx::pg_schema]
mod tests {
    use crate::raise::sqlstate;
    use awgp_core::reason::Reason;
    use pgrx::prelude::*;

    #[pg_test]
    fn every_reason_reaches_the_client_with_its_own_sqlstate() {
        for reason in Reason::ALL {
            let family = reason.family();
            let code = sqlstate(family) as i32;
            // PostgreSQL packs five characters, six bits each, first one lowest.
            let text: String = (0_u8..5)
                .map(|place| char::from(u8::try_from((code >> (6 * place)) & 0x3f).unwrap_or(0) + b'0'))
                .collect();
            assert_eq!(text, family.sqlstate(), "{}", reason.name());
        }
    }

    #[pg_test]
    fn the_doctor_finds_nothing_after_install() {
        let findings = Spi::get_one::<i64>("SELECT count(*) FROM awgp.doctor() WHERE severity = 'error'");
        assert_eq!(findings, Ok(Some(0)));
    }

    #[pg_test]
    fn installing_again_changes_nothing() {
        assert_eq!(Spi::get_one::<&str>("SELECT awgp.install()"), Ok(Some("nothing to do")));
    }

    #[pg_test]
    fn a_context_ends_with_its_savepoint() {
        Spi::run(
            "INSERT INTO awgp.tenants (name, slug, type) VALUES ('A', 'a', 'holding'), ('B', 'b', 'holding')",
        )
        .unwrap();
        let current = || {
            Spi::get_one::<String>("SELECT slug FROM awgp.tenants WHERE id = awgp.current_tenant()")
                .ok()
                .flatten()
        };
        Spi::run("SELECT awgp.set_context(awgp.find_tenant('a'))").unwrap();
        Spi::run("DO $$ BEGIN PERFORM awgp.set_context(awgp.find_tenant('b')); RAISE 'undo'; EXCEPTION WHEN raise_exception THEN NULL; END $$").unwrap();
        assert_eq!(current().as_deref(), Some("a"));
        Spi::run("DO $$ BEGIN PERFORM awgp.set_context(awgp.find_tenant('b')); EXCEPTION WHEN raise_exception THEN NULL; END $$").unwrap();
        assert_eq!(current().as_deref(), Some("b"));
    }
}
