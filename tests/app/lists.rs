//! Lists of articles, and how many there are.

use std::collections::BTreeMap;

use byline::server::{
    articles::{lists::Shelf, walking::End, weeks},
    clock::Clock,
    db::Db,
    seed::seed,
};
use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    plans,
    support::{Answer, Browser, Engine, TestApp, story},
    weeks::weeks_are_right,
};

const BODY: (&str, &str) = ("body", "Enough words to be an article.");

/// Every shelf, and the index that its pages come from.
const SHELVES: [(Shelf<'static>, &str); 6] = [
    (Shelf::Public, "articles_public"),
    (Shelf::Published, "articles_published"),
    (Shelf::Author { author: Uuid::nil(), member: false }, "articles_by_author_public"),
    (Shelf::Author { author: Uuid::nil(), member: true }, "articles_by_author"),
    (Shelf::Tagged { tag: "harbour", member: false }, "article_tags_public"),
    (Shelf::Tagged { tag: "harbour", member: true }, "article_tags_published"),
];

fn from_both_ends() -> impl Iterator<Item = ((Shelf<'static>, &'static str), End)> {
    SHELVES.into_iter().flat_map(|shelf| [(shelf, End::First), (shelf, End::Last)])
}

/// Also when the database was closed while it was so small that reading all of it was cheaper.
#[tokio::test]
async fn on_sqlite_every_list_walks_one_index_alone_and_sorts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("byline.db").display());
    let small = Db::open(&url).await.unwrap();
    small.migrate().await.unwrap();
    seed(&small, &Clock::system(), 1, 1).await.unwrap();
    small.close().await;
    let db = Db::open(&url).await.unwrap();
    for ((shelf, index), end) in from_both_ends() {
        let plan = plans::on_sqlite(&db, &with_values(shelf, end)).await;
        let covering = format!("p USING COVERING INDEX {index}");
        assert!(
            plan.iter().any(|step| step.trim_end().ends_with(&covering)
                || step.contains(&format!("{covering} "))),
            "{shelf:?} does not walk {index} alone: {plan:#?}"
        );
        assert!(
            plan.concat().contains("published_at>? AND published_at<?"),
            "{shelf:?}: {plan:#?}"
        );
        for step in &plan {
            let whole_table =
                step.starts_with("SCAN") && step != "SCAN k" && !step.contains("INDEX");
            assert!(!whole_table && !step.contains("TEMP B-TREE"), "{shelf:?}: {plan:#?}");
        }
    }
    for end in [End::First, End::Last] {
        let plan = plans::on_sqlite(&db, &of_site(end)).await.join("\n");
        assert!(
            plan.contains("SEARCH weeks USING INDEX sqlite_autoindex_weeks_1 (scope=?)"),
            "{plan}"
        );
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}

#[tokio::test]
async fn on_postgres_every_list_can_walk_one_index_alone_and_sort_nothing() {
    let app = TestApp::start(Engine::Postgres).await;
    for ((shelf, index), end) in from_both_ends() {
        let plan = plans::on_postgres(&app.state.db, &with_values(shelf, end)).await;
        let scan = if end == End::First { "Index Only Scan Backward" } else { "Index Only Scan" };
        assert!(plan.contains(&format!("{scan} using {index} ")), "{plan}");
        let cond = plan.lines().find(|line| line.contains("Index Cond") && line.contains(">="));
        assert!(cond.is_some_and(|cond| cond.contains("published_at <=")), "{shelf:?}: {plan}");
        assert!(!plan.contains("Sort"), "{shelf:?}: {plan}");
    }
    for end in [End::First, End::Last] {
        let plan = plans::on_postgres(&app.state.db, &of_site(end)).await;
        let scan = if end == End::First { "Index Scan Backward" } else { "Index Scan" };
        assert!(plan.contains(&format!("{scan} using weeks_pkey ")), "{plan}");
        assert!(!plan.contains("Sort"), "{plan}");
    }
}

/// A shelf's statement from that end with values in the place of its parameters.
fn with_values(shelf: Shelf<'_>, end: End) -> String {
    let whose = match shelf {
        Shelf::Tagged { .. } => "'harbour'",
        _ => "'00000000-0000-0000-0000-000000000000'",
    };
    let sql = shelf.sql(end).replace("$1", "10").replace("$2", "20");
    sql.replace("$3", "1800000000000000").replace("$4", "0").replace("$5", whose)
}

