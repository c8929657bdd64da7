//! Lists a page at a time.

use crate::serve::desk::read;
use crate::serve::refused::Refused;
use awgp_client::page::{Ordered, bad_cursor};
use awgp_client::{Trouble, Work};
use rmcp::schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

const USUAL: u32 = 20;
const MOST: u32 = 100;

/// Which part of a list.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct Part {
    /// How many at most; 20 if it is left out.
    #[schemars(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// `next` of the page before; left out: the first page.
    pub after: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct Listed<T> {
    /// What was found.
    pub items: Vec<T>,
    /// Pass it as `after` for the next page; null if nothing follows.
    pub next: Option<String>,
}

impl Part {
    /// How many rows.
    pub fn size(&self) -> Result<usize, Refused> {
        let limit = self.limit.unwrap_or(USUAL);
        if (1..=MOST).contains(&limit) {
            Ok(limit as usize)
        } else {
            Err(Refused::bad_arguments(&format!("limit is 1 to {MOST}")))
        }
    }

    /// The rows of this part.
    pub async fn of<T: DeserializeOwned>(
        &self,
        work: &Work<'_>,
        mut ordered: Ordered<'_>,
        size: usize,
    ) -> Result<Listed<T>, Trouble> {
        if let Some(cursor) = &self.after {
            ordered.after(cursor).ok_or_else(|| bad_cursor("after", cursor))?;
        }
        let page = ordered.part(work, size).await?;
        let items = page.rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Listed { items, next: page.cursor.filter(|_| page.more.is_some()) })
    }
}
