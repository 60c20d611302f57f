//! Two things that do not go together, at once.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::json;
use uuid::Uuid;

use crate::{
    downloads::download,
    earlier::{USER, insert},
    images::{jpeg, taken},
    leaving::is_counted_right,
    support::{Engine, TestApp, story},
    transfer::{counts, sent},
};

story!(of_two_imports_of_one_file_at_once_each_article_comes_once, |engine| {
    const ARTICLES: i64 = 8;
    let from = TestApp::start(engine).await;
    let ada = from.person("ada").await;
    let picture = taken(&ada, &jpeg(40, 30, 1), "Fog").await;
    for n in 0..ARTICLES {
        let (title, body) = (format!("Fog {n}"), format!("Enough words: ![Fog]({picture})"));
        let status = if n % 2 == 0 { "published" } else { "draft" };
        let fields = [("title", &*title), ("body", &body), ("tags", "sea"), ("status", status)];
        assert_eq!(ada.call("save-article", &fields).await.status, StatusCode::OK);
    }
    let (_, _, zip) = download(&from, &ada).await;
    for round in 0..3 {
        let to = TestApp::start(engine).await;
        let ada = to.person("ada").await;
        let both = join_all([0; 2].map(|_| sent(&to, &ada, &zip))).await;
        let sums = both.iter().map(counts).fold((0, 0, 0), |sums, (taken, there, skipped)| {
            (sums.0 + taken, sums.1 + there, sums.2 + skipped)
        });
        let articles = u64::try_from(ARTICLES).unwrap();
        assert_eq!(sums, (articles, articles, 0), "{round}: {both:?}");
        assert_eq!(to.count("select count(*) from articles").await, ARTICLES, "{round}");
        assert_eq!(to.count("select count(*) from images").await, 1, "{round}");
        is_counted_right(&to).await;
    }
});

story!(of_a_publication_and_a_deletion_at_once_the_article_is_deleted, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    for n in 0..12 {
        let (title, slug) = (format!("Harbour {n}"), format!("harbour-{n}"));
        ada.write(&title, "draft", "public").await;
        let publish = [
            ("slug", slug.as_str()),
            ("version", "1"),
            ("title", &title),
            ("body", "Enough words to be an article."),
            ("status", "published"),
        ];
        let (published, deleted) = tokio::join!(
            ada.call("save-article", &publish),
            ada.call("delete-article", &publish[..1]),
        );
        assert_eq!(deleted.status, StatusCode::OK, "{n}: {}", deleted.body);
        assert!(
            matches!(published.status, StatusCode::OK | StatusCode::NOT_FOUND),
            "{n}: {published:?}"
        );
        // Whichever was first, nobody reads it, and its author can have it back.
        let article = app.browser().ask("article", &[("slug", &slug)]).await;
        assert_eq!(article.status, StatusCode::NOT_FOUND, "{n}: {}", article.body);
        let front = app.browser().ask("front-page", &[("page", "1")]).await.json();
        assert_eq!(front["total"], json!(0), "{n}: {front}");
        let back = ada.call("restore-article", &publish[..1]).await;
        assert_eq!(back.status, StatusCode::OK, "{n}: {}", back.body);
        is_counted_right(&app).await;
        for function in ["delete-article", "delete-for-good"] {
            let gone = ada.call(function, &publish[..1]).await;
            assert_eq!(gone.status, StatusCode::OK, "{n}, {function}: {}", gone.body);
        }
    }
});

// An account is being made, and is half written, when two others move to its name and its address.
story!(
    s07_whoever_moves_to_what_a_new_account_takes_waits_and_is_told_that_it_is_taken,
    |engine| {
        const NAME: &str = "insert into usernames (name_key, user_id, created_at) \
         select username_key, id, 1 from users where id = $1 and id <> $2 and username <> $3";
        const ADDRESS: &str = "insert into addresses (email_key, email, user_id) \
         select email_key, email, id from users where id = $1 and id <> $2 and username <> $3";
        const WAITING: &str = "select count(*) from pg_stat_activity \
         where datname = current_database() and wait_event_type = 'Lock'";
        let app = TestApp::start(engine).await;
        let (bob, cleo) = (app.person("bob").await, app.person("cleo").await);
        let token = app.email_token("cleo", "ada@example.org").await;

        let (id, stamp) = (Uuid::now_v7(), Uuid::new_v4());
        let mut tx = app.state.db.begin().await.unwrap();
        insert(&mut tx, USER, id, stamp, "", 0).await;
        let goes_on = async {
            // On SQLite the two wait for the one who writes; there is nothing to see of them.
            while matches!(engine, Engine::Postgres) && app.count(WAITING).await < 2 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            insert(&mut tx, NAME, id, stamp, "", 0).await;
            insert(&mut tx, ADDRESS, id, stamp, "", 0).await;
            tx.commit().await.unwrap();
        };
        let link = [("token", token.as_str())];
        let (renamed, moved, ()) = tokio::join!(
            bob.call("change-username", &[("username", "Ada")]),
            cleo.call("change-email", &link),
            goes_on,
        );
        assert_eq!(
            (renamed.status, renamed.json()),
            (StatusCode::UNPROCESSABLE_ENTITY, json!({ "invalid": [["username", "taken"]] })),
        );
        assert_eq!(moved.status, StatusCode::GONE, "{}", moved.body);
        assert_eq!(bob.name().await.as_deref(), Some("bob"));
    }
);
