//! `awgp audit evidence`: a pack for somebody outside, and its verification (docs/evidence.md).
//!
//! | file | concept |
//! |---|---|
//! | [`make`] | making a pack, in one snapshot |
//! | [`trail`] | its trail, and the records that follow from it |
//! | [`proofs`] | receipts of actions, and proofs of what was in force before |
//! | [`answers`] | what the server answers about itself |
//! | [`page`] | the index as a page |
//! | [`scripts`] | the scripts in it |
//! | [`pack`] | the zip file that is written |
//! | [`open`] | the zip file that is read |
//! | [`verify`] | whether a pack holds |
//! | [`verdict`] | what was found, what is proved, and what is the pack's own word |

mod answers;
mod make;
mod open;
mod pack;
mod page;
mod proofs;
mod scripts;
mod trail;
mod verdict;
mod verify;

use crate::invocation::{Invocation, print};
use crate::opt::{AuditEvidence, Evidence};
use awgp_client::{Exit, Failure};

/// Makes a pack, or verifies one.
pub async fn run(options: &AuditEvidence, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    if let Some(Evidence::Verify(options)) = &options.verify {
        let verdict = verify::verify(options)?;
        return print(&verdict.render(invocation.output), verdict.exit());
    }
    let (context, output) = (invocation.context, invocation.output);
    invocation.answer(async |session| make::make(session, context, options, output).await).await
}
