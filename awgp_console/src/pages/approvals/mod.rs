//! Approvals: all of them, one of them, and deciding it.
//!
//! | file | concept |
//! |---|---|
//! | [`list`] | all approvals, narrowed and a page at a time |
//! | [`scene`] | what is known of one approval, for one reader |
//! | [`show`] | its page |
//! | [`difference`] | what changed from one request to another |
//! | [`forms`] | what the reader may do with it |
//! | [`deciding`] | doing it |
//! | [`words`] | why not, and what is so now, in words |

mod deciding;
pub mod difference;
mod forms;
mod list;
mod scene;
mod show;
mod words;

use crate::parts::known::Thing;
use crate::site::Site;
use axum::Router;
use axum::routing::{get, post};

pub use forms::may_act;
pub use list::{condition, short_list};

/// An approval.
pub const APPROVAL: Thing = Thing { one: "approval", list: "/approvals", reason: "unknown_approval" };

/// The routes.
pub fn router() -> Router<Site> {
    Router::new()
        .route("/approvals", get(list::list))
        .route("/approvals/{id}", get(show::show))
        .route("/approvals/{id}/approve", post(deciding::approve))
        .route("/approvals/{id}/reject", post(deciding::reject))
        .route("/approvals/{id}/escalate", post(deciding::escalate))
        .route("/approvals/{id}/ask", post(deciding::ask_again))
}