/// The statement that finds a week from that end, likewise.
fn of_site(end: End) -> String {
    weeks::sql(end).replace("$1", "'site'").replace("$2", "false").replace("$3", "5000")
}

story!(
    a_tag_and_an_author_show_a_stranger_what_is_public_and_a_member_what_is_published,
    |engine| {
        let app = TestApp::start(engine).await;
        let (ada, bob) = (app.person("ada").await, app.person("bob").await);
        for n in 1..=12 {
            app.state.clock.advance(std::time::Duration::from_secs(1));
            tagged(&ada, &format!("Open {n}."), "harbour", "published", "public").await;
            tagged(&ada, &format!("Closed {n}."), "harbour", "published", "members").await;
            tagged(&ada, &format!("Hidden {n}."), "harbour", "draft", "public").await;
        }
        for (function, name, value) in
            [("tagged", "tag", "harbour"), ("profile", "username", "ada")]
        {
            for (browser, total) in [(&app.browser(), 12), (&bob, 24)] {
                let mut titles = Vec::new();
                for page in ["1", "2", "3", "4"] {
                    let answer =
                        browser.ask(function, &[(name, value), ("page", page)]).await.json();
                    let list = if function == "profile" { &answer["articles"] } else { &answer };
                    assert_eq!(list["total"], total, "{function}: {answer}");
                    titles.extend(titles_of(list));
                }
                let expected: Vec<String> = (1..=12)
                    .rev()
                    .flat_map(|n| [format!("Closed {n}."), format!("Open {n}.")])
                    .filter(|title| total == 24 || title.starts_with("Open"))
                    .collect();
                assert_eq!(titles, expected, "{function}");
            }
        }
    }
);

story!(what_is_unpublished_retagged_or_deleted_leaves_its_tag, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    tagged(&ada, "One", "harbour, boats", "published", "public").await;
    tagged(&ada, "Two", "harbour", "published", "members").await;
    tallies_are_right(&app).await;
    let on = |tag: &'static str| {
        let ada = &ada;
        async move { titles_of(&ada.ask("tagged", &[("tag", tag), ("page", "1")]).await.json()) }
    };
    let again = |slug, version, tags, status| {
        let fields = [
            ("slug", slug),
            ("version", version),
            ("title", slug),
            BODY,
            ("tags", tags),
            ("status", status),
        ];
        let ada = &ada;
        async move { assert_eq!(ada.call("save-article", &fields).await.status, StatusCode::OK) }
    };
    assert_eq!(on("harbour").await, ["Two", "One"]);

    again("one", "1", "harbour, boats", "draft").await;
    assert_eq!((on("harbour").await, on("boats").await), (vec!["Two".to_owned()], vec![]));
    tallies_are_right(&app).await;

    again("one", "2", "boats, nets", "published").await;
    assert_eq!(
        (on("harbour").await.len(), on("boats").await.len(), on("nets").await.len()),
        (1, 1, 1)
    );
    tallies_are_right(&app).await;

    again("two", "1", "nets", "published").await;
    assert_eq!(on("nets").await, ["two", "one"], "by the first publication");
    tallies_are_right(&app).await;

    for slug in ["one", "two"] {
        assert_eq!(ada.call("delete-article", &[("slug", slug)]).await.status, StatusCode::OK);
    }
    tallies_are_right(&app).await;
    assert_eq!(
        app.count("select (select count(*) from tallies) + (select count(*) from weeks)").await,
        0,
        "a word of what was deleted stays"
    );
});

story!(whatever_many_writers_do_at_once_the_counts_stay_right, |engine| {
    let app = TestApp::start(engine).await;
    let people = [app.person("ada").await, app.person("bob").await, app.person("eve").await];
    join_all(people.iter().enumerate().map(|(who, person)| busy(person, who))).await;
    tallies_are_right(&app).await;
    assert!(app.count("select count(*) from articles").await > 0);
});

