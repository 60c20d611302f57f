//! The life of an article: scheduled, changed, moved, deleted and brought back.

use std::time::Duration;

use byline::server::{articles::bin, leaving};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    downloads::data_of,
    lists::tallies_are_right,
    support::{Answer, Browser, TestApp, story},
};

const DAY: Duration = Duration::from_secs(24 * 3600);
const BODY: (&str, &str) = ("body", "Enough words to be an article.");
const PUBLISHED: (&str, &str) = ("status", "published");
const DRAFT: (&str, &str) = ("status", "draft");

pub async fn save(author: &Browser, fields: &[(&str, &str)]) -> String {
    let answer = author.call("save-article", fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{fields:?}: {}", answer.body);
    answer.json()["to"].as_str().unwrap().to_owned()
}

pub async fn manuscript(author: &Browser, slug: &str) -> Value {
    author.ask("manuscript", &[("slug", slug)]).await.json()
}

pub async fn keep(author: &Browser, slug: &str, fields: &[(&str, &str)]) -> Answer {
    let stored = manuscript(author, slug).await;
    let id = stored["id"].as_str().unwrap();
    let version = stored["version"].to_string();
    author.call("keep-text", &[fields, &[("article", id), ("version", &version)]].concat()).await
}

/// In the form of a `datetime-local` input, in UTC.
fn later(app: &TestApp, by: Duration) -> String {
    app.state.clock.now().after(by).to_local()
}

/// Where a reader finds an article of that title, of all the places where one could be.
async fn places(reader: &Browser, slug: &str, title: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    for (place, path) in [
        ("front", "/".to_owned()),
        ("profile", "/profile/ada".into()),
        ("tag", "/tag/boats".into()),
        ("search", "/search?q=lanterns".into()),
        ("atom", "/feed.atom".into()),
        ("json", "/profile/ada/feed.json".into()),
    ] {
        let body = reader.get(&path).await.body;
        if body.contains(&format!("{title}<")) || body.contains(&format!("{title}\"")) {
            found.push(place);
        }
    }
    if reader.get("/sitemap/1.xml").await.body.contains(slug) {
        found.push("sitemap");
    }
    if reader.get(&format!("/article/{slug}")).await.status == StatusCode::OK {
        found.push("article");
    }
    found
}

const EVERYWHERE: [&str; 8] =
    ["front", "profile", "tag", "search", "atom", "json", "sitemap", "article"];

story!(a_scheduled_article_appears_by_itself_and_not_before, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let at = later(&app, 2 * DAY);
    let fields = [
        ("title", "Lanterns"),
        BODY,
        ("tags", "boats"),
        ("publish_at", &at),
        ("zone", "0"),
        PUBLISHED,
    ];
    assert_eq!(save(&ada, &fields).await, "/articles?tab=scheduled");
    let etag = bob.get("/feed.atom").await.header("etag").to_owned();
    for reader in [&app.browser(), &bob] {
        assert_eq!(places(reader, "lanterns", "Lanterns").await, [""; 0]);
        let front = reader.ask("front-page", &[("page", "1")]).await.json();
        assert_eq!((&front["total"], &front["previews"]), (&json!(0), &json!([])));
    }
    let own = ada.get("/article/lanterns").await;
    assert!(own.status == StatusCode::OK && own.body.contains("Scheduled"), "{}", own.body);
    assert_eq!(manuscript(&ada, "lanterns").await["stage"], "scheduled");
    assert!(ada.get("/articles?tab=scheduled").await.body.contains("Scheduled (1)"));
    tallies_are_right(&app).await;

    app.state.clock.advance(2 * DAY + Duration::from_secs(60));
    bob.log_in("bob", crate::support::PASSWORD).await;
    for reader in [&app.browser(), &bob] {
        assert_eq!(places(reader, "lanterns", "Lanterns").await, EVERYWHERE);
        let front = reader.ask("front-page", &[("page", "1")]).await.json();
        assert_eq!(front["total"], 1);
    }
    let feed = bob.get("/feed.atom").await;
    assert_ne!(feed.header("etag"), etag);
    assert!(feed.body.contains(&format!("<updated>{at}")), "{at} in {}", feed.body);
});

