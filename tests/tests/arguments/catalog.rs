//! The functions of the schema awgp as the catalog has them: what comes later is found here by itself.

use awgp_tests::Login;
use tokio_postgres::Client;

/// A function that SQL can call.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name, without the schema.
    pub name: String,
    /// Its arguments, in order.
    pub arguments: Vec<Argument>,
    /// The last argument stands for any number of them.
    pub is_variadic: bool,
    /// Who may call it, of the ordinary roles and the superuser.
    pub callers: Vec<Login>,
}

/// One of its arguments.
#[derive(Clone, Debug)]
pub struct Argument {
    /// Its name; empty where it has none.
    pub name: String,
    /// Its type, as the catalog writes it.
    pub kind: String,
}

/// Trigger functions are called by triggers alone, and what takes or returns
/// `internal` or `cstring` by the server.
const FUNCTIONS: &str = "
    SELECT p.proname::text,
           ARRAY(SELECT coalesce(p.proargnames[place], '') FROM generate_series(1, p.pronargs) AS place),
           ARRAY(SELECT format_type(of, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY AS types (of, place)
                 ORDER BY place),
           ARRAY(SELECT role FROM unnest($1::text[]) AS role
                 WHERE has_function_privilege(role, p.oid, 'EXECUTE')
                   AND has_schema_privilege(role, 'awgp', 'USAGE')),
           p.provariadic <> 0
    FROM pg_proc AS p
    WHERE p.pronamespace = 'awgp'::regnamespace AND p.prokind = 'f'
      AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype, 'cstring'::regtype)
      AND NOT p.proargtypes::oid[] && ARRAY['internal'::regtype, 'cstring'::regtype]::oid[]
    ORDER BY p.oid::regprocedure::text";

/// All of them.
pub async fn functions(superuser: &Client) -> Vec<Function> {
    let roles: Vec<&str> = Login::ORDINARY.iter().filter_map(|login| login.role()).collect();
    let rows = superuser.query(FUNCTIONS, &[&roles]).await.expect("the catalog is readable");
    rows.iter()
        .map(|row| {
            let (names, kinds): (Vec<String>, Vec<String>) = (row.get(1), row.get(2));
            let callers: Vec<String> = row.get(3);
            let may = |login: &Login| callers.iter().any(|role| Some(role.as_str()) == login.role());
            Function {
                name: row.get(0),
                arguments: names.into_iter().zip(kinds).map(|(name, kind)| Argument { name, kind }).collect(),
                is_variadic: row.get(4),
                callers: Login::ORDINARY.into_iter().filter(may).collect(),
            }
        })
        .collect()
}
