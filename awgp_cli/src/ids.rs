//! Ids by the beginning that is enough to tell them apart, as git takes them.

use awgp_client::{Exit, Failure, Row, Trouble, Work, shown};
use uuid::Uuid;

/// The fewest digits that are taken.
const SHORTEST: usize = 4;

/// How many digits a person is told, where they read one id.
pub const SHOWN: usize = 8;

/// How many candidates of an ambiguous beginning are named.
const NAMED: usize = 5;

/// A kind of thing that has an id, and where the tenant's are listed.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The view of schema awgp.
    pub view: &'static str,
    /// The column that people know it by.
    pub name: &'static str,
    /// What it is called.
    pub called: &'static str,
    /// The command that lists them.
    pub list: &'static str,
}

/// Work items.
pub const WORK: Kind =
    Kind { view: "work_item_list", name: "title", called: "work item", list: "awgp work list" };
/// Approvals.
pub const APPROVAL: Kind =
    Kind { view: "approval_details", name: "title", called: "approval", list: "awgp approval inbox" };
/// Actions.
pub const ACTION: Kind =
    Kind { view: "action_list", name: "action", called: "action", list: "awgp action list" };
/// Delegations.
pub const DELEGATION: Kind =
    Kind { view: "delegation_list", name: "delegate", called: "delegation", list: "awgp delegation list" };
/// Conversations.
pub const CONVERSATION: Kind = Kind {
    view: "conversation_list",
    name: "assistant_slug",
    called: "conversation",
    list: "awgp conversation list",
};
/// Flags.
pub const FLAG: Kind =
    Kind { view: "hallucination_flag_list", name: "flagged_content", called: "flag", list: "awgp flag list" };
/// Users.
pub const USER: Kind = Kind { view: "user_list", name: "email", called: "user", list: "awgp user list" };
/// Assistants.
pub const ASSISTANT: Kind =
    Kind { view: "assistant_list", name: "slug", called: "assistant", list: "awgp assistant list" };

/// The id that begins like this. A text that cannot begin an id is left to the server, which says what is
/// wrong with it.
pub async fn find(work: &Work<'_>, kind: Kind, given: &str) -> Result<String, Trouble> {
    let Some((first, last)) = range(given) else { return Ok(given.to_owned()) };
    let Kind { view, name, called, list } = kind;
    let sql = format!(
        "SELECT id, {name} AS name FROM awgp.{view}
         WHERE id BETWEEN $1::text::uuid AND $2::text::uuid ORDER BY id LIMIT {}",
        NAMED + 1
    );
    let found = work.select(&sql, &[&first, &last]).await?;
    match found.as_slice() {
        [] => Err(Failure::new(
            Exit::NotFound,
            format!("the tenant has no {called} whose id begins with {given}"),
        )
        .hint(format!("list them with `{list}`"))
        .into()),
        [only] => Ok(only.text("id").unwrap_or_default()),
        several => Err(ambiguous(called, given, several).into()),
    }
}

/// The row of the id that begins like this, by a query with the id as its parameter.
pub async fn row(work: &Work<'_>, kind: Kind, query: &str, given: &str) -> Result<Row, Trouble> {
    let id = find(work, kind, given).await?;
    let found = work.select(query, &[&id]).await?.pop();
    found.ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("the tenant has no {} {given}", kind.called))
            .hint(format!("list them with `{}`", kind.list))
            .into()
    })
}

/// The same for an option that may be left out.
pub async fn find_given(
    work: &Work<'_>,
    kind: Kind,
    given: Option<&String>,
) -> Result<Option<String>, Trouble> {
    match given {
        Some(given) => Ok(Some(find(work, kind, given).await?)),
        None => Ok(None),
    }
}

/// The id of an active user of the tenant, by e-mail or id.
pub async fn user(work: &Work<'_>, given: &str) -> Result<String, Trouble> {
    match range(given) {
        Some(_) => find(work, USER, given).await,
        None => work.text("SELECT awgp.find_user($1::text)::text", &[&given]).await,
    }
}

fn ambiguous(called: &str, given: &str, several: &[Row]) -> Failure {
    let text = |row: &Row, name| row.text(name).unwrap_or_default();
    let named: Vec<String> = several
        .iter()
        .take(NAMED)
        .map(|row| format!("{} {}", text(row, "id"), shown::line(&text(row, "name"))))
        .collect();
    let more = if several.len() > NAMED { ", …" } else { "" };
    Failure::new(Exit::BadArgument, format!("more than one {called} begins with {given}"))
        .note("detail", format!("{}{more}", named.join(", ")))
        .hint("write more digits of the id")
}

/// The least and the greatest id with this beginning; None where it is whole, too short, or no beginning of
/// an id.
pub fn range(given: &str) -> Option<(String, String)> {
    let digits: String = given.chars().filter(|c| *c != '-').collect();
    let is_beginning =
        (SHORTEST..32).contains(&digits.len()) && digits.bytes().all(|c| c.is_ascii_hexdigit());
    if !is_beginning {
        return None;
    }
    let filled = |with: char| {
        let text: String = digits.chars().chain(std::iter::repeat(with)).take(32).collect();
        Uuid::try_parse(&text).ok().map(|id| id.to_string())
    };
    Some((filled('0')?, filled('f')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_a_range_of_ids() {
        let (first, last) = range("3F2A91C4-5d").expect("a beginning");
        assert_eq!(first, "3f2a91c4-5d00-0000-0000-000000000000");
        assert_eq!(last, "3f2a91c4-5dff-ffff-ffff-ffffffffffff");
        for whole_or_none in ["3f2", "", "3f2a91c4-5d6e-4f70-8a1b-2c3d4e5f6071", "helper", "nope1234"] {
            assert_eq!(range(whole_or_none), None, "{whole_or_none}");
        }
    }
}