story!(whoever_saves_without_end_waits_and_loses_nothing, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    save(&ada, &[("title", "Told"), BODY, DRAFT]).await;
    // As if it had been saved almost as often as one may.
    app.execute("update attempts set count = 1999 where count > 0").await;
    assert_eq!(keep(&ada, "told", &[("title", "Told"), ("body", "On.")]).await.status, 200);
    let often = keep(&ada, "told", &[("title", "Told"), ("body", "On and on.")]).await;
    assert_eq!(often.status, StatusCode::TOO_MANY_REQUESTS, "{}", often.body);
    let fields = [("title", "Another"), BODY, DRAFT];
    let page = ada.submit("/editor", &fields).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(page.body.contains("Another") && !page.header("retry-after").is_empty());
    let version = manuscript(&ada, "told").await["version"].to_string();
    let back = [("slug", "told"), ("revision", &version), ("version", &version)];
    assert_eq!(ada.call("restore-revision", &back).await.status, StatusCode::TOO_MANY_REQUESTS);
    app.state.clock.advance(Duration::from_secs(3600));
    assert_eq!(keep(&ada, "told", &[("title", "Told"), ("body", "On and on.")]).await.status, 200);
    assert_eq!(manuscript(&ada, "told").await["body"], "On and on.");
});

story!(what_is_taken_back_before_its_time_is_a_draft_that_nobody_knew, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let at = later(&app, 2 * DAY);
    save(&ada, &[("title", "Soon"), BODY, ("publish_at", &at), PUBLISHED]).await;
    let again = [("slug", "soon"), ("version", "1"), ("title", "Later"), BODY, DRAFT];
    save(&ada, &again).await;
    app.state.clock.advance(3 * DAY);
    ada.log_in("ada", crate::support::PASSWORD).await;
    assert_eq!(app.browser().get("/article/later").await.status, StatusCode::NOT_FOUND);
    // The former address was never anybody's: it is free.
    assert_eq!(save(&ada, &[("title", "Soon"), BODY, PUBLISHED]).await, "/article/soon");
    tallies_are_right(&app).await;
    for wrong in ["soon", "2027-02-30T08:00", "2027-01-31", "2027-01-31T25:00"] {
        let fields = [("title", "T"), BODY, ("publish_at", wrong), PUBLISHED];
        let answer = ada.call("save-article", &fields).await;
        assert_eq!(answer.json(), json!({ "invalid": [["publish_at", "malformed"]] }), "{wrong}");
    }
});

story!(a_text_that_differs_in_its_time_alone_is_a_conflict_as_any_other, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let [first, second, third] = [1, 2, 3].map(|days| later(&app, days * DAY));
    for (slug, status) in [("told", DRAFT), ("soon", PUBLISHED)] {
        let text = [("title", slug), BODY];
        save(&ada, &[&text[..], &[("publish_at", &first), status]].concat()).await;
        let kept = keep(&ada, slug, &[&text[..], &[("publish_at", &second)]].concat()).await;
        assert_eq!(kept.json()["version"], 2, "{}", kept.body);
        let stored = manuscript(&ada, slug).await;
        let id = stored["id"].as_str().unwrap();
        // Another tab has it as it was, and chooses another time.
        let stale =
            [&text[..], &[("article", id), ("version", "1"), ("publish_at", &third)]].concat();
        let conflict = json!({ "conflict": { "version": 2 } });
        let answer = ada.call("keep-text", &stale).await;
        assert_eq!((answer.status, answer.json()), (StatusCode::CONFLICT, conflict.clone()));
        let publish = [&stale[..], &[PUBLISHED]].concat();
        assert_eq!(ada.call("save-article", &publish).await.json(), conflict);
        // What it is shown beside its own differs in nothing else.
        let shown = ada.ask("stored-manuscript", &[("article", id)]).await.json();
        assert_eq!(shown, stored);
        assert_eq!((&shown["publish_at"], &shown["body"]), (&json!(second), &json!(BODY.1)));
        // Chosen, it takes the place of the stored one.
        save(&ada, &[&publish[..], &[("replaces", "2")]].concat()).await;
        assert_eq!(manuscript(&ada, slug).await["publish_at"], json!(third), "{slug}");
    }
});

