//! Which member has a tenant: every member is asked, since only all of them know that it is one.

use super::asking::{Answers, On, each, of};
use super::file::Member;
use crate::ids;
use awgp_client::{Context, Exit, Failure, Trouble, Work};
use awgp_core::reason::Reason;

/// Where a tenant is.
#[derive(Debug)]
pub struct Place<'a> {
    /// Its member.
    pub member: &'a Member,
    /// Its id.
    pub tenant: String,
}

/// Tenants whose id begins like this, that the login sees.
const BEGINNING: &str = "
    SELECT id::text AS id FROM awgp.tenants
    WHERE id BETWEEN $1::text::uuid AND $2::text::uuid ORDER BY id LIMIT 2";

/// The member that has this tenant, by slug, id or the beginning of an id.
pub async fn tenant<'a>(on: On<'a>, named: &str) -> Result<Place<'a>, Failure> {
    let answers = each(on, async |session, _| {
        let exactly = {
            let work = session.begin(Context::default()).await?;
            work.text("SELECT awgp.find_tenant($1::text)::text", &[&named]).await
        };
        let refused = match exactly {
            Ok(id) => return Ok(vec![Found { id, is_exact: true }]),
            Err(trouble) => session.explain(trouble).await,
        };
        let Some((first, last)) = ids::range(named) else {
            let is_absent = refused.noted("reason") == Some(Reason::UnknownTenant.name());
            return if is_absent { Ok(Vec::new()) } else { Err(refused.into()) };
        };
        let work = session.begin(Context::default()).await?;
        beginning(&work, &first, &last).await
    });
    chosen(answers.await, named)
}

/// A tenant that a member has.
struct Found {
    id: String,
    /// Whether its slug or its whole id was given, and not the beginning of the id.
    is_exact: bool,
}

async fn beginning(work: &Work<'_>, first: &str, last: &str) -> Result<Vec<Found>, Trouble> {
    let rows = work.select(BEGINNING, &[&first, &last]).await?;
    Ok(rows.iter().filter_map(|row| Some(Found { id: row.text("id")?, is_exact: false })).collect())
}

/// The member whose tenant the access token is of.
pub async fn of_token(on: On<'_>) -> Result<Place<'_>, Failure> {
    let answers = each(on, async |session, _| {
        let entered = {
            match session.begin(Context::default()).await {
                Ok(work) => work.text("SELECT awgp.current_tenant()::text", &[]).await,
                Err(trouble) => Err(trouble),
            }
        };
        match entered {
            Ok(id) => Ok(vec![Found { id, is_exact: true }]),
            Err(trouble) => {
                let failure = session.explain(trouble).await;
                if failure.exit == Exit::NotAllowed { Ok(Vec::new()) } else { Err(failure.into()) }
            }
        }
    });
    chosen(answers.await, "of the access token")
}

/// The one place. A member that did not answer may have another one: that counts where only the beginning of
/// an id is given, or nobody has it.
fn chosen<'a>(answers: Answers<'a, Vec<Found>>, named: &str) -> Result<Place<'a>, Failure> {
    let mut places = Vec::new();
    let mut failures = Vec::new();
    for (member, answer) in answers.0 {
        match answer {
            Ok(found) => places.extend(found.into_iter().map(|found| (member, found))),
            Err(failure) => failures.push((member, failure)),
        }
    }
    // A slug may look like the beginning of an id.
    if places.iter().any(|(_, found)| found.is_exact) {
        places.retain(|(_, found)| found.is_exact);
    }
    if places.len() > 1 {
        let there: Vec<String> =
            places.iter().map(|(member, found)| format!("{} on {}", found.id, member.name)).collect();
        let message = format!("more than one tenant of the fleet fits \"{named}\"");
        return Err(Failure::of_reason(Reason::FleetAmbiguous, message)
            .note("detail", there.join(", "))
            .hint("write more of the id, or --member NAME; `awgp fleet status` shows what stands twice"));
    }
    match (places.pop(), failures.into_iter().next()) {
        (Some((member, found)), failed) if found.is_exact || failed.is_none() => {
            Ok(Place { member, tenant: found.id })
        }
        (_, Some((member, failure))) => Err(of(member, failure)),
        (_, None) => {
            let message = format!("no member of the fleet has a tenant \"{named}\"");
            Err(Failure::of_reason(Reason::UnknownTenant, message).hint(
                "list them with `awgp tenant list`; only members of awgp_admin and awgp_auditor see all",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::Fleet;
    use super::*;

    fn fleet() -> Fleet {
        let text = "[members.a]\nshard = 0\nurl = \"postgres://a/d\"\n[members.b]\nshard = 1\nurl = \"postgres://b/d\"\n";
        let file = std::env::temp_dir().join(format!("awgp-finding-{}.toml", uuid::Uuid::new_v4()));
        std::fs::write(&file, text).expect("a file");
        let fleet = Fleet::read(&file).expect("a fleet");
        std::fs::remove_file(file).expect("it is there");
        fleet
    }

    type Answer = Result<Vec<(&'static str, bool)>, ()>;

    /// The member and the tenant, or the reason or exit code.
    fn outcome(a: Answer, b: Answer) -> Result<String, String> {
        let fleet = fleet();
        let answer = |answer: Answer| {
            let found = |(id, is_exact): (&str, bool)| Found { id: id.to_owned(), is_exact };
            answer
                .map(|ids| ids.into_iter().map(found).collect())
                .map_err(|()| Failure::new(Exit::NoConnection, "it is dead"))
        };
        let answers = fleet.primaries().zip([answer(a), answer(b)]).collect();
        chosen(Answers(answers), "x")
            .map(|place| format!("{} {}", place.member.name, place.tenant))
            .map_err(|failure| failure.noted("reason").map_or(failure.exit.code().to_string(), str::to_owned))
    }

    #[test]
    fn one_member_has_it_or_it_is_absent_or_ambiguous() {
        assert_eq!(outcome(Ok(vec![]), Ok(vec![("1", true)])), Ok("b 1".to_owned()));
        assert_eq!(outcome(Ok(vec![]), Ok(vec![])), Err("unknown_tenant".to_owned()));
        assert_eq!(outcome(Ok(vec![("1", true)]), Ok(vec![("1", true)])), Err("fleet_ambiguous".to_owned()));
        assert_eq!(
            outcome(Ok(vec![("1", false), ("2", false)]), Ok(vec![])),
            Err("fleet_ambiguous".to_owned())
        );
        assert_eq!(outcome(Ok(vec![("1", true)]), Ok(vec![("2", false)])), Ok("a 1".to_owned()));
    }

    #[test]
    fn a_dead_member_matters_where_it_could_have_another_one() {
        assert_eq!(outcome(Err(()), Ok(vec![("1", true)])), Ok("b 1".to_owned()));
        assert_eq!(outcome(Err(()), Ok(vec![("1", false)])), Err("10".to_owned()));
        assert_eq!(outcome(Err(()), Ok(vec![])), Err("10".to_owned()));
    }
}
