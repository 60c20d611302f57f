//! Finding accounts, and all that an administrator can know of one.

use std::cmp::Reverse;

use sqlx::FromRow;
use uuid::Uuid;

use crate::{
    domain::{
        administration::{Dossier, People, Person},
        field::{Field, has_controls},
        page::Cut,
        role::Role,
    },
    error::Error,
    server::{
        audit,
        clock::Timestamp,
        db::{Db, reading},
        failure::Failure,
        security_log,
        users::{self, User},
    },
};

/// Accounts on a page.
const PER_PAGE: u32 = 20;

/// What a [`Row`] is read from, of the accounts `u` that `$from` gives.
macro_rules! select_people {
    ($from:literal) => {
        concat!(
            "select u.id, u.username, u.email, u.active, \
             case when u.barred then null else u.leaves_at end as leaves_at, u.confirmed_at, u.created_at, \
             coalesce((select string_agg(role, ',') from user_roles where user_id = u.id), '') as roles, \
             (select max(last_seen_at) from sessions where user_id = u.id) as seen_at, \
             (select max(created_at) from security_events where user_id = u.id and kind = 'logged_in') \
             as logged_in_at from ",
            $from
        )
    };
}

/// The statement that reads a page: `$1` is the pattern that a name or an address shall match,
/// `$2` how many, `$3` after how many. What is looked for stands in the index that it is sorted
/// by; only then are accounts touched. The one that signs for former members is nobody's.
pub const LIST: &str = select_people!(
    "(select p.id from users p where (p.username_key like $1 escape '\\' or p.email_key like $1 escape '\\') \
     and p.username_key <> ' former' order by p.created_at desc, p.id desc limit $2 offset $3) k \
     join users u on u.id = k.id"
);

#[derive(FromRow)]
struct Row {
    id: Uuid,
    username: String,
    email: String,
    active: bool,
    leaves_at: Option<Timestamp>,
    confirmed_at: Option<Timestamp>,
    created_at: Timestamp,
    roles: String,
    seen_at: Option<Timestamp>,
    logged_in_at: Option<Timestamp>,
}

impl Row {
    fn into_person(self) -> Person {
        Person {
            username: self.username,
            email: self.email,
            roles: self.roles.split(',').filter_map(Role::from_name).collect(),
            active: self.active,
            closed: self.leaves_at.map(Timestamp::to_when),
            confirmed: self.confirmed_at.is_some(),
            since: self.created_at.to_when(),
            // A session that has ended is no longer there to say so.
            seen: self.seen_at.max(self.logged_in_at).map(Timestamp::to_minute),
        }
    }
}

/// One page of the accounts whose name or address has `wanted` in it, the newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(db: &Db, wanted: &str, page: u32) -> sqlx::Result<People> {
    let (wanted, cut) = (wanted.trim(), Cut::new(page, PER_PAGE));
    let page = cut.page;
    let mut people = People { people: Vec::new(), wanted: wanted.to_owned(), page, more: false };
    // No name and no address has one, nor is any that long.
    if has_controls(wanted) || wanted.chars().count() > Field::Email.length().max {
        return Ok(people);
    }
    let mut rows: Vec<Row> = reading!(db, |pool| {
        let page = sqlx::query_as(LIST).bind(pattern(wanted)).bind(cut.read()).bind(cut.past());
        page.fetch_all(pool).await
    })?;
    // A join promises no order.
    rows.sort_unstable_by_key(|row| Reverse((row.created_at, row.id)));
    people.more = cut.trim(&mut rows);
    people.people = rows.into_iter().map(Row::into_person).collect();
    Ok(people)
}

/// What `like` matches with everything that has this in it, and with nothing else: the three
/// characters that mean more to it than themselves are escaped.
fn pattern(wanted: &str) -> String {
    let mut pattern = String::from("%");
    for c in users::key(wanted).chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern + "%"
}

/// All that an administrator can know of the person of that name, be they deactivated.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(
    db: &Db,
    username: &str,
    viewer: User,
    now: Timestamp,
) -> Result<Dossier, Failure> {
    const FIND: &str = select_people!("users u where u.username_key = $1");
    const SESSIONS: &str = "select count(*) from sessions where user_id = $1 and ends_at > $2";
    if has_controls(username) {
        return Err(Error::NotFound.into());
    }
    let key = users::key(username);
    let row: Option<Row> =
        reading!(db, |pool| sqlx::query_as(FIND).bind(&key).fetch_optional(pool).await)?;
    let row = row.ok_or(Error::NotFound)?;
    let id = row.id;
    let sessions: i64 = reading!(db, |pool| {
        sqlx::query_scalar(SESSIONS).bind(id).bind(now).fetch_one(pool).await
    })?;
    Ok(Dossier {
        person: row.into_person(),
        sessions: u32::try_from(sessions).unwrap_or(u32::MAX),
        events: security_log::latest(db, id, now).await?,
        deeds: audit::about(db, id, now).await?,
        viewer: viewer.username,
    })
}