story!(readers_see_nothing_of_what_an_author_changes_until_it_is_updated, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    save(&ada, &[("title", "Open"), BODY, ("tags", "b, a"), PUBLISHED]).await;
    let changed = [("title", "Other"), ("body", "Not yet for readers."), ("tags", "c")];
    let kept = keep(&ada, "open", &changed).await;
    assert_eq!(
        (kept.status, &kept.json()["version"]),
        (StatusCode::OK, &json!(2)),
        "{}",
        kept.body
    );
    let page = bob.get("/article/open").await.body;
    assert!(page.contains("Enough words") && !page.contains("Not yet") && page.contains("/tag/b"));
    // Its author alone is told that there is more.
    const TOLD: &str =
        "href=\"/editor/open\" class=\"edit-link\">You have changes that are not published</a>";
    assert!(!page.contains("not published"), "{page}");
    let page = ada.get("/article/open").await.body;
    assert!(page.contains("Enough words") && page.contains(TOLD), "{page}");
    let own = manuscript(&ada, "open").await;
    assert_eq!((&own["title"], &own["has_changes"]), (&json!("Other"), &json!(true)));
    assert!(ada.get("/articles").await.body.contains("Changes not published"));
    let page = ada.get("/editor/open").await.body;
    assert!(
        page.contains(">Unpublish</button>") && page.contains("“Unpublish” keeps it as a draft")
    );
    // An edit from before is told.
    let stale = ada
        .call(
            "save-article",
            &[("slug", "open"), ("version", "1"), ("title", "Open"), BODY, PUBLISHED],
        )
        .await;
    assert_eq!(stale.json(), json!({ "conflict": { "version": 2 } }));

    let update = [&changed[..], &[("slug", "open"), ("version", "2"), PUBLISHED]].concat();
    assert_eq!(save(&ada, &update).await, "/article/open");
    assert!(bob.get("/article/open").await.body.contains("Not yet for readers."));
    assert!(!ada.get("/article/open").await.body.contains(TOLD));
    assert_eq!(manuscript(&ada, "open").await["has_changes"], false);

    keep(&ada, "open", &[("title", "Once more"), ("body", "")]).await;
    assert_eq!(ada.call("discard-changes", &[("slug", "open")]).await.status, StatusCode::OK);
    let own = manuscript(&ada, "open").await;
    assert_eq!((&own["title"], &own["version"]), (&json!("Other"), &json!(5)));
    assert_eq!(
        bob.call("discard-changes", &[("slug", "open")]).await.status,
        StatusCode::NOT_FOUND
    );
    tallies_are_right(&app).await;
});

