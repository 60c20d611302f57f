//! Deleting one's account, taking it back, and what is left of it.

use std::time::Duration;

use byline::{
    domain::account::FORMER,
    server::{leaving, users},
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    downloads::write_many,
    support::{Answer, Browser, PASSWORD, TestApp, story},
    weeks::weeks_are_right,
};

const DATA: &str = "/settings/data";

const MINUTE: Duration = Duration::from_secs(60);

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn delete(browser: &Browser, script: bool, name: &str, articles: &str) -> Answer {
    let fields = [("username", name), ("articles", articles)];
    if script {
        browser.call("delete-account", &fields).await
    } else {
        browser.submit(&format!("{DATA}?form=delete"), &fields).await
    }
}

/// Whether it was done, through whichever door.
fn leads_to(answer: &Answer, to: &str) -> bool {
    match answer.status {
        StatusCode::OK => answer.json()["to"] == to,
        StatusCode::SEE_OTHER => answer.header("location") == to,
        _ => false,
    }
}

async fn take_back(browser: &Browser, script: bool, link: &str) -> Answer {
    let fields = [("token", link.rsplit('/').next().unwrap())];
    if script {
        browser.call("restore-account", &fields).await
    } else {
        browser.submit(link, &fields).await
    }
}

/// Three articles: one for everybody, one for members, and a draft.
async fn write_three(browser: &Browser) {
    for (title, status, visibility) in [
        ("Open", "published", "public"),
        ("Inside", "published", "members"),
        ("Not yet", "draft", "public"),
    ] {
        let fields = [
            ("title", title),
            ("body", "Enough words to be an article."),
            ("tags", "boats, fog"),
            ("status", status),
            ("visibility", visibility),
        ];
        assert_eq!(browser.call("save-article", &fields).await.status, StatusCode::OK);
    }
}

/// What is stored of articles and their number, but for whose they are.
async fn articles(app: &TestApp) -> Vec<String> {
    let ours = ["articles: ", "article_tags: ", "tallies: ", "weeks: "];
    let mut rows = app.dump().await;
    rows.retain(|row| ours.iter().any(|table| row.starts_with(table)));
    rows
}

/// What somebody finds in a list: slugs, and whose.
async fn found(browser: &Browser, function: &str, query: &[(&str, &str)]) -> Vec<(String, String)> {
    let answer = browser.ask(function, &[query, &[("page", "1")]].concat()).await;
    assert_eq!(answer.status, StatusCode::OK, "{function}: {}", answer.body);
    let json = answer.json();
    let list = if json["previews"].is_null() { &json["articles"] } else { &json };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let previews = list["previews"].as_array().unwrap();
    assert_eq!(list["total"], json!(previews.len()), "what is counted is there");
    previews.iter().map(|p| (text(&p["slug"]), text(&p["author"]))).collect()
}

/// Whether the numbers that are kept are those that one would count.
pub async fn is_counted_right(app: &TestApp) {
    for (kept, counted) in [
        (
            "select coalesce(cast(sum(count) as bigint), 0) from tallies where scope = 'site' and kind = 'public'",
            "select count(*) from articles where status = 'published' and visibility = 'public'",
        ),
        (
            "select coalesce(cast(sum(count) as bigint), 0) from tallies where scope = 'site' and kind = 'members'",
            "select count(*) from articles where status = 'published' and visibility = 'members'",
        ),
        (
            "select coalesce(cast(sum(count) as bigint), 0) from tallies where scope = 'site' and kind = 'draft'",
            "select count(*) from articles where status <> 'published'",
        ),
        (
            "select coalesce(cast(sum(count) as bigint), 0) from tallies where scope like 'author:%'",
            "select count(*) from articles",
        ),
        (
            "select coalesce(cast(sum(count) as bigint), 0) from tallies where scope like 'tag:%'",
            "select count(*) from article_tags where status = 'published'",
        ),
        (
            "select coalesce(cast(sum(count) as bigint), 0) from favorite_tallies",
            "select count(*) from favorites",
        ),
    ] {
        assert_eq!(app.count(kept).await, app.count(counted).await, "{counted}");
    }
    weeks_are_right(app).await;
}

