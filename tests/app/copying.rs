//! The way from one database to the other kind.

use std::{collections::BTreeSet, fs, time::Duration};

use byline::server::db::{
    Db,
    copying::{TABLES, copy},
};
use reqwest::StatusCode;
use serde_json::json;

use crate::{
    command::{byline, run, said},
    images::{jpeg, taken},
    mutations::all_done,
    people::comments::say,
    support::{
        Browser, Engine, PASSWORD, TestApp, dump, new_postgres_database, nowhere_yet, story, tables,
    },
};

const AN_HOUR: Duration = Duration::from_secs(3600);

/// A database without anything in it, its address, and the folder that it may lie in.
async fn empty(engine: Engine) -> (Db, String, tempfile::TempDir) {
    let (url, folder) = nowhere_yet(engine).await;
    let db = Db::open(&url).await.unwrap();
    db.migrate().await.unwrap();
    (db, url, folder)
}

/// Every row of a site, but for those that each database has for itself.
async fn rows(db: &Db) -> BTreeSet<String> {
    let rows = dump(db).await.into_iter();
    rows.filter(|row| !row.starts_with("_sqlx") && !row.starts_with("search_")).collect()
}

/// The tables that a site's rows are in.
fn filled(rows: &BTreeSet<String>) -> BTreeSet<&str> {
    rows.iter().map(|row| row.split(": ").next().unwrap()).collect()
}