story!(a_draft_is_kept_unfinished_and_made_once, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let key = ("draft_key", "0190d2a4-7b1c-7e66-9d54-0c1b1f2a3d4e");
    let first = ada.call("keep-text", &[key, ("body", "W")]).await;
    assert_eq!(first.json()["version"], 1, "{}", first.body);
    let again = ada.call("keep-text", &[key, ("body", "Words")]).await;
    assert_eq!(again.json(), json!({ "conflict": { "version": 1 } }));
    let published =
        ada.call("save-article", &[key, ("version", "0"), ("title", "T"), BODY, PUBLISHED]).await;
    assert_eq!(published.status, StatusCode::CONFLICT);
    assert_eq!(bob.call("keep-text", &[key]).await.status, StatusCode::OK, "a key is its author's");
    assert_eq!(app.count("select count(*) from articles").await, 2);

    let id = first.json()["id"].as_str().unwrap().to_owned();
    let named = [("article", id.as_str()), ("version", "1")];
    let short = ada
        .call("save-article", &[&named[..], &[("title", ""), ("body", "W"), PUBLISHED]].concat())
        .await;
    let problems = json!({ "invalid": [["title", "required"], ["body", { "too_short": 10 }]] });
    assert_eq!(short.json(), problems);
    let whole = [&named[..], &[("title", "Whole"), BODY, PUBLISHED]].concat();
    assert_eq!(save(&ada, &whole).await, "/article/whole");
    let stored = ada.ask("stored-manuscript", &[("article", &id)]).await.json();
    assert_eq!((&stored["title"], &stored["stage"]), (&json!("Whole"), &json!("published")));
    // By what its first save was called, for an editor that never heard its name.
    let begun = ada.ask("stored-manuscript", &[key]).await.json();
    assert_eq!((&begun["title"], &begun["id"]), (&json!("Whole"), &json!(id)));
    assert_eq!(
        bob.ask("stored-manuscript", &[("article", &id)]).await.status,
        StatusCode::NOT_FOUND
    );
    assert!(ada.get("/articles").await.status == StatusCode::OK);
});

story!(a_former_address_leads_to_the_article_for_ever_and_is_nobody_elses, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    save(&ada, &[("title", "First"), BODY, ("slug_wanted", "one"), PUBLISHED]).await;
    for (version, slug, wanted) in [("1", "one", "two"), ("2", "two", "three")] {
        let fields = [
            ("slug", slug),
            ("version", version),
            ("title", "First"),
            BODY,
            ("slug_wanted", wanted),
            PUBLISHED,
        ];
        assert_eq!(save(&ada, &fields).await, format!("/article/{wanted}"));
    }
    for former in ["one", "two"] {
        let answer = app.browser().get(&format!("/article/{former}?a=b")).await;
        assert_eq!(answer.status, StatusCode::PERMANENT_REDIRECT);
        assert_eq!(answer.header("location"), "/article/three?a=b");
        let found = app.browser().ask("article", &[("slug", former)]).await.json();
        assert_eq!(found["preview"]["slug"], "three");
        let taken = bob
            .call("save-article", &[("title", "B"), BODY, ("slug_wanted", former), PUBLISHED])
            .await;
        assert_eq!(taken.json(), json!({ "invalid": [["slug_wanted", "taken"]] }));
        let beside = save(&bob, &[("title", former), BODY, PUBLISHED]).await;
        assert_ne!(beside, format!("/article/{former}"));
    }
    // A kept text is kept all the same.
    let kept = bob.call("keep-text", &[("title", "Kept"), ("slug_wanted", "one")]).await;
    assert_eq!((kept.status, &kept.json()["slug"]), (StatusCode::OK, &json!("kept")));
    // For members alone: a stranger is not told where it is.
    let fields = [
        ("slug", "three"),
        ("version", "3"),
        ("title", "First"),
        BODY,
        ("slug_wanted", "one"),
        ("visibility", "members"),
        PUBLISHED,
    ];
    assert_eq!(save(&ada, &fields).await, "/article/one");
    assert_eq!(app.browser().get("/article/two").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(bob.get("/article/two").await.header("location"), "/article/one");
    for odd in ["Two words", "-a", "a-", "ä", "a/b"] {
        let fields = [("title", "T"), BODY, ("slug_wanted", odd), PUBLISHED];
        let answer = ada.call("save-article", &fields).await;
        assert_eq!(answer.json(), json!({ "invalid": [["slug_wanted", "malformed"]] }), "{odd}");
    }
});