story!(whoever_deletes_their_account_is_gone_at_once_and_can_come_back, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    write_three(&ada).await;
    bob.write("Of bob", "published", "public").await;
    let before = articles(&app).await;
    for script in [true, false] {
        let (other, cookie) = (app.browser(), ada.cookie());
        other.log_in("ada", PASSWORD).await;
        let answer = delete(&ada, script, "Ada", "delete").await;
        assert!(leads_to(&answer, "/login?left=true"), "{answer:?}");
        assert!(ada.get("/login?left=true").await.body.contains("Your account is closed"));
        // T8: every cookie is dead, this browser's too.
        assert_eq!(ada.cookie(), None);
        ada.set_cookie(cookie);
        assert_eq!((ada.name().await, other.name().await), (None, None));
        for identity in ["ada", "ada@example.org"] {
            let refused = ada.log_in(identity, PASSWORD).await;
            assert_eq!(refused.json(), json!("bad_credentials"));
        }
        let bobs = vec![("of-bob".to_owned(), "bob".to_owned())];
        assert_eq!(found(&bob, "front-page", &[]).await, bobs);
        assert_eq!(found(&bob, "tagged", &[("tag", "boats")]).await, []);
        for path in ["/profile/ada", "/article/open", "/article/inside", "/article/not-yet"] {
            assert_eq!(bob.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        assert!(!bob.get("/feed.json").await.body.contains("open"));
        is_counted_right(&app).await;
        // Her name and address are not free.
        assert!(app.browser().register("ada").await.status.is_client_error());

        let letters = app.post().await;
        let letter = letters.last().unwrap();
        assert_eq!(letter.header("Subject"), "Your account is deleted");
        assert!(letter.part("text/plain").contains("deleted for good, with all that you wrote"));
        let link = letter.link(&app.origin);
        app.state.clock.advance(13 * DAY);
        leaving::finish_due(&app.state.db, app.state.clock.now()).await.unwrap();
        // T30: opening the link changes nothing.
        let stranger = app.browser();
        let page = stranger.get(&link).await;
        assert_eq!((page.status, page.header("referrer-policy")), (StatusCode::OK, "no-referrer"));
        assert_eq!(page.header("cache-control"), "private, no-store");
        assert_eq!(bob.get("/profile/ada").await.status, StatusCode::NOT_FOUND);
        let answer = take_back(&stranger, script, &link).await;
        assert!(leads_to(&answer, "/login?back=true"), "{answer:?}");
        assert_eq!(stranger.cookie(), None, "nobody is logged in by a link");
        assert_eq!(articles(&app).await, before, "everything is as it was");
        assert_eq!(ada.log_in("ada", PASSWORD).await.status, StatusCode::OK);
        let page = ada.get("/settings/security").await.body;
        assert!(page.contains("The account was deleted") && page.contains("was taken back"));
        let again = take_back(&stranger, script, &link).await;
        assert_eq!(again.status, StatusCode::GONE, "{}", again.body);
        bob.log_in("bob", PASSWORD).await;
    }
});

story!(what_was_published_stays_under_no_name_if_its_author_says_so, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    write_three(&ada).await;
    let before = articles(&app).await;
    delete(&ada, true, "ada", "keep").await;
    let unsigned = ["inside", "open"].map(|slug| (slug.to_owned(), FORMER.to_owned())).to_vec();
    let look = async || {
        let mut all = found(&bob, "front-page", &[]).await;
        all.sort();
        assert_eq!(all, unsigned);
        let page = bob.get("/article/open").await;
        assert!(page.body.contains(FORMER) && !page.body.contains("/profile/ada"), "{}", page.body);
        assert!(!page.body.contains(">ada<") && !page.body.contains("/profile/a%20former"));
        let feed = bob.get("/feed.json").await.body;
        assert!(feed.contains(FORMER) && !feed.contains("/profile/"), "{feed}");
        assert!(!bob.get("/feed.atom").await.body.contains("<uri>"));
        for path in ["/profile/ada", "/profile/a%20former%20member", "/article/not-yet"] {
            assert_eq!(bob.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        is_counted_right(&app).await;
    };
    look().await;
    // She thinks better of it, and then once more.
    let link = app.post().await[0].link(&app.origin);
    take_back(&ada, true, &link).await;
    assert_eq!(articles(&app).await, before);
    assert!(bob.get("/article/open").await.body.contains("/profile/ada"));
    ada.log_in("ada", PASSWORD).await;
    delete(&ada, true, "ada", "keep").await;
    app.state.clock.advance(14 * DAY);
    bob.log_in("bob", PASSWORD).await;
    leaving::finish_due(&app.state.db, app.state.clock.now()).await.unwrap();
    look().await;
    // Another former member signs alike.
    bob.write("Of bob", "published", "public").await;
    leaving::delete_now(&app.state.db, "bob", true, app.state.clock.now()).await.unwrap();
    let cid = app.person("cid").await;
    let all = found(&cid, "front-page", &[]).await;
    assert!(all.len() == 3 && all.iter().all(|(_, author)| author == FORMER), "{all:?}");
    assert_eq!(app.count("select count(*) from users").await, 2, "cid, and one for all former");
    assert_eq!(cid.log_in("former", PASSWORD).await.json(), json!("bad_credentials"));
    is_counted_right(&app).await;
});

story!(t12_of_a_deleted_account_nothing_is_left, |engine| {
    let app = TestApp::start(engine).await;
    for (name, keep) in [("ada", "delete"), ("eve", "keep")] {
        let person = app.person(name).await;
        write_three(&person).await;
        app.browser().log_in(name, "a wrong guess").await;
        let id = users::find_credential(&app.state.db, name).await.unwrap().unwrap().user_id;
        app.post().await;
        delete(&person, true, name, keep).await;
        // A letter that could not be delivered yet, and a link that nobody used.
        app.take_back_token(name).await;
        assert_eq!(app.count("select count(*) from outbox").await, 1);
        app.state.clock.advance(14 * DAY);
        leaving::finish_due(&app.state.db, app.state.clock.now()).await.unwrap();
        let id = id.simple().to_string();
        // A name that was somebody's is never given to anybody else, and that has to be known.
        let names = |row: &String| row.starts_with("usernames: ");
        for row in app.dump().await.into_iter().filter(|row| !names(row)) {
            let row = row.to_lowercase().replace('-', "");
            for trace in
                [&id, &format!("{name}@example.org"), &format!("'{name}'"), &format!("\"{name}\"")]
            {
                assert!(!row.contains(trace.as_str()), "{trace} in {row}");
            }
        }
        is_counted_right(&app).await;
    }
    assert_eq!(app.count("select count(*) from articles").await, 2, "those that eve left");
    assert_eq!(app.count("select count(*) from articles where status <> 'published'").await, 0);
});

story!(t24_of_twenty_uses_of_the_way_back_at_once_one_counts, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    delete(&ada, true, "ada", "keep").await;
    let link = app.post().await[0].link(&app.origin);
    let uses = futures_util::future::join_all((0..20).map(|_| {
        let (browser, link) = (app.browser(), &link);
        async move { take_back(&browser, true, link).await.status }
    }));
    let uses = uses.await;
    assert_eq!(uses.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{uses:?}");
    assert!(uses.iter().all(|status| matches!(status.as_u16(), 200 | 410)), "{uses:?}");
});

story!(t25_the_way_back_ends_with_its_fortnight_and_with_what_the_site_decides, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, eve) = (app.person("ada").await, app.person("eve").await);
    for (browser, name) in [(&ada, "ada"), (&eve, "eve")] {
        write_three(browser).await;
        delete(browser, true, name, "delete").await;
    }
    let letters = app.post().await;
    let (to_ada, to_eve) = (letters[0].link(&app.origin), letters[1].link(&app.origin));
    // Whoever runs the site lets ada in again: then she stays, with all that she has.
    let now = app.state.clock.now();
    users::set_active(&app.state.db, "ada", true, now).await.unwrap();
    assert_eq!(found(&app.browser(), "profile", &[("username", "ada")]).await.len(), 1);
    assert_eq!(take_back(&app.browser(), true, &to_ada).await.status, StatusCode::GONE);
    users::set_active(&app.state.db, "ada", false, now).await.unwrap();
    assert_eq!(take_back(&app.browser(), true, &to_ada).await.status, StatusCode::GONE);
    // Her time is over, swept out or not.
    app.state.clock.advance(14 * DAY);
    assert_eq!(take_back(&app.browser(), true, &to_eve).await.status, StatusCode::GONE);
    let none = app.take_back_token("eve").await;
    assert_eq!(take_back(&app.browser(), true, &none).await.status, StatusCode::GONE);
    leaving::finish_due(&app.state.db, app.state.clock.now()).await.unwrap();
    assert_eq!(app.count("select count(*) from users").await, 1, "ada, who is shut out");
    // A link for a new password does not open a closed account, nor does this one set one.
    for wrong in [app.take_back_token("ada").await, "x".to_owned(), String::new()] {
        let fields = [("token", wrong.as_str()), ("password", "another good password")];
        let answer = app.browser().call("reset-password", &fields).await;
        assert_eq!(answer.status, StatusCode::GONE);
        assert_eq!(take_back(&app.browser(), true, &wrong).await.status, StatusCode::GONE);
    }
});