/// Publishes, unpublishes, retags and deletes, with some of each under way at once.
async fn busy(person: &Browser, who: usize) {
    const TAGS: [&str; 5] = ["a, b, c", "c, b, a", "d, a", "", "b, e, d, c"];
    const KINDS: [(&str, &str); 3] =
        [("published", "public"), ("draft", "public"), ("published", "members")];
    let mut slugs = Vec::new();
    for n in 0..6 {
        let (status, visibility) = KINDS[n % KINDS.len()];
        let title = format!("By {who} number {n}");
        let answer = tagged(person, &title, TAGS[n % TAGS.len()], status, visibility).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        slugs.push(slug::slugify(title));
    }
    for version in 1..=4_usize {
        let number = version.to_string();
        let saves = slugs.iter().enumerate().flat_map(|(n, slug)| {
            let number = &number;
            // Three tabs save the same version: one of them is stored.
            (0..3).map(move |tab| async move {
                let (status, visibility) = KINDS[(n + tab + version) % KINDS.len()];
                let fields = [
                    ("slug", slug.as_str()),
                    ("version", number),
                    ("title", slug),
                    BODY,
                    ("tags", TAGS[(n + tab + version) % TAGS.len()]),
                    ("status", status),
                    ("visibility", visibility),
                ];
                let answer = person.call("save-article", &fields).await;
                let fine = [StatusCode::OK, StatusCode::CONFLICT, StatusCode::NOT_FOUND];
                assert!(fine.contains(&answer.status), "{}", answer.body);
            })
        });
        let delete = async {
            let answer = person.call("delete-article", &[("slug", &slugs[version])]).await;
            let fine = [StatusCode::OK, StatusCode::NOT_FOUND];
            assert!(fine.contains(&answer.status), "{}", answer.body);
        };
        tokio::join!(join_all(saves), delete);
    }
}

async fn tagged(
    author: &Browser,
    title: &str,
    tags: &str,
    status: &str,
    visibility: &str,
) -> Answer {
    let fields =
        [("title", title), BODY, ("tags", tags), ("status", status), ("visibility", visibility)];
    author.call("save-article", &fields).await
}

fn titles_of(list: &Value) -> Vec<String> {
    let previews = list["previews"].as_array().unwrap();
    previews.iter().map(|article| article["title"].as_str().unwrap().to_owned()).collect()
}

/// The counts that are kept are the counts that are, and no others; and tags repeat what
/// their articles are.
pub async fn tallies_are_right(app: &TestApp) {
    const ARTICLES: &str = "select id, author_id, status, visibility, published_at from articles";
    const TAGS: &str = "select article_id, tag, status, visibility, published_at from article_tags";
    const TALLIES: &str = "select scope, kind, count from tallies";
    type Article = (Uuid, Uuid, String, String, Option<i64>);
    type Tag = (Uuid, String, String, String, Option<i64>);
    let articles: Vec<Article> = app.rows(ARTICLES).await;
    let tags: Vec<Tag> = app.rows(TAGS).await;
    let tallies: Vec<(String, String, i64)> = app.rows(TALLIES).await;
    let mut counted: BTreeMap<(String, String), i64> = BTreeMap::new();
    for (id, author, status, visibility, published_at) in articles {
        let kind = if status == "draft" { &status } else { &visibility };
        let mut scopes = vec!["site".to_owned(), format!("author:{author}")];
        for (_, tag, tag_status, tag_visibility, tag_published_at) in
            tags.iter().filter(|(article, ..)| *article == id)
        {
            let repeated = (tag_status, tag_visibility, tag_published_at);
            assert_eq!(repeated, (&status, &visibility, &published_at), "{tag}");
            scopes.extend((status == "published").then(|| format!("tag:{tag}")));
        }
        // What is deleted is no tally's.
        if status == "deleted" {
            continue;
        }
        for scope in scopes {
            *counted.entry((scope, kind.clone())).or_default() += 1;
        }
    }
    let kept: BTreeMap<_, _> =
        tallies.into_iter().map(|(scope, kind, count)| ((scope, kind), count)).collect();
    assert_eq!(kept, counted);
    let wrong = "select count(*) from articles where (select count(*) from favorites where article_id = articles.id) \
         <> coalesce((select count from favorite_tallies where article_id = articles.id), 0)";
    assert_eq!(app.count(wrong).await, 0, "favourites");
    weeks_are_right(app).await;
}
