//! What `awgp.report()` answers. Amounts stay texts with every decimal.

#![allow(clippy::struct_field_names, reason = "the names are those of the JSON")]

use serde::Deserialize;

/// The whole report.
#[derive(Debug, Deserialize)]
pub struct Document {
    pub month: String,
    pub month_name: String,
    pub time_zone: String,
    pub made_at: String,
    pub is_over: bool,
    pub subject: Option<String>,
    pub tenants: Vec<Tenant>,
    pub burn: Vec<Day>,
    pub spenders: Vec<Spender>,
    pub pools: Vec<Pool>,
    pub approvals: Vec<Outcome>,
    pub actions: Vec<Decision>,
    pub quality: Vec<Quality>,
    pub integrity: Vec<Month>,
}

/// A tenant that the report is about.
#[derive(Debug, Deserialize)]
pub struct Tenant {
    pub slug: String,
    pub name: String,
}

/// What was spent on a day.
#[derive(Debug, Deserialize)]
pub struct Day {
    pub day: String,
    pub cost_amount: String,
    pub so_far: String,
    pub entries: i64,
}

/// What an assistant spent.
#[derive(Debug, Deserialize)]
pub struct Spender {
    pub tenant: String,
    pub assistant: String,
    pub entries: i64,
    pub cost_amount: String,
    pub percent: Option<String>,
}

/// A period of a pool.
#[derive(Debug, Deserialize)]
pub struct Pool {
    pub tenant: String,
    pub provider: String,
    pub starts_on: String,
    pub ends_on: String,
    pub budget: String,
    pub spent: String,
    pub not_spent: String,
    pub percent: Option<String>,
    pub periods: usize,
}

/// What became of approvals.
#[derive(Debug, Deserialize)]
pub struct Outcome {
    pub outcome: String,
    pub approvals: i64,
    pub median_seconds: Option<i64>,
    pub slowest_tenth_seconds: Option<i64>,
    pub longest_seconds: Option<i64>,
}

/// Actions that were allowed or denied.
#[derive(Debug, Deserialize)]
pub struct Decision {
    pub decision: String,
    pub reason: String,
    pub actions: i64,
}

/// How often an assistant was wrong.
#[derive(Debug, Deserialize)]
pub struct Quality {
    pub tenant: String,
    pub assistant: String,
    pub conversations: i64,
    pub flags: i64,
    pub confirmed: i64,
    pub false_positives: i64,
    pub pending: i64,
    pub confirmed_percent: Option<String>,
}

/// A month of the trail.
#[derive(Debug, Deserialize)]
pub struct Month {
    pub month: String,
    pub events: i64,
    pub state: String,
    pub verified_at: Option<String>,
    pub checkpoints: i64,
    pub signed: i64,
    pub last_signed_at: Option<String>,
}