/// The link that was mailed last to whoever closed their account.
async fn way_back(app: &TestApp) -> String {
    let letters = app.post().await;
    letters.iter().rev().find(|l| l.raw().contains("/restore/")).unwrap().link(&app.origin)
}

story!(closing_ones_account_is_no_way_around_being_shut_out, |engine| {
    let app = TestApp::start(engine).await;
    let (boss, eve) = (app.administrator("boss").await, app.person("eve").await);
    delete(&eve, true, "eve", "delete").await;
    let link = way_back(&app).await;
    let page = boss.get("/admin/people/eve").await.body;
    assert!(page.contains("Closed by its owner, who can take it back until"), "{page}");
    let page = boss.get("/admin/people/eve?form=set-active").await.body;
    assert!(page.contains("Deactivate it") && page.contains("Activate it"), "{page}");
    let fields = [("username", "eve"), ("active", "false"), ("reason", "Spam")];
    assert_eq!(boss.call("set-active", &fields).await.status, StatusCode::OK);
    let deeds = boss.ask("person", &[("username", "eve")]).await.json();
    assert_eq!(
        (&deeds["deeds"][0]["action"], &deeds["person"]["closed"]),
        (&json!("deactivated"), &Value::Null)
    );
    assert_eq!(take_back(&app.browser(), true, &link).await.status, StatusCode::GONE);
    for letter in app.post().await.iter().filter(|letter| letter.raw().contains("/not-me/")) {
        let text = letter.part("text/plain");
        let token = text.split("/not-me/").nth(1).unwrap().split_whitespace().next().unwrap();
        let undone = app.browser().call("undo", &[("token", token)]).await;
        assert_eq!(undone.status, StatusCode::GONE, "{}", undone.body);
    }
    // It is deleted in time all the same.
    app.state.clock.advance(14 * DAY);
    leaving::finish_due(&app.state.db, app.state.clock.now()).await.unwrap();
    assert_eq!(app.count("select count(*) from users").await, 1);
});

