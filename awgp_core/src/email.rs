//! When two e-mail addresses are the same: case, Unicode form and invisible characters do not distinguish
//! people.
//!
//! The key is NFKC_Casefold of the address (Unicode 3.13 and UAX #31: compatibility form, full case folding,
//! without default ignorable code points), after its domain is decoded from Punycode. Addresses that a mail
//! system distinguishes only by case are one here: nobody gives two people such addresses.
//!
//! For assigned characters Unicode keeps both mappings stable, so a key is the same in later versions.

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;

use crate::reason::Reason;
use crate::refusal::Refusal;

/// The key of an address: the same for all its spellings. In UTF-8, whatever the database's encoding.
pub fn key(address: &str) -> String {
    if !address.is_ascii() {
        return with_plain_domain(&folded(address), folded);
    }
    with_plain_domain(&address.to_ascii_lowercase(), folded)
}

/// The same with the domain decoded, where it has valid parts in Punycode.
fn with_plain_domain(address: &str, fold: impl Fn(&str) -> String) -> String {
    let Some((local, domain)) = address.rsplit_once('@').filter(|(_, domain)| domain.contains("xn--")) else {
        return address.to_owned();
    };
    match idna::domain_to_unicode(domain) {
        (decoded, Ok(())) => format!("{local}@{}", fold(&decoded)),
        (_, Err(_)) => address.to_owned(),
    }
}

/// NFKC_Casefold, applied twice, because composing may create a character that folds, and the other way
/// round.
fn folded(text: &str) -> String {
    let normalizer = ComposingNormalizerBorrowed::new_nfkc();
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let once = |text: &str| {
        let folded = CaseMapper::new().fold_string(&normalizer.normalize(text)).into_owned();
        let seen: String = folded.chars().filter(|character| !ignorable.contains(*character)).collect();
        normalizer.normalize(&seen).into_owned()
    };
    once(&once(text))
}

/// Existing users of one tenant have the same address; `clashes` names them.
pub fn clash(clashes: &serde_json::Value) -> Refusal {
    Refusal::new(
        Reason::EmailClash,
        "users of one tenant have the same e-mail address, written in different ways",
        "In each group in DETAIL, give the users different addresses, as awgp_admin: UPDATE awgp.users SET \
         email = … WHERE id = …; deactivate duplicates; then: SELECT awgp.migrate()",
    )
    .with("clashes", clashes.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use icu_normalizer::DecomposingNormalizerBorrowed;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_one_address_have_one_key() {
        for (one, other) in [
            ("manager@acme.example", "Manager@Acme.EXAMPLE"),
            ("jos\u{e9}@a.b", "JOSE\u{301}@a.b"),
            ("manager@a.b", "\u{ff2d}anager@a.b"),
            ("stra\u{df}e@a.b", "STRASSE@a.b"),
            ("\u{3b1}\u{345}@a.b", "\u{1fb3}@A.B"),
            ("manager@a.b", "man\u{ad}ager@a\u{200b}.b"),
            ("m@b\u{fc}cher.example", "m@XN--BCHER-KVA.example"),
            ("m@B\u{dc}CHER.example", "m@xn--bcher-kva.example"),
        ] {
            assert_eq!(key(one), key(other), "{one:?} and {other:?}");
        }
        for (one, other) in
            [("a@b", "a@c"), ("a.b@c", "ab@c"), ("a+x@b", "a@b"), ("xn--bcher-kva@a", "b\u{fc}cher@a")]
        {
            assert_ne!(key(one), key(other));
        }
    }

    proptest! {
        /// The key of a key is itself, so a key is found by its key; and no spelling has another key.
        #[test]
        fn a_key_is_its_own_key(text in "\\PC{0,12}@\\PC{1,12}") {
            let own = key(&text);
            prop_assert_eq!(&key(&own), &own);
            // A dotless i comes back from its upper case as another letter, and so does an iota that is
            // written below a letter: in upper case it stands after it.
            let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(&text).into_owned();
            if !decomposed.contains(['\u{131}', '\u{345}']) {
                prop_assert_eq!(key(&text.to_uppercase().to_lowercase()), key(&text.to_lowercase()));
            }
        }
    }
}