async fn done(browser: &Browser, function: &str, fields: &[(&str, &str)]) {
    let answer = browser.call(function, fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{function}: {}", answer.body);
}

/// Whatever `all_done` undoes again, or does to nobody: a table without a row proves nothing.
async fn fill_what_is_empty(app: &TestApp) {
    app.execute("delete from attempts").await;
    let (ada, eric) = (app.browser(), app.browser());
    for (browser, name) in [(&ada, "ada"), (&eric, "eric")] {
        assert_eq!(browser.log_in(name, PASSWORD).await.status, StatusCode::OK, "{name}");
    }
    done(&eric, "begin-authenticator", &[]).await;
    let picture = taken(&ada, &jpeg(40, 30, 1), "Fog").await;
    let body = format!("Enough words about it: ![Fog]({picture})");
    let title = ("title", "Harbour");
    done(&ada, "save-article", &[title, ("body", &body), ("status", "published")]).await;
    // A version of then, with its picture, and one that is not published.
    app.state.clock.advance(AN_HOUR);
    let place = [title, ("slug", "harbour"), ("version", "1"), ("status", "published")];
    done(&ada, "save-article", &[&place[..], &[("body", "Enough words about less.")]].concat())
        .await;
    let manuscript = ada.ask("manuscript", &[("slug", "harbour")]).await.json();
    let id = manuscript["id"].as_str().unwrap();
    let kept = [title, ("article", id), ("version", "2"), ("body", "Unpublished words.")];
    done(&ada, "keep-text", &kept).await;
    let comment = say(&eric, "harbour", "Well said.").await;
    done(&ada, "report-comment", &[("slug", "harbour"), ("handle", &comment), ("reason", "Rude")])
        .await;
    done(&eric, "set-favorite", &[("slug", "harbour"), ("favorite", "true")]).await;
    done(&eric, "set-follow", &[("username", "ada"), ("follow", "true"), ("next", "/")]).await;
    done(&ada, "invite", &[]).await;
    let fog = [("title", "Fog"), ("body", &*body), ("status", "published")];
    done(&ada, "save-article", &fog).await;
    // What becomes of a picture whose files are still to be deleted.
    app.execute("insert into image_leftovers (hash, width, kind) values ('abc', 320, 'jpg')").await;
}

story!(a_site_is_the_same_in_the_other_kind_of_database, |engine| {
    let (from, ada) = all_done(engine).await;
    fill_what_is_empty(&from).await;
    let before = rows(&from.state.db).await;
    let bare: Vec<_> =
        TABLES.into_iter().filter(|table| !filled(&before).contains(table)).collect();
    assert_eq!(bare, [""; 0], "tables without a row");

    let (between, url, folder) = empty(engine.other()).await;
    let mut told = Vec::new();
    copy(&from.state.db, &between, |table, rows| told.push((table.to_owned(), rows)))
        .await
        .unwrap();
    assert!(told.iter().map(|(table, _)| table.as_str()).eq(TABLES), "{told:?}");
    // Further, and back.
    let (back, _, _folder) = empty(engine).await;
    copy(&between, &back, |_, _| ()).await.unwrap();
    let after = rows(&back).await;
    let changed: Vec<_> = before.symmetric_difference(&after).collect();
    assert_eq!(changed, [""; 0]);

    // It is the same site: who was logged in is, and what was found is found.
    fs::copy(&from.state.config.key_file, folder.path().join("byline.key")).unwrap();
    let to = TestApp::start_at(url, folder, &["--origin", "http://localhost:3000"]).await;
    to.state.clock.advance(AN_HOUR);
    let browser = to.browser();
    browser.set_cookie(ada.cookie());
    assert_eq!(browser.name().await.as_deref(), Some("ada"));
    let found = to.browser().ask("search", &[("q", "harbour"), ("page", "1")]).await.json();
    assert!(found["hits"].to_string().contains("\"harbour\""), "{found}");
    let carol = to.browser();
    assert_eq!(carol.log_in("carol", PASSWORD).await.json()["to"], json!("/login/step?next=%2F"));
});

story!(every_table_is_copied_that_is_not_made_anew, |engine| {
    let app = TestApp::start(engine).await;
    let made_anew = ["roles", "_sqlx_migrations", "search_"];
    let mut tables = tables(&app.state.db).await;
    tables.retain(|table| !made_anew.iter().any(|made| table.starts_with(made)));
    let tables: BTreeSet<&str> = tables.iter().map(String::as_str).collect();
    assert_eq!(tables, BTreeSet::from(TABLES));
});

story!(nothing_is_copied_over_what_is_there, |engine| {
    let from = TestApp::start(engine).await;
    from.person("ada").await;
    let to = TestApp::start(engine.other()).await;
    to.person("bob").await;
    let before = rows(&to.state.db).await;
    let refused = copy(&from.state.db, &to.state.db, |_, _| ()).await.unwrap_err();
    assert!(format!("{refused:#}").contains("it has rows in users"), "{refused:#}");
    assert_eq!(rows(&to.state.db).await, before);
});

#[tokio::test]
async fn a_site_is_copied_by_one_command() {
    let (from, url) = (tempfile::tempdir().unwrap(), new_postgres_database("").await);
    let mut seed = byline(&from);
    seed.args(["seed", "--users", "3", "--articles", "20"]);
    assert!(run(seed, "").status.success());
    for (times, status) in [("once", true), ("twice", false)] {
        let mut copy = byline(&from);
        copy.args(["copy", &url]);
        let output = run(copy, "");
        assert_eq!(output.status.success(), status, "{times}: {}", said(&output));
        let says = if status { "articles: 20\n" } else { "is not empty" };
        assert!(said(&output).contains(says), "{times}: {}", said(&output));
    }
    let mut mistyped = byline(&from);
    mistyped.env("DATABASE_URL", "sqlite://bylin.db").args(["copy", "sqlite://new.db"]);
    let refused = said(&run(mistyped, ""));
    assert!(refused.contains("nobody has an account where DATABASE_URL leads"), "{refused}");
    let mut nowhere = byline(&from);
    nowhere.args(["copy", "new.db"]);
    let refused = said(&run(nowhere, ""));
    assert!(
        refused.contains("not with \"new.db\" (DATABASE_URL, or where a copy goes)"),
        "{refused}"
    );
    let mut looked = byline(&from);
    looked.env("DATABASE_URL", &url).args(["export"]);
    let exported = said(&run(looked, ""));
    assert!(exported.starts_with("20 articles, "), "{exported}");
}
