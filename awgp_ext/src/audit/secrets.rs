//! What must not enter the trail: the names of `awgp.audit_mask`, remembered per column.

use crate::settings;
use awgp_core::audit::mask::{SecretNames, mask};
use std::cell::RefCell;
use std::collections::HashMap;

#[derive(Default)]
struct Known {
    setting: String,
    names: SecretNames,
    columns: HashMap<String, bool>,
}

thread_local! {
    static KNOWN: RefCell<Option<Known>> = const { RefCell::new(None) };
}

fn with_known<T>(ask: impl FnOnce(&mut Known) -> T) -> T {
    KNOWN.with_borrow_mut(|known| {
        let setting = settings::audit_mask();
        if known.as_ref().is_none_or(|known| known.setting != setting) {
            // The setting was checked when it was set; if it cannot be read all the same, the default masks.
            let names = SecretNames::parse(&setting).unwrap_or_default();
            *known = Some(Known { setting, names, columns: HashMap::new() });
        }
        ask(known.get_or_insert_default())
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

/// The JSON text with its secret keys masked; none where there are none.
pub fn mask_keys(json: &str) -> Option<String> {
    with_known(|known| mask(json, &known.names))
}
