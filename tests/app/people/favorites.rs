//! How many like an article, and how often one may say so.

use std::time::Duration;

use byline::server::{favorites, leaving};
use futures_util::future::join_all;
use reqwest::StatusCode;
use uuid::Uuid;

use super::{led_to, under};
use crate::{
    earlier::{ARTICLE, USER, before, insert},
    lists::tallies_are_right,
    support::{Browser, TestApp, nowhere_yet, story},
};

const ARTICLES: [&str; 3] = ["one", "two", "three"];

async fn like(reader: &Browser, slug: &str, favorite: bool) -> StatusCode {
    let fields = [("slug", slug), ("favorite", if favorite { "true" } else { "false" })];
    reader.call("set-favorite", &fields).await.status
}

/// Likes and takes it back, three times at once, whatever else is under way.
async fn click(reader: &Browser, who: usize) {
    for round in 0..6 {
        let clicks = ARTICLES.iter().enumerate().map(|(n, slug)| async move {
            let answer = like(reader, slug, !(who + round + n).is_multiple_of(3)).await;
            let fine = [StatusCode::OK, StatusCode::NOT_FOUND, StatusCode::UNAUTHORIZED];
            assert!(fine.contains(&answer), "{answer}");
        });
        join_all(clicks).await;
    }
}

story!(whatever_many_readers_do_at_once_the_number_of_favourites_stays_right, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    for title in ["One", "Two", "Three"] {
        ada.write(title, "published", "public").await;
    }
    let readers = [app.person("bob").await, app.person("cyd").await, app.person("dan").await];
    let clicks = join_all(readers.iter().enumerate().map(|(who, reader)| click(reader, who)));
    let leave = leaving::delete_now(&app.state.db, "dan", false, app.state.clock.now());
    let delete = ada.call("delete-article", &[("slug", "three")]);
    let (_, left, deleted) = tokio::join!(clicks, leave, delete);
    assert!(left.is_ok() && deleted.status == StatusCode::OK, "{left:?} {deleted:?}");
    tallies_are_right(&app).await;

    // Two like both that are left, and one of the two leaves.
    for reader in &readers[..2] {
        for slug in &ARTICLES[..2] {
            assert_eq!(like(reader, slug, true).await, StatusCode::OK);
            assert_eq!(like(reader, slug, true).await, StatusCode::OK, "once more is the same");
        }
    }
    assert!(under(&app.browser(), "one").await.contains("2 people"));
    let now = app.state.clock.now();
    leaving::delete_now(&app.state.db, "cyd", true, now).await.unwrap();
    assert!(under(&app.browser(), "one").await.contains("One person’s favourite"));
    tallies_are_right(&app).await;

    // What is gone for good is nobody's favourite.
    for slug in ["two", "three"] {
        ada.call("delete-article", &[("slug", slug)]).await;
        let gone = ada.call("delete-for-good", &[("slug", slug)]).await;
        assert_eq!(gone.status, StatusCode::OK, "{slug}");
    }
    tallies_are_right(&app).await;
    assert_eq!(app.count("select count(*) from favorites").await, 1);
    assert_eq!(app.count("select count(*) from favorite_tallies").await, 1);
});

story!(what_was_liked_before_likes_were_counted_counts, |engine| {
    const FAVORITE: &str = "insert into favorites (user_id, article_id, created_at) \
         select $1, $2, 1 where $3 = ''";
    let (url, folder) = nowhere_yet(engine).await;
    let db = before("0022", &url).await;
    let mut tx = db.begin().await.unwrap();
    let (ada, liked, other) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    insert(&mut tx, USER, ada, Uuid::nil(), "", 0).await;
    insert(&mut tx, ARTICLE, liked, ada, "published", 1).await;
    insert(&mut tx, ARTICLE, other, ada, "published", 2).await;
    insert(&mut tx, FAVORITE, ada, liked, "", 0).await;
    tx.commit().await.unwrap();
    db.close().await;
    let app = TestApp::start_at(url, folder, &[]).await;
    for (article, number) in [(liked, 1), (other, 0)] {
        let counted = favorites::of_article(&app.state.db, article, Some(ada)).await.unwrap();
        assert_eq!(counted, (number, number == 1));
    }
});

story!(whoever_likes_or_follows_without_end_waits, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    ada.write("One", "published", "public").await;
    let follow = [("username", "ada"), ("follow", "true")];
    let favorite = [("slug", "one"), ("favorite", "true")];
    let both = [
        ("set-follow", "/profile/ada?form=follow", follow),
        ("set-favorite", "/article/one?form=favorite", favorite),
    ];
    for (function, page, fields) in both {
        led_to(&bob.call(function, &fields).await);
        // As if it had been done almost as often as one may.
        app.execute("update attempts set count = 299 where count > 0").await;
        led_to(&bob.call(function, &fields).await);
        let answer = bob.call(function, &fields).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{function}");
        assert_eq!(bob.submit(page, &fields).await.status, StatusCode::TOO_MANY_REQUESTS);
        app.state.clock.advance(Duration::from_secs(3600));
        led_to(&bob.call(function, &fields).await);
    }
});