story!(what_is_deleted_can_be_brought_back_for_thirty_days, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    for title in ["Kept", "Gone", "Old"] {
        save(&ada, &[("title", title), BODY, ("tags", "x, a"), PUBLISHED]).await;
    }
    let answer = ada.submit("/article/kept", &[("slug", "kept")]).await;
    assert_eq!(answer.header("location"), "/articles?deleted=kept");
    let notice = ada.get("/articles?deleted=kept").await.body;
    assert!(notice.contains("Undo") && notice.contains("?form=restore"), "{notice}");
    for reader in [&ada, &bob] {
        assert_eq!(reader.get("/article/kept").await.status, StatusCode::NOT_FOUND);
        assert_eq!(
            reader.ask("manuscript", &[("slug", "kept")]).await.status,
            StatusCode::NOT_FOUND
        );
    }
    assert_eq!(
        bob.call("restore-article", &[("slug", "kept")]).await.status,
        StatusCode::NOT_FOUND
    );
    tallies_are_right(&app).await;
    let answer = ada.submit("/articles?form=restore", &[("slug", "kept")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let page = app.browser().get("/article/kept").await.body;
    assert!(page.find("/tag/x").unwrap() < page.find("/tag/a").unwrap(), "{page}");
    assert!(app.browser().get("/tag/x").await.body.contains("Kept"));
    tallies_are_right(&app).await;

    let early = ada.call("delete-for-good", &[("slug", "gone")]).await;
    assert_eq!(early.status, StatusCode::NOT_FOUND, "only from the bin");
    for slug in ["gone", "old"] {
        ada.call("delete-article", &[("slug", slug)]).await;
    }
    let tab = ada.get("/articles?tab=deleted").await.body;
    assert!(tab.contains("Deleted (2)") && tab.contains("Restore Gone"), "{tab}");
    let answer = ada.submit("/articles?form=delete-for-good", &[("slug", "gone")]).await;
    assert_eq!(answer.header("location"), "/articles?tab=deleted");
    app.state.clock.advance(29 * DAY);
    bin::purge(&app.state.db, app.state.clock.now()).await.unwrap();
    assert_eq!(app.count("select count(*) from articles").await, 2);
    app.state.clock.advance(DAY);
    bin::purge(&app.state.db, app.state.clock.now()).await.unwrap();
    assert_eq!(app.count("select count(*) from articles").await, 1);
    assert_eq!(
        app.count("select (select count(*) from revisions) + (select count(*) from article_slugs)")
            .await,
        2
    );
    tallies_are_right(&app).await;
});

story!(the_desk_has_a_tab_for_each_state_and_finds_words, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let empty = ada.get("/articles?tab=scheduled").await.body;
    assert!(empty.contains("Nothing is scheduled."), "{empty}");
    let at = later(&app, DAY);
    save(&ada, &[("title", "A draft"), ("body", "100% of K\u{e4}se, so to say"), DRAFT]).await;
    save(&ada, &[("title", "For later"), BODY, ("publish_at", &at), PUBLISHED]).await;
    save(&ada, &[("title", "Out there"), BODY, PUBLISHED]).await;
    save(&ada, &[("title", "Thrown away"), BODY, PUBLISHED]).await;
    ada.call("delete-article", &[("slug", "thrown-away")]).await;
    let titles = async |tab: &str, q: &str| {
        let desk = ada.ask("desk", &[("tab", tab), ("q", q), ("page", "1")]).await.json();
        assert_eq!(desk["counts"], json!([3, 1, 1, 1, 1]));
        let articles = desk["articles"].as_array().unwrap().clone();
        let title = |article: &Value| article["title"].as_str().unwrap().to_owned();
        articles.iter().map(title).collect::<Vec<_>>()
    };
    assert_eq!(titles("", "").await.len(), 3);
    assert_eq!(titles("drafts", "").await, ["A draft"]);
    assert_eq!(titles("scheduled", "").await, ["For later"]);
    assert_eq!(titles("published", "").await, ["Out there"]);
    assert_eq!(titles("deleted", "").await, ["Thrown away"]);
    assert_eq!(titles("", "DRAFT").await, ["A draft"]);
    assert_eq!(titles("", "K\u{e4}se").await, ["A draft"]);
    assert_eq!(titles("", "0%").await, ["A draft"]);
    assert_eq!(titles("", "enough words").await.len(), 2);
    assert_eq!(titles("drafts", "enough words").await, [""; 0]);
    assert_eq!(titles("", "_").await, [""; 0]);
});

