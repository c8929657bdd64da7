//! A notice as claimed, and how it is told in words and as JSON.

use serde_json::{Value, json};
use tokio_postgres::Row;
use uuid::Uuid;

/// A claimed notice.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Its id, the same at each attempt.
    pub id: Uuid,
    /// The number of this attempt.
    pub attempt: i32,
    /// What has happened.
    pub kind: String,
    /// The tenant; None for the installation.
    pub tenant_id: Option<Uuid>,
    /// Its slug.
    pub tenant: Option<String>,
    /// The table of what it is about.
    pub entity_type: String,
    /// The row.
    pub entity_id: Option<Uuid>,
    /// The code of a finding.
    pub code: Option<String>,
    /// When something expires.
    pub expires_at: Option<String>,
    /// When it happened.
    pub created_at: String,
}

/// Claims notices of a target. The times as RFC 3339, in UTC.
pub const CLAIM: &str = r#"
    SELECT id, attempt, kind, tenant_id, tenant, entity_type, entity_id, code,
           to_char(expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS expires_at,
           to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS created_at
    FROM awgp.claim_notices($1::text, $2::integer, $3::integer)"#;

impl Notice {
    /// Of a row of [`CLAIM`].
    pub fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            attempt: row.try_get("attempt")?,
            kind: row.try_get("kind")?,
            tenant_id: row.try_get("tenant_id")?,
            tenant: row.try_get("tenant")?,
            entity_type: row.try_get("entity_type")?,
            entity_id: row.try_get("entity_id")?,
            code: row.try_get("code")?,
            expires_at: row.try_get("expires_at")?,
            created_at: row.try_get("created_at")?,
        })
    }

    /// One sentence. It has no content: who reads it signs in to see more.
    pub fn summary(&self) -> String {
        let what = match self.kind.as_str() {
            "approval_asked" => "An approval is asked for.".to_owned(),
            "approval_decided" => "An approval is decided.".to_owned(),
            "approval_escalated" => "An approval is escalated.".to_owned(),
            "approval_expiring" => {
                format!(
                    "An approval expires at {} if nobody decides.",
                    self.expires_at.as_deref().unwrap_or("soon")
                )
            }
            "approval_expired" => "An approval has expired, and nobody has decided.".to_owned(),
            "budget_threshold" => "A budget has reached a threshold.".to_owned(),
            "budget_overrun" => "More is spent than a budget allows.".to_owned(),
            "flag_confirmed" => "A hallucination is confirmed.".to_owned(),
            "assistant_suspended" => "An assistant is suspended.".to_owned(),
            "stopped" => "Something is stopped: nothing begins there.".to_owned(),
            "resumed" => "A stop is lifted.".to_owned(),
            "doctor_error" => {
                format!("The doctor finds an error: {}.", self.code.as_deref().unwrap_or("unknown"))
            }
            "test" => "This is a test of awgp notify. Nothing has happened.".to_owned(),
            other => format!("{other}."),
        };
        match &self.tenant {
            Some(tenant) => format!("[{tenant}] {what}"),
            None => what,
        }
    }

    /// The page of the console that shows it.
    pub fn link(&self, console: Option<&str>) -> Option<String> {
        let console = console?.trim_end_matches('/');
        let id = self.entity_id.map(|id| id.to_string()).unwrap_or_default();
        Some(match self.entity_type.as_str() {
            "approvals" => format!("{console}/approvals/{id}"),
            "assistants" => format!("{console}/assistants/{id}"),
            "hallucination_flags" => format!("{console}/flags/{id}"),
            "budget_alerts" => format!("{console}/money"),
            "doctor" => format!("{console}/doctor"),
            _ => console.to_owned(),
        })
    }

    /// The value of a placeholder of a template; None where there is no such placeholder.
    pub fn value(&self, name: &str, console: Option<&str>) -> Option<String> {
        let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        Some(match name {
            "id" => self.id.to_string(),
            "kind" => self.kind.clone(),
            "summary" => self.summary(),
            "link" => self.link(console).unwrap_or_default(),
            "tenant" => self.tenant.clone().unwrap_or_default(),
            "tenant_id" => id(self.tenant_id),
            "entity_type" => self.entity_type.clone(),
            "entity_id" => id(self.entity_id),
            "code" => self.code.clone().unwrap_or_default(),
            "expires_at" => self.expires_at.clone().unwrap_or_default(),
            "created_at" => self.created_at.clone(),
            _ => return None,
        })
    }

    /// The notice for programs, the same at each attempt.
    pub fn json(&self, console: Option<&str>) -> Value {
        json!({
            "type": self.kind,
            "timestamp": self.created_at,
            "data": {
                "id": self.id,
                "summary": self.summary(),
                "tenant_id": self.tenant_id,
                "tenant": self.tenant,
                "entity_type": self.entity_type,
                "entity_id": self.entity_id,
                "code": self.code,
                "expires_at": self.expires_at,
                "link": self.link(console),
            },
        })
    }
}
