//! `awgp audit`: the trail for people and auditors.
//!
//! | file | concept |
//! |---|---|
//! | [`scope`] | the tenants whose trail a login reads |
//! | [`log`] | list and show |
//! | [`tail`] | the last events, and each new one |
//! | [`tracking`] | an application's own events and tables |
//! | [`erasing`] | the values of somebody who is no user |
//! | [`history`] | every version of one row, and what changed |
//! | [`rows`] | rows exactly as the server stores them, of any length |
//! | [`copy`], [`tuple`] | a binary COPY, and one row of it |
//! | [`large`], [`spool`] | a row that is longer than the server can send, in pieces |
//! | [`answer`] | values in rows that the server has answered |
//! | [`lineage`] | the installs that the trail has belonged to |
//! | [`listing`] | events for people and programs, with their origin |
//! | [`export`], [`order`] | the JSON Lines file, and the order of the leaves in it |
//! | [`stream`] | every event to whoever keeps logs elsewhere, and their copy of it |
//! | [`verify`] | every row is read and hashed here |
//! | [`key`], [`keygen`] | the keys of an auditor |
//! | [`key_file`], [`passphrase`] | a private key in its file, and what opens it |
//! | [`agent`] | a private key in an ssh-agent |
//! | [`signing`] | what signs |
//! | [`rekey`] | a new key follows the old one |
//! | [`checkpoint`], [`notes`] | signing the present state of the trail, and the folder of signed notes |
//! | [`cosigning`] | cosignatures of witnesses |
//! | [`timestamp`], [`token`] | from when a note is, by a time-stamping authority |
//! | [`walk`] | a tenant's tree computed from its rows |
//! | [`proof`] | the proof of one event, for anyone who has the public key |
//! | [`receipt`] | the receipt of an action: its events, each proved, in one file |
//! | [`check_proof`] | checking one or the other |
//! | [`evidence`] | packs for somebody outside |

pub mod agent;
pub mod answer;
pub mod check_proof;
pub mod checkpoint;
pub mod copy;
pub mod cosigning;
pub mod erasing;
pub mod evidence;
pub mod export;
pub mod history;
pub mod key;
pub mod key_file;
pub mod keygen;
pub mod large;
pub mod lineage;
pub mod listing;
pub mod log;
pub mod notes;
pub mod order;
pub mod passphrase;
pub mod proof;
pub mod receipt;
pub mod rekey;
pub mod rows;
pub mod scope;
pub mod signing;
pub mod spool;
pub mod stream;
pub mod tail;
pub mod timestamp;
pub mod token;
pub mod tracking;
pub mod tuple;
pub mod verify;
pub mod walk;

use crate::invocation::{Invocation, print};
use crate::opt::Audit;
use awgp_client::{Exit, Failure};

/// Runs one command of the noun.
pub async fn run(noun: &Audit, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, .. } = *invocation;
    match noun {
        Audit::Export(options) => {
            let export = async |session: &mut _| export::export(session, context, options, output).await;
            invocation.connected(export).await.map(|()| Exit::Success)
        }
        Audit::Tail(options) => tail::tail(&invocation.target()?, context, options, output).await,
        Audit::Keygen(options) => print(&keygen::keygen(options, output)?, Exit::Success),
        Audit::Rekey(options) => print(&rekey::rekey(options, output)?, Exit::Success),
        Audit::CheckProof(options) => print(&check_proof::check(options, output)?, Exit::Success),
        Audit::Stream(options) => stream::run(options, invocation).await,
        Audit::Verify(options) => verify::run(options, invocation).await,
        // Its future is large, and most commands need none of it.
        Audit::Evidence(options) => Box::pin(evidence::run(options, invocation)).await,
        Audit::Log(options) => {
            invocation
                .answer(async |session| log::log(session, context, options, invocation.format).await)
                .await
        }
        Audit::Record(options) => {
            invocation.answer(async |session| tracking::record(session, context, options, output).await).await
        }
        Audit::Track(options) => {
            invocation.answer(async |session| tracking::track(session, context, options, output).await).await
        }
        Audit::Erasable(options) => {
            invocation
                .answer(async |session| tracking::erasable(session, context, options, output).await)
                .await
        }
        Audit::EraseSubject(options) => {
            let erase =
                async |session: &mut _| erasing::erase(session, context, options, invocation.format).await;
            invocation.answer(erase).await
        }
        Audit::Untrack(options) => {
            invocation
                .answer(async |session| tracking::untrack(session, context, options, output).await)
                .await
        }
        Audit::Tracked(limit) => {
            invocation
                .answer(async |session| tracking::tracked(session, context, limit, invocation.format).await)
                .await
        }
        Audit::Show(options) => {
            invocation.answer(async |session| log::show(session, context, options, output).await).await
        }
        Audit::History(options) => {
            invocation.answer(async |session| history::history(session, context, options, output).await).await
        }
        Audit::Checkpoint(options) => {
            let checkpoint =
                async |session: &mut _| checkpoint::checkpoint(session, context, options, output).await;
            invocation.answer(checkpoint).await
        }
        Audit::Receipt(options) => {
            invocation.answer(async |session| receipt::make(session, context, options, output).await).await
        }
        Audit::Prove(options) => {
            invocation.answer(async |session| proof::prove(session, context, options, output).await).await
        }
    }
}
