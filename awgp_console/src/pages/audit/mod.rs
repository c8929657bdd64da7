//! The trail: what happened, to one thing too, and what is known of its integrity.
//!
//! | file | concept |
//! |---|---|
//! | [`scope`] | the tenants whose trail a reader sees |
//! | [`asked`] | the filters of the list |
//! | [`list`] | the list |
//! | [`words`] | an event in words |
//! | [`differences`] | what an event changed, as a table |
//! | [`event`] | one event whole |
//! | [`history`] | the history of one thing |
//! | [`names`] | names beside the ids in states |
//! | [`proof`] | the proof of one event, or the receipt of an action, as a file |
//! | [`state`] | what is known of the trail's integrity, and verifying it |

mod asked;
mod differences;
mod event;
mod history;
mod list;
mod names;
mod proof;
mod scope;
mod state;
mod words;

use crate::site::Site;
use awgp_client::{Exit, Failure, Trouble};
use axum::Router;
use axum::routing::{get, post};

/// The routes.
pub fn router() -> Router<Site> {
    Router::new()
        .route("/audit", get(list::list))
        .route("/audit/state", get(state::state))
        .route("/audit/verify", post(state::verify))
        .route("/audit/of/{kind}/{*key}", get(history::history))
        .route("/audit/{id}", get(event::event))
        .route("/audit/{id}/proof", get(proof::of_folder).post(proof::of_form))
        .route("/audit/{id}/receipt", get(proof::receipt_of_folder).post(proof::receipt_of_form))
}

/// What took too long in words that help; any other trouble as it is.
fn bounded(trouble: Trouble, what: &str, hint: &str) -> Trouble {
    match trouble {
        Trouble::Sql(error) if error.code().is_some_and(|code| code.code() == "57014") => {
            Failure::new(Exit::LimitExceeded, format!("{what} took too long and was ended")).hint(hint).into()
        }
        trouble => trouble,
    }
}
