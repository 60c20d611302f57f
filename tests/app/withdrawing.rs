//! Editors take the articles of others offline.

use byline::domain::role::Role;
use reqwest::StatusCode;
use serde_json::json;

use crate::{
    lists::tallies_are_right,
    support::{Answer, Browser, TestApp, story},
};

/// Sends the form of the article's page without JavaScript, or calls its function.
async fn withdraw(browser: &Browser, script: bool, slug: &str, reason: &str) -> Answer {
    let fields = [("slug", slug), ("reason", reason)];
    if script {
        browser.call("withdraw-article", &fields).await
    } else {
        browser.submit(&format!("/article/{slug}?form=withdraw"), &fields).await
    }
}

async fn publish(author: &Browser, title: &str, visibility: &str) {
    let fields = [
        ("title", title),
        ("body", "Enough words to be an article."),
        ("tags", "boats, nets"),
        ("status", "published"),
        ("visibility", visibility),
    ];
    assert_eq!(author.call("save-article", &fields).await.status, StatusCode::OK);
}

story!(an_editor_takes_an_article_offline_and_its_author_is_told_why, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let eve = app.person_with("eve", Role::Editor).await;
    let root = app.administrator("root").await;
    for (script, title, visibility) in
        [(true, "Open boats", "public"), (false, "Closed boats", "members")]
    {
        publish(&ada, title, visibility).await;
        let slug = slug::slugify(title);
        let path = format!("/article/{slug}");
        let page = eve.get(&path).await.body;
        assert!(page.contains("Take it offline") && page.contains("name=\"reason\""), "{page}");
        assert!(!ada.get(&path).await.body.contains("Take it offline"), "she has the editor");
        let answer = withdraw(&eve, script, &slug, "Not <ours>").await;
        match script {
            true => assert_eq!(answer.json()["to"], "/profile/ada", "{answer:?}"),
            false => assert_eq!(answer.header("location"), "/profile/ada", "{answer:?}"),
        }
        for browser in [&app.browser(), &eve, &root] {
            assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND);
            let list = browser.ask("tagged", &[("tag", "boats"), ("page", "1")]).await.json();
            assert_eq!(list["total"], 0, "{list}");
        }
        tallies_are_right(&app).await;
        let letters = app.post().await;
        let letter = letters.last().unwrap();
        assert_eq!(letter.header("Subject"), "Your article was taken offline");
        assert_eq!(letter.header("To"), "ada@example.org");
        assert!(letter.part("text/plain").contains("Not <ours>"), "{}", letter.raw());
        assert!(letter.part("text/html").contains("Not &lt;ours&gt;"), "{}", letter.raw());
        assert_eq!(letter.link(&app.origin), path);
        let log = root.ask("audit-log", &[("page", "1")]).await.json();
        let deed = &log["deeds"][0];
        let facts = ["action", "detail", "on", "by", "reason"].map(|fact| &deed[fact]);
        let expected = [
            json!("article_withdrawn"),
            json!(slug),
            json!("ada"),
            json!("eve"),
            json!("Not <ours>"),
        ];
        assert_eq!(facts, expected.iter().collect::<Vec<_>>()[..]);
        let own = ada.ask("own-security", &[]).await.json();
        assert_eq!(own["events"][0]["kind"], "article_withdrawn");
        assert_eq!(own["events"][0]["network"], json!(null));
        // Nothing is lost: it is a draft, and may be published again where it was.
        assert_eq!(ada.get(&path).await.status, StatusCode::OK);
        let draft = ada.ask("manuscript", &[("slug", &slug)]).await.json();
        assert_eq!((&draft["status"], &draft["version"]), (&json!("draft"), &json!(2)));
        let stale = [
            ("slug", slug.as_str()),
            ("version", "1"),
            ("title", title),
            ("body", "Words enough for it."),
            ("status", "published"),
        ];
        assert_eq!(ada.call("save-article", &stale).await.status, StatusCode::CONFLICT);
        let again = [
            ("slug", slug.as_str()),
            ("version", "2"),
            ("title", title),
            ("body", "Words enough for it."),
            ("tags", "nets"),
            ("status", "published"),
        ];
        assert_eq!(ada.call("save-article", &again).await.status, StatusCode::OK);
        assert_eq!(app.browser().get(&path).await.status, StatusCode::OK);
        tallies_are_right(&app).await;
    }
});

story!(t45_whoever_is_no_editor_takes_nothing_offline_and_nobody_reaches_a_draft, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    publish(&ada, "Open", "public").await;
    ada.write("A draft", "draft", "public").await;
    let (bob, rea) = (app.person("bob").await, app.person_with("rea", Role::Reader).await);
    let eve = app.person_with("eve", Role::Editor).await;
    let before = app.dump().await;
    for script in [true, false] {
        let stranger = withdraw(&app.browser(), script, "open", "").await;
        assert_eq!(stranger.status, StatusCode::UNAUTHORIZED, "{stranger:?}");
        for browser in [&bob, &rea] {
            assert!(!browser.get("/article/open").await.body.contains("Take it offline"));
            let answer = withdraw(browser, script, "open", "").await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");
        }
        for slug in ["a-draft", "nothing", "x", "%"] {
            let answer = withdraw(&eve, script, slug, "").await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{slug}: {answer:?}");
        }
        let long = "x".repeat(301);
        let answer = withdraw(&eve, script, "open", &long).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
    }
    assert_eq!(app.dump().await, before);
});

story!(of_ten_who_take_an_article_offline_at_once_one_does, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let eve = app.person_with("eve", Role::Editor).await;
    publish(&ada, "Open", "public").await;
    let (slug, body) = ("open", "Words enough for it.");
    let save = [
        ("slug", slug),
        ("version", "1"),
        ("title", "Open"),
        ("body", body),
        ("tags", "nets"),
        ("status", "published"),
    ];
    let all = futures_util::future::join_all((0..10).map(|_| withdraw(&eve, true, slug, "")));
    let (answers, saved) = tokio::join!(all, ada.call("save-article", &save));
    let done = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    let gone = answers.iter().filter(|answer| answer.status == StatusCode::NOT_FOUND).count();
    assert_eq!((done, gone), (1, 9), "{answers:?}");
    let fine = [StatusCode::OK, StatusCode::CONFLICT];
    assert!(fine.contains(&saved.status), "{saved:?}");
    assert_eq!(
        app.count("select count(*) from audit_log where action = 'article_withdrawn'").await,
        1
    );
    tallies_are_right(&app).await;
});
