//! The people of a site, as a file. Whoever comes from one logs in for the first time with the
//! link that "Forgot password?" mails: no hash is taken along unless it is asked for, and none
//! ever of an account with a second factor, which stays behind with the key that it is sealed by.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{
    domain::{
        administration::Action,
        email::EmailAddress,
        field::{Field, Problem},
        profile::{Bio, Image},
        role::Role,
        transfer::{Outcome, Reason},
        username::Username,
    },
    error::{Error, Problems},
    server::{
        audit::{self, By},
        clock::Timestamp,
        db::{Db, Tx, reading, violated, within},
        failure::Failure,
        names, passwords,
        users::{self, NewUser, key},
    },
};

/// The file's path.
pub const FILE: &str = "people.json";

/// Somebody with an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Person {
    /// The public name.
    pub username: String,
    /// Those that they had before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_usernames: Vec<String>,
    /// The address.
    pub email: String,
    /// What they may do.
    pub role: String,
    /// When the account began (RFC 3339).
    pub created: String,
    /// When the address was proved to be theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proved: Option<String>,
    /// Whether they may log in.
    pub active: bool,
    /// What they say of themselves.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub bio: String,
    /// The address of their picture.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub image: String,
    /// In PHC format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_hash: Option<String>,
}

/// All of them, by name; without those who are leaving, and with hashes if those are asked for.
///
/// # Errors
/// When the database cannot be read.
pub async fn all(db: &Db, with_hashes: bool) -> sqlx::Result<Vec<Person>> {
    const ALL: &str = "select id, username, email, created_at, confirmed_at, active, bio, image, \
         case when $1 and not exists (select 1 from authenticators where user_id = users.id) \
         and not exists (select 1 from passkeys where user_id = users.id) then password_hash end as password_hash, \
         coalesce((select max(role) from user_roles where user_id = users.id), '') as role, \
         coalesce((select string_agg(name_key, ',') from usernames where user_id = users.id \
         and name_key <> users.username_key), '') as former \
         from users where leaves_at is null and id <> $2";
    #[derive(FromRow)]
    struct Row {
        username: String,
        email: String,
        created_at: Timestamp,
        confirmed_at: Option<Timestamp>,
        active: bool,
        bio: String,
        image: String,
        password_hash: Option<String>,
        role: String,
        former: String,
    }
    let mut all: Vec<Row> = reading!(db, |pool| {
        sqlx::query_as(ALL)
            .bind(with_hashes)
            .bind(crate::server::leaving::FORMER)
            .fetch_all(pool)
            .await
    })?;
    all.sort_by_cached_key(|row| key(&row.username));
    let person = |row: Row| {
        let former = row.former.split(',').filter(|name| !name.is_empty());
        let mut former_usernames: Vec<String> = former.map(str::to_owned).collect();
        former_usernames.sort();
        Person {
            username: row.username,
            former_usernames,
            email: row.email,
            role: row.role,
            created: row.created_at.to_rfc3339(),
            proved: row.confirmed_at.map(Timestamp::to_rfc3339),
            active: row.active,
            bio: row.bio,
            image: row.image,
            password_hash: row.password_hash,
        }
    };
    Ok(all.into_iter().map(person).collect())
}

/// The account that has a name or had it, be it deactivated.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(db: &Db, name: &str) -> sqlx::Result<Option<Uuid>> {
    // Of whoever has gone the name is left.
    const FIND: &str = "select user_id from usernames where name_key = $1 and user_id is not null";
    let Ok(name) = Username::parse(name) else { return Ok(None) };
    reading!(db, |pool| {
        sqlx::query_scalar(FIND).bind(key(name.as_str())).fetch_optional(pool).await
    })
}

/// Somebody from a file, every field checked.
pub struct Newcomer {
    new: NewUser,
    former: Vec<Username>,
    created: Timestamp,
    proved: Option<Timestamp>,
    active: bool,
    about: (Bio, Image),
}

impl Newcomer {
    /// # Errors
    /// The [`Reason`] why they are left out.
    pub fn parse(person: &Person, no_password: &str, now: Timestamp) -> Result<Self, Reason> {
        let mut problems = Problems::default();
        let username = problems.check(Field::Username, Username::parse(&person.username));
        let email = problems.check(Field::Email, EmailAddress::parse(&person.email));
        let role = Role::from_name(&person.role).ok_or(Reason::Role)?;
        let hash = person.password_hash.as_deref().unwrap_or(no_password);
        let hash = Some(hash).filter(|hash| passwords::is_hash(hash)).ok_or(Problem::Malformed);
        let hash = problems.check(Field::Password, hash);
        let former: Result<Vec<_>, _> =
            person.former_usernames.iter().map(|name| Username::parse(name)).collect();
        let former = problems.check(Field::Username, former);
        let bio = problems.check(Field::Bio, Bio::parse(&person.bio));
        let image = problems.check(Field::Image, Image::parse(&person.image));
        let created = Timestamp::from_rfc3339(&person.created).ok_or(Reason::Time)?.min(now);
        let proved = match &person.proved {
            None => None,
            Some(text) => Some(Timestamp::from_rfc3339(text).ok_or(Reason::Time)?.min(now)),
        };
        let whole = || {
            let new = NewUser {
                username: username?,
                email: email?,
                password_hash: hash?.to_owned(),
                role,
            };
            let about = (bio?, image?);
            Some(Self { new, former: former?, created, proved, active: person.active, about })
        };
        whole().ok_or_else(|| match problems.into_error() {
            Error::Invalid(problems) => Reason::Fields(problems),
            _ => Reason::NoArticle,
        })
    }

    /// Makes the account. Somebody who has the name already is who is meant.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn store(&self, db: &Db, now: Timestamp) -> Result<Outcome, Failure> {
        let mut tx = db.begin().await?;
        match self.insert(&mut tx, now).await {
            Ok(()) => {
                tx.commit().await?;
                Ok(Outcome::Taken)
            }
            Err(error) if violated(&error).is_some() => {
                drop(tx);
                Ok(match users::taken(db, &self.new, now).await? {
                    Error::Invalid(problems) => Outcome::Skipped(Reason::Fields(problems)),
                    other => return Err(other.into()),
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn insert(&self, tx: &mut Tx, now: Timestamp) -> sqlx::Result<()> {
        const STATE: &str = "update users set active = $2, barred = not $2, bio = $3, image = $4 \
             where id = $1";
        let id = Uuid::now_v7();
        users::insert(tx, id, &self.new, self.created).await?;
        for name in &self.former {
            names::reserve(tx, id, name, self.created).await?;
        }
        if let Some(proved) = self.proved {
            users::note_proof(tx, id, proved).await?;
        }
        within!(&mut *tx, |c| {
            sqlx::query(STATE)
                .bind(id)
                .bind(self.active)
                .bind(self.about.0.as_str())
                .bind(self.about.1.as_str())
                .execute(c)
                .await
                .map(|_| ())
        })?;
        let on = (id, self.new.username.as_str());
        let by = By::command_line(now);
        audit::write(tx, &by, on, Action::Created, self.new.role.name()).await
    }
}
