//! Data to measure with: `byline seed`.

use anyhow::Context;

use super::{
    articles::saving::{self, Basis, Intent, Which, text::Text},
    clock::Clock,
    db::Db,
    failure::Failure,
    passwords::Passwords,
    users::{self, NewUser, User},
};
use crate::{
    domain::{
        article::{Body, Description, Tags, Title, Visibility, details::Direction},
        email::EmailAddress,
        image::Cover,
        password::Password,
        role::Role,
        username::Username,
    },
    error::Error,
};

/// How many ships there are, each with a name of its own that begins as the others do.
const SHIPS: u32 = 18;

/// The password of every seeded account.
const PASSWORD: &str = "correct horse battery";

/// Makes `user0001` and so on, and spreads articles of some 3,000 bytes over them. A person
/// who exists already is kept; articles are added.
///
/// # Errors
/// When the database cannot be written.
pub async fn seed(db: &Db, clock: &Clock, users: u32, articles: u32) -> anyhow::Result<()> {
    let passwords = Passwords::new()?;
    let parsed = Password::parse_given(PASSWORD.into()).ok().context("the seed's password")?;
    let hash = passwords.hash(&parsed).await?;
    let mut authors = Vec::new();
    for n in 1..=users {
        authors.push(author(db, clock, n, &hash).await?);
    }
    for n in 0..articles {
        let Some(author) = authors.get((n % users.max(1)) as usize) else { break };
        let basis = Basis { which: Which::New(None), version: 0, replaces: false };
        saving::save(db, author, basis, &article(n)?, Intent::Publish, clock.now()).await?;
        if n % 1000 == 999 {
            eprintln!("{} of {articles} articles", n + 1);
        }
    }
    Ok(())
}

async fn author(db: &Db, clock: &Clock, n: u32, hash: &str) -> anyhow::Result<User> {
    let name = format!("user{n:04}");
    let new = NewUser {
        username: Username::parse(&name).ok().context("the seed's name")?,
        email: EmailAddress::parse(&format!("{name}@example.org"))
            .ok()
            .context("the seed's address")?,
        password_hash: hash.into(),
        role: Role::Author,
    };
    match users::create(db, &new, clock.now()).await {
        Ok(_) | Err(Failure::Refused(Error::Invalid(_))) => {}
        Err(other) => return Err(other.into()),
    }
    users::find_named(db, &name).await?.context("a seeded person is deactivated")
}

fn article(n: u32) -> anyhow::Result<Text> {
    const PARAGRAPH: &str = "The harbour was quiet when the first boats came back. Nobody on the quay spoke of the \
        weather; everybody looked at **the water**, which had the colour of slate, and at the nets.\n\n";
    // One of several words with one beginning, for whoever searches for that.
    let ship = n % SHIPS;
    let body = format!("## Report {n}\n\n{}First came trawler{ship}.\n", PARAGRAPH.repeat(16));
    Ok(Text {
        cover: Cover::default(),
        title: Title::parse(&format!("Report {n} from the harbour"))
            .ok()
            .context("the seed's title")?,
        description: Description::parse("What the first boats brought back.")
            .ok()
            .context("the seed's description")?,
        body: Body::parse(&body).ok().context("the seed's text")?,
        tags: Tags::parse("harbour, reports").ok().context("the seed's tags")?,
        visibility: Visibility::Public,
        slug: None,
        canonical: None,
        language: None,
        direction: Direction::Auto,
        publish_at: None,
    })
}