story!(what_an_article_said_before_is_kept_compared_and_brought_back, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    save(&ada, &[("title", "Told"), ("body", "The fog came in <b>slowly</b>."), DRAFT]).await;
    // Within ten minutes one is kept, the last.
    for body in ["The fog came in.", "The fog came in <b>fast</b>."] {
        keep(&ada, "told", &[("title", "Told"), ("body", body)]).await;
    }
    let all = async || ada.ask("revisions", &[("slug", "told")]).await.json()["revisions"].clone();
    assert_eq!(all().await.as_array().unwrap().len(), 1);
    app.state.clock.advance(Duration::from_secs(601));
    keep(&ada, "told", &[("title", "Told"), ("body", "The fog went <b>fast</b>.")]).await;
    save(
        &ada,
        &[
            ("slug", "told"),
            ("version", "4"),
            ("title", "Told"),
            ("body", "The fog went <b>fast</b>."),
            PUBLISHED,
        ],
    )
    .await;
    let kinds: Vec<Value> =
        all().await.as_array().unwrap().iter().map(|r| r["kind"].clone()).collect();
    assert_eq!(kinds, ["published", "kept", "kept"]);
    let page = ada.get("/articles/told/revisions?version=4").await.body;
    assert!(
        page.contains("<ins class=\"added\">went</ins>")
            && page.contains("<del class=\"removed\">came in</del>"),
        "{page}"
    );
    assert!(!page.contains("<b>fast") && page.contains("&lt;b&gt;fast"), "{page}");
    assert_eq!(bob.get("/articles/told/revisions").await.status, StatusCode::NOT_FOUND);

    let back = [("slug", "told"), ("revision", "3"), ("version", "5")];
    let answer = ada.submit("/articles/told/revisions?version=3", &back).await;
    assert_eq!(answer.header("location"), "/editor/told", "{}", answer.body);
    assert_eq!(manuscript(&ada, "told").await["body"], "The fog came in <b>fast</b>.");
    assert!(
        bob.get("/article/told").await.body.contains("The fog went"),
        "readers wait for the update"
    );
    let stale = ada.submit("/articles/told/revisions?version=3", &back).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    for _ in 0..110 {
        app.state.clock.advance(Duration::from_secs(601));
        ada.log_in("ada", crate::support::PASSWORD).await;
        keep(&ada, "told", &[("title", "Told"), ("body", "On and on.")]).await;
    }
    assert_eq!(all().await.as_array().unwrap().len(), 100);
});

story!(what_is_dropped_or_replaced_on_purpose_stays_among_the_versions, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let texts = async |slug: &str| {
        let all = ada.ask("revisions", &[("slug", slug)]).await.json()["revisions"].clone();
        let mut texts = Vec::new();
        for revision in all.as_array().unwrap() {
            let version = revision["version"].to_string();
            let shown = ada.ask("revisions", &[("slug", slug), ("version", &version)]).await;
            texts.push(shown.body);
        }
        texts.concat()
    };
    save(&ada, &[("title", "Open"), BODY, PUBLISHED]).await;
    keep(&ada, "open", &[("title", "Open"), ("body", "An hour of work.")]).await;
    assert_eq!(ada.call("discard-changes", &[("slug", "open")]).await.status, StatusCode::OK);
    // Whoever goes on writing at once takes nothing away from what was discarded.
    keep(&ada, "open", &[("title", "Open"), ("body", "Another beginning.")]).await;
    assert!(texts("open").await.contains("hour"));

    // A version that is brought back takes the place of no other one.
    let version = manuscript(&ada, "open").await["version"].to_string();
    let back = [("slug", "open"), ("revision", "1"), ("version", &version)];
    assert_eq!(ada.call("restore-revision", &back).await.status, StatusCode::OK);
    keep(&ada, "open", &[("title", "Open"), ("body", "A third one.")]).await;
    // Neither does one that its author chooses over what was stored meanwhile.
    let version = manuscript(&ada, "open").await["version"].to_string();
    let chosen = [("title", "Open"), ("body", "The last."), ("replaces", &version)];
    assert_eq!(keep(&ada, "open", &chosen).await.status, StatusCode::OK);
    let all = texts("open").await;
    // What has changed is told word by word.
    for word in ["hour", "beginning", "third", "last"] {
        assert!(all.contains(word), "{word} in {all}");
    }
});

