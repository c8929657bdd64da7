//! Who reviews the flags of an assistant, and what a confirmed one leads to.

use crate::parts;
use awgp_client::{Row, Trouble, Work};

const RULES: &str = "SELECT * FROM awgp.assistant_suspension WHERE assistant_id = $1::text::uuid";

/// The rules of an assistant's tenant, and how many flags count now.
pub struct Rules(Row);

/// Those of one assistant; None where the reader does not see it.
pub async fn of(work: &Work<'_>, assistant: &str) -> Result<Option<Rules>, Trouble> {
    Ok(work.select(RULES, &[&assistant]).await?.pop().map(Rules))
}

impl Rules {
    fn raw(&self, column: &str) -> String {
        parts::raw(&self.0, column)
    }

    /// The least role that reviews.
    pub fn reviewer(&self) -> String {
        self.raw("reviewer_role")
    }

    /// The least role that changes a conclusion.
    pub fn overturner(&self) -> String {
        self.raw("overturn_role")
    }

    /// Whether the user who made the assistant may conclude.
    pub fn creator_may_conclude(&self) -> bool {
        self.raw("creator_may_conclude") == "true"
    }

    /// When confirmed flags suspend the assistant, and how near that is, in sentences.
    pub fn suspension(&self) -> String {
        let (number, rate) = (self.raw("suspend_confirmed"), self.raw("suspend_rate_percent"));
        let window = self.raw("window_hours").parse::<i64>().map_or(String::new(), window);
        let confirmed = self.raw("confirmed");
        let by_number = (!number.is_empty()).then(|| format!("{number} confirmed {}", flags(&number)));
        let by_rate = (!rate.is_empty()).then(|| {
            format!(
                "{rate} confirmed flags for a hundred conversations, once there are {} conversations,",
                self.raw("least_conversations")
            )
        });
        match (by_number, by_rate) {
            (None, None) => "Confirmed flags suspend no assistant here: the tenant has set no limit.".into(),
            (one, other) => {
                let limits: Vec<String> = [one, other].into_iter().flatten().collect();
                let what = limits.join(" or ");
                let counts = if confirmed == "1" { "counts" } else { "count" };
                let conversations = if self.raw("suspend_rate_percent").is_empty() {
                    String::new()
                } else {
                    format!(", and the window has {} conversations", self.raw("conversations"))
                };
                format!("{what} within {window} suspend it. Now {confirmed} {counts}{conversations}.")
            }
        }
    }
}

fn flags(number: &str) -> &'static str {
    if number == "1" { "flag" } else { "flags" }
}

fn window(hours: i64) -> String {
    match hours {
        168 => "a week".into(),
        hours if hours % 24 == 0 && hours > 24 => format!("{} days", hours / 24),
        24 => "a day".into(),
        1 => "an hour".into(),
        hours => format!("{hours} hours"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(row: &str) -> String {
        Rules(Row::from_json(row).expect("a row")).suspension()
    }

    #[test]
    fn what_suspends_is_said_with_what_counts_now() {
        assert_eq!(
            said(
                r#"{"suspend_confirmed": 3, "suspend_rate_percent": null, "window_hours": 168, "confirmed": 1, "conversations": 40}"#
            ),
            "3 confirmed flags within a week suspend it. Now 1 counts."
        );
        assert!(said(r#"{"suspend_confirmed": null, "suspend_rate_percent": null}"#).contains("no limit"));
    }
}
