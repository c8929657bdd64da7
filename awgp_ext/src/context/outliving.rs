//! `awgp.session_context`: which contexts may outlive their transaction.
//!
//! A pool in transaction mode hands a connection to another client after each transaction. A context that is
//! still there shows that client the rows of the one before. The server cannot tell such a pool from a client
//! that stays. So what asks for it by an argument, an identity of the session, is refused by default. The
//! setting `app.current_tenant` is allowed by default in trusted mode: the seed's clients SET it, and there
//! the SQL of applications is trusted. Behind a pool in transaction mode a superuser refuses it too.
//!
//! Failure handling: a parameter that cannot be established means that nothing outlives its transaction.

use crate::pg::parameter::{Origin, are_known, of_superuser, origin};
use pgrx::{GucSetting, PostgresGucEnum};

/// The contexts that may outlive their transaction.
#[derive(PostgresGucEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Outliving {
    /// None.
    #[name = c"refused"]
    Nothing,
    /// The setting `app.current_tenant`, in trusted mode.
    #[name = c"setting"]
    Setting,
    /// That setting, and identities of the session.
    #[name = c"allowed"]
    Identity,
}

static ALLOWED: GucSetting<Outliving> = GucSetting::<Outliving>::new(Outliving::Setting);

fn in_force() -> Outliving {
    if are_known() { ALLOWED.get() } else { Outliving::Nothing }
}

/// True where `awgp.authenticate(token, for_session => true)` may keep an identity for the session.
pub fn allows_identity() -> bool {
    in_force() == Outliving::Identity
}

/// True where `app.current_tenant` counts only if the transaction, or an administrator, has set it.
pub fn refuses_settings_of_sessions() -> bool {
    in_force() == Outliving::Nothing
}

/// True where `app.current_tenant` has a value that a client left on the connection before this transaction,
/// and such a value is refused. A value of the configuration file, database or role is an administrator's.
pub fn refuses_setting() -> bool {
    refuses_settings_of_sessions() && origin(c"app.current_tenant") == Origin::Session
}

/// Declares the parameter.
pub fn define() {
    of_superuser(
        c"awgp.session_context",
        c"Contexts that may outlive their transaction.",
        c"refused: none; setting: app.current_tenant, in trusted mode; allowed: identities of sessions too. Behind a pool in transaction mode: refused.",
    )
    .choice(&ALLOWED);
}
