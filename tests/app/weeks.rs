//! Lists that are so long that a page in the middle is looked for in its week.

use std::{cmp::Reverse, collections::BTreeMap, time::Duration};

use byline::{
    domain::page::PER_PAGE,
    server::{
        articles::lists::{self, Shelf},
        leaving,
    },
};
use reqwest::StatusCode;
use uuid::Uuid;

use crate::{
    life::{manuscript, save},
    lists::tallies_are_right,
    support::{Browser, Engine, PASSWORD, TestApp, story},
};

const DAY: Duration = Duration::from_secs(24 * 3600);
const WEEK: i64 = 7 * 24 * 3600 * 1_000_000;
const SHARED: &str = include_str!("../../migrations/0024_weeks.sql");
const ON_SQLITE: &str = include_str!("../../migrations/sqlite/0025_weeks_of_authors.sql");
const ON_POSTGRES: &str = include_str!("../../migrations/postgres/0025_weeks_of_authors.sql");

/// 2,400 articles in 75 of 149 weeks, of ada and of bob. Of each week some share their moment, the
/// first or the last of it; `minutes` is the number.
macro_rules! articles_sql {
    ($key:literal) => {
        concat!(
            "insert into articles (id, author_id, slug, title, description, body, html, minutes, visibility, status, \
             version, created_at, updated_at, published_at, appeared) \
             with recursive n (i) as (select 1 union all select i + 1 from n where i < 2400) select ",
            $key,
            ", (select id from users where username = case when i % 5 = 0 then 'bob' else 'ada' end), \
             'many-' || i, 'Many ' || i, '', 'Words enough for it.', '', i, \
             case when i % 3 = 1 then 'members' else 'public' end, 'published', 1, 1, 1, \
             (2712 + i * i % 149) * 604800000000 + \
             case i % 4 when 0 then 0 when 1 then 3600000000 when 2 then 259200000000 else 604799999999 end, true from n"
        )
    };
}

/// Under one tag nine in ten are, under another one in three.
const TAGS: &str = "insert into article_tags (article_id, tag, position, visibility, status, published_at) \
     select a.id, t.tag, t.position, a.visibility, a.status, a.published_at from articles a \
     join (select 'harbour' as tag, 0 as position union all select 'boats', 1) t \
     on (t.tag = 'harbour' and a.minutes % 10 <> 0) or (t.tag = 'boats' and a.minutes % 3 = 0)";
const SLUGS: &str = "insert into article_slugs (slug, article_id) select slug, id from articles";
const PUBLIC: &str = "insert into tallies (scope, kind, count) \
     select scope, 'public', sum(public) from weeks group by scope having sum(public) > 0";
const MEMBERS: &str = "insert into tallies (scope, kind, count) \
     select scope, 'members', sum(members) from weeks group by scope having sum(members) > 0";

async fn seed(app: &TestApp, engine: Engine) {
    app.execute(match engine {
        Engine::Sqlite => articles_sql!("randomblob(16)"),
        Engine::Postgres => articles_sql!("gen_random_uuid()"),
    })
    .await;
    app.execute(TAGS).await;
    app.execute(SLUGS).await;
    count(app, engine).await;
}

/// As the steps of the schema do.
async fn count(app: &TestApp, engine: Engine) {
    let own = match engine {
        Engine::Sqlite => ON_SQLITE,
        Engine::Postgres => ON_POSTGRES,
    };
    app.execute("delete from tallies").await;
    for step in [SHARED, own] {
        let fill = &step[step.find("insert into weeks").unwrap()..];
        for statement in fill.split_terminator(";\n") {
            app.execute(statement).await;
        }
    }
    app.execute(PUBLIC).await;
    app.execute(MEMBERS).await;
}

/// The counts of weeks that are kept are those that one would count, and no others.
pub async fn weeks_are_right(app: &TestApp) {
    const ARTICLES: &str = "select author_id, visibility, published_at from articles \
         where status = 'published'";
    const TAGS: &str = "select tag, visibility, published_at from article_tags \
         where status = 'published'";
    const KEPT: &str = "select scope, week, public, members from weeks";
    let articles: Vec<(Uuid, String, i64)> = app.rows(ARTICLES).await;
    let tags: Vec<(String, String, i64)> = app.rows(TAGS).await;
    let kept: Vec<(String, i64, i64, i64)> = app.rows(KEPT).await;
    let of_articles = articles.into_iter().flat_map(|(author, visibility, at)| {
        ["site".to_owned(), format!("author:{author}")].map(|scope| (scope, visibility.clone(), at))
    });
    let of_tags =
        tags.into_iter().map(|(tag, visibility, at)| (format!("tag:{tag}"), visibility, at));
    let mut counted: BTreeMap<(String, i64), (i64, i64)> = BTreeMap::new();
    for (scope, visibility, at) in of_articles.chain(of_tags) {
        let (public, members) = counted.entry((scope, at / WEEK)).or_default();
        *(if visibility == "public" { public } else { members }) += 1;
    }
    let kept: BTreeMap<_, _> = kept
        .into_iter()
        .map(|(scope, week, public, members)| ((scope, week), (public, members)))
        .collect();
    assert_eq!(kept, counted, "weeks");
}

