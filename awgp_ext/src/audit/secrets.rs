//! What must not enter the trail: the names of `awgp.audit_mask`, remembered per column.

use super::rules;
use crate::pg::encoding::bytes_from_server;
use crate::settings;
use awgp_core::audit::mask::{SecretNames, mask};
use std::cell::RefCell;
use std::collections::HashMap;

struct Known {
    names: SecretNames,
    columns: HashMap<String, bool>,
}

thread_local! {
    /// None until it is asked for, and again whenever the setting changes.
    static KNOWN: RefCell<Option<Known>> = const { RefCell::new(None) };
}

/// The setting takes another value.
pub fn forget() {
    rules::forget(None);
    KNOWN.with_borrow_mut(|known| *known = None);
}

fn with_known<T>(ask: impl FnOnce(&mut Known) -> T) -> T {
    // Not borrowed while the setting is read, which may set it.
    if KNOWN.with_borrow(Option::is_none) {
        // It was checked when it was set; if it cannot be read all the same, the default masks.
        let names = SecretNames::parse(&settings::audit_mask()).unwrap_or_default();
        KNOWN.set(Some(Known { names, columns: HashMap::new() }));
    }
    KNOWN.with_borrow_mut(|known| {
        ask(known.get_or_insert_with(|| Known { names: SecretNames::default(), columns: HashMap::new() }))
    })
}

/// True where the value of a column of this name is masked.
pub fn is_secret_column(name: &str) -> bool {
    with_known(|known| match known.columns.get(name) {
        Some(secret) => *secret,
        None => {
            let secret = known.names.matches(name);
            known.columns.insert(name.to_owned(), secret);
            secret
        }
    })
}

/// True where the value of a JSON key of this name, in the server's encoding, is masked. Keys are not remembered: there may
/// be any number of them.
pub fn is_secret_key(key: &[u8]) -> bool {
    with_known(|known| known.names.matches(&bytes_from_server(key)))
}

/// JSON text with its secret keys masked; none where there are none. For what no jsonb holds.
pub fn mask_keys(json: &str) -> Option<String> {
    with_known(|known| mask(json, &known.names))
}