story!(a_text_that_is_gone_by_one_wrong_key_is_found_among_the_versions, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    save(&ada, &[("title", "Draft"), ("body", "An hour of work, word by word."), DRAFT]).await;
    for body in ["An hour of work, word by", "An hour of work", "", "O", "Oh, no"] {
        let kept = keep(&ada, "draft", &[("title", "Draft"), ("body", body)]).await;
        assert_eq!(kept.status, StatusCode::OK, "{}", kept.body);
    }
    let all = ada.ask("revisions", &[("slug", "draft")]).await.json()["revisions"].clone();
    let mut texts = String::new();
    for revision in all.as_array().unwrap() {
        let version = revision["version"].to_string();
        let shown = [("slug", "draft"), ("version", version.as_str())];
        texts += &ada.ask("revisions", &shown).await.body;
    }
    assert!(texts.contains("hour") && texts.contains("no"), "{texts}");
    assert_eq!(all.as_array().unwrap().len(), 2, "not one for each letter: {all}");
});

story!(an_article_says_its_language_its_direction_and_where_it_belongs, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    save(&ada, &[("title", "Plain"), BODY, PUBLISHED]).await;
    let page = app.browser().get("/article/plain").await.body;
    let own = format!("<link rel=\"canonical\" href=\"{}/article/plain\"", app.origin);
    assert!(page.contains(&own) && page.contains("dir=\"auto\""), "{page}");
    let elsewhere = "https://example.org/a?b=c&d=\u{5d0}";
    save(
        &ada,
        &[
            ("title", "Far"),
            BODY,
            ("canonical", elsewhere),
            ("language", "he"),
            ("direction", "rtl"),
            PUBLISHED,
        ],
    )
    .await;
    let page = app.browser().get("/article/far").await.body;
    let own = page.matches("lang=\"he\" dir=\"rtl\"").count();
    assert_eq!(own, 2, "its title and its text, and not what the site says: {page}");
    assert_eq!(page.matches("lang=\"he\"").count(), own, "{page}");
    assert!(page.contains("href=\"https://example.org/a?b=c&amp;d=\u{5d0}\""), "{page}");
    for (field, wrong) in [
        ("canonical", "/a"),
        ("canonical", "javascript:alert(1)"),
        ("canonical", "https://"),
        ("canonical", "https://a@b.example"),
        ("canonical", "https://a.example/\"><script>"),
        ("language", "english language"),
        ("language", "d"),
        ("direction", "up"),
    ] {
        let answer =
            ada.call("save-article", &[("title", "T"), BODY, (field, wrong), PUBLISHED]).await;
        assert_eq!(answer.json(), json!({ "invalid": [[field, "malformed"]] }), "{wrong}");
    }
});