story!(t25_what_is_done_to_a_closed_account_meanwhile_ends_no_promise, |engine| {
    let app = TestApp::start(engine).await;
    let (boss, ada) = (app.administrator("boss").await, app.person("ada").await);
    delete(&ada, true, "ada", "keep").await;
    let link = way_back(&app).await;
    for (function, fields) in [
        ("set-role", vec![("username", "ada"), ("role", "editor")]),
        ("end-sessions-of", vec![("username", "ada")]),
    ] {
        let done = boss.call(function, &fields).await;
        assert_eq!(done.status, StatusCode::OK, "{function}: {}", done.body);
    }
    assert_eq!(take_back(&app.browser(), true, &link).await.status, StatusCode::OK);
    assert_eq!(app.browser().log_in("ada", PASSWORD).await.status, StatusCode::OK);
});

story!(t45_nobody_deletes_any_account_but_their_own, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    for script in [true, false] {
        for (typed, articles, status) in [
            ("ada", "delete", StatusCode::UNPROCESSABLE_ENTITY),
            ("", "delete", StatusCode::UNPROCESSABLE_ENTITY),
            ("bob@example.org", "keep", StatusCode::UNPROCESSABLE_ENTITY),
            ("bob", "", StatusCode::BAD_REQUEST),
            ("bob", "some", StatusCode::BAD_REQUEST),
        ] {
            let answer = delete(&bob, script, typed, articles).await;
            assert_eq!(answer.status, status, "{typed:?} {articles:?}: {}", answer.body);
            if !script && status == StatusCode::UNPROCESSABLE_ENTITY {
                assert!(answer.body.contains("That is not your username."), "{}", answer.body);
                let open = answer.body.contains("<details open class=\"danger\"");
                assert!(open, "what was refused is seen: {}", answer.body);
            }
        }
    }
    assert_eq!(ada.name().await.as_deref(), Some("ada"));
    assert_eq!(bob.name().await.as_deref(), Some("bob"));
    assert_eq!(app.post().await.len(), 0);
});