#[derive(sqlx::FromRow)]
struct Article {
    id: Uuid,
    author_id: Uuid,
    slug: String,
    visibility: String,
    published_at: i64,
    /// Whether it has the tag that the shelves are of.
    tagged: bool,
}

/// What has appeared, newest first.
async fn appeared(app: &TestApp) -> Vec<Article> {
    const APPEARED: &str = "select id, author_id, slug, visibility, published_at, \
         exists (select 1 from article_tags t where t.article_id = a.id and t.tag = 'harbour') as tagged \
         from articles a where status = 'published'";
    let now = i64::from_be_bytes(app.state.clock.now().to_bytes());
    let mut articles: Vec<Article> = app.rows(APPEARED).await;
    articles.retain(|article| article.published_at <= now);
    articles.sort_by_key(|article| Reverse((article.published_at, article.id)));
    articles
}

/// What is on a shelf of ada's, of a tag, or of the site.
fn expected<'a>(articles: &'a [Article], shelf: Shelf<'_>) -> Vec<&'a str> {
    let is_on = |article: &&Article| {
        let is_public = article.visibility == "public";
        match shelf {
            Shelf::Public => is_public,
            Shelf::Published => true,
            Shelf::Author { author, member } => {
                article.author_id == author && (member || is_public)
            }
            Shelf::Tagged { member, .. } => article.tagged && (member || is_public),
        }
    };
    articles.iter().filter(is_on).map(|article| article.slug.as_str()).collect()
}

/// Every one of so many pages of each shelf is what it has to be, and so is the sitemap.
async fn pages_are_right(app: &TestApp, one_of: usize, after: &str) {
    tallies_are_right(app).await;
    let (db, now) = (&app.state.db, app.state.clock.now());
    let articles = appeared(app).await;
    let ada = articles.iter().find(|article| article.slug == "many-1").unwrap().author_id;
    for member in [false, true] {
        for shelf in [
            if member { Shelf::Published } else { Shelf::Public },
            Shelf::Author { author: ada, member },
            Shelf::Tagged { tag: "harbour", member },
        ] {
            let expected = expected(&articles, shelf);
            assert!(expected.len() > 1050, "{shelf:?} is short: {}", expected.len());
            let pages = expected.chunks(PER_PAGE as usize).zip(1..);
            for (slugs, page) in pages.filter(|(_, page)| (*page as usize).is_multiple_of(one_of)) {
                let list = lists::list(db, shelf, page, now).await.unwrap();
                let shown: Vec<_> = list.previews.iter().map(|shown| shown.slug.as_str()).collect();
                assert_eq!(shown, slugs, "page {page} of {shelf:?} after {after}");
                assert_eq!(list.total, expected.len() as u64, "{shelf:?} after {after}");
            }
        }
    }
    let mut oldest = expected(&articles, Shelf::Public);
    oldest.reverse();
    for (slugs, before) in oldest.chunks(150).zip(0..) {
        let part = lists::oldest_public(db, before, 150, now).await.unwrap();
        assert!(part.iter().map(|(slug, _)| slug).eq(slugs), "part {before} after {after}");
    }
}

/// Saves an article that is there with other tags, or as another kind.
async fn change(author: &Browser, slug: &str, more: &[(&str, &str)]) {
    let version = manuscript(author, slug).await["version"].to_string();
    let fields = [("slug", slug), ("version", &version), ("title", slug), ("body", "Other words.")];
    save(author, &[&fields[..], more].concat()).await;
}