story!(of_whoever_leaves_nothing_appears_later_and_nothing_unpublished_stays, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let at = later(&app, DAY);
    save(&ada, &[("title", "Later"), BODY, ("tags", "boats"), ("publish_at", &at), PUBLISHED])
        .await;
    save(&ada, &[("title", "Open"), BODY, PUBLISHED]).await;
    save(&ada, &[("title", "Thrown away"), BODY, PUBLISHED]).await;
    ada.call("delete-article", &[("slug", "thrown-away")]).await;
    keep(&ada, "open", &[("title", "Open"), ("body", "Not for anybody yet.")]).await;
    let answer = ada.call("delete-account", &[("username", "ada"), ("articles", "keep")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    app.state.clock.advance(2 * DAY);
    bob.log_in("bob", crate::support::PASSWORD).await;
    assert_eq!(bob.get("/article/later").await.status, StatusCode::NOT_FOUND);
    tallies_are_right(&app).await;
    app.state.clock.advance(13 * DAY);
    leaving::finish_due(&app.state.db, app.state.clock.now()).await.unwrap();
    assert_eq!(app.browser().get("/article/open").await.status, StatusCode::OK);
    assert_eq!(app.count("select count(*) from articles").await, 1);
    let rest = "select (select count(*) from working_copies) + (select count(*) from revisions)";
    assert_eq!(app.count(rest).await, 0);
    tallies_are_right(&app).await;
});

story!(an_editor_takes_nothing_offline_that_is_not_there_yet_and_no_changes_with_it, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let editor = app.person_with("editor", byline::domain::role::Role::Editor).await;
    let at = later(&app, DAY);
    save(&ada, &[("title", "Later"), BODY, ("publish_at", &at), PUBLISHED]).await;
    let answer = editor.call("withdraw-article", &[("slug", "later")]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    save(&ada, &[("title", "Open"), BODY, PUBLISHED]).await;
    keep(&ada, "open", &[("title", "Open"), ("body", "What is being written.")]).await;
    let answer = editor.call("withdraw-article", &[("slug", "open")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let own = manuscript(&ada, "open").await;
    assert_eq!((&own["body"], &own["stage"]), (&json!("What is being written."), &json!("draft")));
    let kept = keep(&ada, "open", &[("title", "Open"), ("body", "What is written.")]).await;
    assert_eq!(kept.json()["slug"], "open", "{}", kept.body);
    let own = manuscript(&ada, "open").await;
    assert_eq!((&own["body"], &own["has_changes"]), (&json!("What is written."), &json!(false)));
    tallies_are_right(&app).await;
});

story!(whoever_is_shut_out_publishes_nothing_later, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let at = later(&app, DAY);
    save(&ada, &[("title", "Later"), BODY, ("tags", "boats"), ("publish_at", &at), PUBLISHED])
        .await;
    let now = app.state.clock.now();
    byline::server::users::set_active(&app.state.db, "ada", false, now).await.unwrap();
    app.state.clock.advance(2 * DAY);
    assert_eq!(app.browser().get("/article/later").await.status, StatusCode::NOT_FOUND);
    tallies_are_right(&app).await;
});

story!(a_download_has_what_is_deleted_and_what_is_not_published, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    save(&ada, &[("title", "Open"), BODY, PUBLISHED]).await;
    save(&ada, &[("title", "Gone"), BODY, PUBLISHED]).await;
    ada.call("delete-article", &[("slug", "gone")]).await;
    let cover = format!("/images/{}-640.webp", "0".repeat(32));
    let changed = [("title", "Open"), ("body", "What is being written."), ("cover", &cover)];
    keep(&ada, "open", &changed).await;
    let files = data_of(&app, &ada).await;
    let text = |name: &str| files[name].clone();
    assert!(text("articles/ada/open.md").contains("Enough words"));
    let changes = text("articles/ada/open_changes.md");
    assert!(changes.contains("What is being written.") && changes.contains("status: \"changes\""));
    assert!(
        changes.contains(&cover) && !text("articles/ada/open.md").contains(&cover),
        "{changes}"
    );
    assert!(text("articles/ada/gone.md").contains("status: \"deleted\""));
    let all: Value = serde_json::from_str(&text("articles.json")).unwrap();
    assert_eq!(all.as_array().unwrap().len(), 3);
});