story!(deleting_an_account_asks_for_the_password_again_after_ten_minutes, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let form = format!("action=\"{DATA}?form=delete\"");
    let page = ada.get(DATA).await.body;
    assert!(page.contains(&form) && !page.contains("Confirm that it is you"), "{page}");
    app.state.clock.advance(11 * MINUTE);
    let page = ada.get(DATA).await.body;
    assert!(page.contains("Confirm that it is you"), "{page}");
    assert!(!page.contains(&form), "a form that would be refused is not filled in: {page}");
    let code = delete(&ada, true, "ada", "delete").await;
    assert_eq!(code.json(), json!("recent_login_needed"));
    // What was filled in before is there still.
    let page = delete(&ada, false, "ADA", "delete").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.body.contains("Confirm that it is you"), "{}", page.body);
    let kept =
        page.body.contains("value=\"delete\" checked") && page.body.contains("value=\"ADA\"");
    assert!(kept && page.body.contains(&form), "{}", page.body);
    assert_eq!(ada.name().await.as_deref(), Some("ada"), "nothing was done");
    let proof = [("password", PASSWORD), ("next", DATA)];
    assert!(leads_to(&ada.submit(&format!("{DATA}?form=confirm"), &proof).await, DATA));
    assert!(leads_to(&delete(&ada, false, "ada", "keep").await, "/login?left=true"));
});