async fn done(author: &Browser, function: &str, fields: &[(&str, &str)]) {
    let answer = author.call(function, fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{function}: {}", answer.body);
}

story!(every_page_of_a_long_list_is_right_whatever_is_done_to_its_articles, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    seed(&app, engine).await;
    pages_are_right(&app, 1, "the beginning").await;

    let (draft, published) = (("status", "draft"), ("status", "published"));
    let (public, members) = (("visibility", "public"), ("visibility", "members"));
    change(&ada, "many-601", &[draft, public, ("tags", "harbour")]).await;
    pages_are_right(&app, 9, "unpublishing").await;
    change(&ada, "many-601", &[published, members, ("tags", "harbour, nets")]).await;
    pages_are_right(&app, 9, "publishing again for members").await;
    change(&ada, "many-602", &[published, members, ("tags", "harbour")]).await;
    change(&ada, "many-604", &[published, public, ("tags", "boats")]).await;
    pages_are_right(&app, 9, "changing tags and visibility").await;
    for slug in ["many-901", "many-902", "many-904"] {
        done(&ada, "delete-article", &[("slug", slug)]).await;
    }
    pages_are_right(&app, 9, "deleting").await;
    done(&ada, "restore-article", &[("slug", "many-902")]).await;
    pages_are_right(&app, 9, "bringing back").await;

    // What appears later stands before all that has appeared, and is on no list.
    let in_days = |days| app.state.clock.now().after(days * DAY).to_local();
    for n in 1..=45 {
        let (title, at) = (format!("Later {n}"), in_days(n % 20 + 1));
        let fields = [("title", &*title), ("body", "Enough words for it."), ("tags", "harbour")];
        save(&ada, &[&fields[..], &[published, ("publish_at", &at)]].concat()).await;
    }
    pages_are_right(&app, 9, "scheduling").await;
    let [sooner, never] = [2, 400].map(in_days);
    change(&ada, "later-3", &[published, ("tags", "harbour"), ("publish_at", &sooner)]).await;
    change(&ada, "later-4", &[published, ("tags", "harbour"), ("publish_at", &never)]).await;
    change(&ada, "later-5", &[draft, ("tags", "harbour"), ("publish_at", &never)]).await;
    pages_are_right(&app, 9, "rescheduling").await;
    app.state.clock.advance(9 * DAY);
    assert_eq!(ada.log_in("ada", PASSWORD).await.status, StatusCode::OK);
    save(
        &ada,
        &[("title", "Now"), ("body", "Enough words for it."), ("tags", "harbour"), published],
    )
    .await;
    pages_are_right(&app, 9, "some days").await;

    assert_eq!(bob.log_in("bob", PASSWORD).await.status, StatusCode::OK);
    done(&bob, "delete-account", &[("username", "bob"), ("articles", "keep")]).await;
    app.state.clock.advance(15 * DAY);
    leaving::finish_due(&app.state.db, app.state.clock.now()).await.unwrap();
    pages_are_right(&app, 1, "handing over").await;
});

story!(what_appears_later_in_a_week_that_has_begun_moves_no_page, |engine| {
    const MOVE: &str = "update articles set published_at = 3300 * 604800000000 + minutes * 60000000 \
         + case when minutes > 2350 then 604800000000 else 0 end";
    let app = TestApp::start(engine).await;
    let (_ada, _bob) = (app.person("ada").await, app.person("bob").await);
    seed(&app, engine).await;
    app.execute(MOVE).await;
    for emptied in ["delete from article_tags", "delete from weeks"] {
        app.execute(emptied).await;
    }
    app.execute(TAGS).await;
    count(&app, engine).await;
    // A hundred and fifty of that week are still to appear, and fifty of the next.
    let now = i64::from_be_bytes(app.state.clock.now().to_bytes());
    let then = 3300 * WEEK + 2200 * 60_000_000;
    app.state.clock.advance(Duration::from_micros((then - now).unsigned_abs()));
    pages_are_right(&app, 1, "most of a week").await;
    app.state.clock.advance(7 * DAY);
    pages_are_right(&app, 1, "the week").await;
});

story!(a_page_near_an_end_asks_for_no_week_and_one_that_is_far_does, |engine| {
    let app = TestApp::start(engine).await;
    let (_ada, _bob) = (app.person("ada").await, app.person("bob").await);
    seed(&app, engine).await;
    let slugs = async |page| {
        let (db, now) = (&app.state.db, app.state.clock.now());
        let list = lists::list(db, Shelf::Published, page, now).await.unwrap();
        list.previews.into_iter().map(|preview| preview.slug).collect::<Vec<_>>()
    };
    let pages = [1, 50, 51, 190, 191, 240];
    let mut before = Vec::new();
    for page in pages {
        before.push(slugs(page).await);
    }
    // A count that is wrong tells who goes by it.
    app.execute("update weeks set public = public + 5 where scope = 'site'").await;
    for ((page, before), is_far) in
        pages.into_iter().zip(before).zip([false, false, true, true, false, false])
    {
        assert_eq!(slugs(page).await != before, is_far, "page {page}");
    }
});