story!(what_was_chosen_before_the_proof_is_chosen_after_it, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let confirm = format!("{DATA}?form=confirm");
    let leads = |page: &str, next: &str| page.contains(&format!("name=\"next\" value=\"{next}\""));
    for choice in ["keep", "delete"] {
        app.state.clock.advance(11 * MINUTE);
        let next = format!("{DATA}?articles={choice}");
        let page = delete(&ada, false, "ada", choice).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        assert!(leads(&page.body, &next), "{}", page.body);
        // A proof that fails does not forget it, nor does the page when it is opened again.
        let wrong = [("password", "not the right one"), ("next", &*next)];
        let page = ada.submit(&confirm, &wrong).await;
        assert!(page.status.is_client_error() && leads(&page.body, &next), "{}", page.body);
        let page = ada.get(&next).await.body;
        assert!(leads(&page, &next) && !page.contains("name=\"articles\""), "{page}");
        let proof = [("password", PASSWORD), ("next", &*next)];
        assert!(leads_to(&ada.submit(&confirm, &proof).await, &next));
        let page = ada.get(&next).await.body;
        let open = page.contains("<details open class=\"danger\"");
        assert!(open && page.contains(&format!("value=\"{choice}\" checked")), "{page}");
    }
    // It is one of the two and nothing else that is taken from an address, and opening one does nothing.
    for strange in ["some", "keep&next=//example.org", "%22%3E%3Cb%3E", "delete%00"] {
        let page = ada.get(&format!("{DATA}?articles={strange}")).await.body;
        let closed = !page.contains("<details open class=\"danger\"");
        let kept = page.contains("value=\"keep\" checked");
        assert!(kept && (closed || strange.starts_with("keep")), "{strange}: {page}");
    }
    app.state.clock.advance(11 * MINUTE);
    for elsewhere in ["//example.org/settings/data?articles=keep", "/settings/data?articles=some"] {
        let wrong = [("password", "not the right one"), ("next", elsewhere)];
        let page = ada.submit(&confirm, &wrong).await.body;
        assert!(leads(&page, DATA), "{elsewhere}: {page}");
    }
    assert_eq!(ada.name().await.as_deref(), Some("ada"), "nothing was done");
    assert_eq!(app.post().await.len(), 0);
});

story!(the_last_administrator_cannot_leave, |engine| {
    let app = TestApp::start(engine).await;
    let (root, ada) = (app.administrator("root").await, app.administrator("ada").await);
    assert!(leads_to(&delete(&ada, true, "ada", "keep").await, "/login?left=true"));
    for script in [true, false] {
        let answer = delete(&root, script, "root", "keep").await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
    }
    let now = app.state.clock.now();
    assert!(leaving::delete_now(&app.state.db, "root", true, now).await.is_err());
    assert_eq!(root.name().await.as_deref(), Some("root"));
    // Two at once do not both go.
    let (eve, cid) = (app.administrator("eve").await, app.administrator("cid").await);
    leaving::delete_now(&app.state.db, "root", true, now).await.unwrap();
    let (eve, cid) =
        tokio::join!(delete(&eve, true, "eve", "keep"), delete(&cid, true, "cid", "keep"));
    let mut both = [eve.status, cid.status];
    both.sort();
    assert_eq!(both, [StatusCode::OK, StatusCode::CONFLICT]);
});

story!(the_account_of_former_members_is_nobodys, |engine| {
    let app = TestApp::start(engine).await;
    let root = app.administrator("root").await;
    let ada = app.person("ada").await;
    write_three(&ada).await;
    leaving::delete_now(&app.state.db, "ada", true, app.state.clock.now()).await.unwrap();
    assert_eq!(ada.name().await, None, "T8");
    let people = root.ask("people", &[("q", ""), ("page", "1")]).await.json();
    assert_eq!(people["people"].as_array().unwrap().len(), 1, "{people}");
    let log = root.get("/admin/log").await.body;
    assert!(log.contains("Account deleted") && log.contains("ada"), "{log}");
    for name in [" former", "former", FORMER] {
        let answer = root.ask("person", &[("username", name)]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}");
        let answer = app.browser().log_in(name, PASSWORD).await;
        assert_eq!(answer.json(), json!("bad_credentials"), "{name}");
    }
});

story!(whoever_wrote_ten_thousand_articles_can_leave, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    write_many(&app, engine).await;
    assert!(leads_to(&delete(&ada, true, "ada", "delete").await, "/login?left=true"));
    assert_eq!(app.count("select count(*) from articles where status = 'published'").await, 0);
    app.state.clock.advance(14 * DAY);
    leaving::finish_due(&app.state.db, app.state.clock.now()).await.unwrap();
    assert_eq!(app.count("select count(*) from articles").await, 0);
    assert_eq!(app.count("select count(*) from users").await, 0);
});
