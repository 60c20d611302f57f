//! Writing and reading.

use byline::domain::article::Slug;
use reqwest::StatusCode;
use serde_json::json;

use crate::{
    lists::tallies_are_right,
    support::{Browser, TestApp, story},
};

const BODY: (&str, &str) = ("body", "Enough words to be an article.");

story!(a_published_article_is_on_the_front_page_and_at_its_address, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let saved = ada.write("Über Käse & Wein", "published", "public").await;
    assert_eq!(saved.json()["to"], "/article/uber-kase-wein");
    let stranger = app.browser();
    assert!(stranger.get("/").await.body.contains("Über Käse &amp; Wein"));
    let page = stranger.get("/article/uber-kase-wein").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.body.contains("Enough words to be an article.")
            && page.body.matches("<h1").count() == 1
    );
});

story!(titles_in_any_script_get_an_address_and_equal_ones_different_addresses, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let mut places = Vec::new();
    for title in ["北京的秋天", "Осень", "🍂🍂", "Same", "Same", "same"] {
        let place =
            ada.write(title, "published", "public").await.json()["to"].as_str().unwrap().to_owned();
        assert_eq!(ada.get(&place).await.status, StatusCode::OK, "{title} at {place}");
        places.push(place);
    }
    places.sort();
    places.dedup();
    assert_eq!(places.len(), 6);
});

story!(a_stranger_cannot_read_someone_elses_draft, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    ada.write("Not yet", "draft", "public").await;
    assert_eq!(ada.get("/article/not-yet").await.status, StatusCode::OK);
    for other in [&bob, &app.browser()] {
        assert_eq!(other.get("/article/not-yet").await.status, StatusCode::NOT_FOUND);
        assert_eq!(other.ask("article", &[("slug", "not-yet")]).await.json(), json!("not_found"));
        for list in ["/", "/profile/ada"] {
            assert!(!other.get(list).await.body.contains("Not yet"), "{list}");
        }
    }
    assert!(ada.get("/articles").await.body.contains("Not yet"));
    assert!(!bob.get("/articles").await.body.contains("Not yet"));
});

story!(a_members_article_asks_a_stranger_to_log_in, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    ada.write("Among us", "published", "members").await;
    assert_eq!(bob.get("/article/among-us").await.status, StatusCode::OK);
    let page = app.browser().get("/article/among-us").await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(
        page.body.contains("/login?next=/article/among-us") && !page.body.contains("Enough words")
    );
    assert!(!app.browser().get("/").await.body.contains("Among us"));
    assert!(bob.get("/").await.body.contains("Among us"));
});

story!(the_address_follows_a_drafts_title_and_stays_once_it_was_published, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    ada.write("First", "draft", "public").await;
    let edit = |slug: &'static str,
                version: &'static str,
                title: &'static str,
                status: &'static str| {
        let ada = &ada;
        async move {
            ada.call(
                "save-article",
                &[("slug", slug), ("version", version), ("title", title), BODY, ("status", status)],
            )
            .await
        }
    };
    assert_eq!(edit("first", "1", "Second", "draft").await.status, StatusCode::OK);
    assert_eq!(ada.get("/article/first").await.status, StatusCode::NOT_FOUND);
    assert_eq!(edit("second", "2", "Second", "published").await.json()["to"], "/article/second");
    assert_eq!(edit("second", "3", "Third", "published").await.json()["to"], "/article/second");
    assert_eq!(edit("second", "4", "Fourth", "draft").await.status, StatusCode::OK);
    assert_eq!(ada.get("/article/second").await.status, StatusCode::OK);
});

story!(a_stale_edit_is_refused_and_loses_nothing, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    ada.write("Twice", "draft", "public").await;
    let mine = |version: &'static str, body: &'static str| {
        vec![
            ("slug", "twice"),
            ("version", version),
            ("title", "Twice"),
            ("body", body),
            ("status", "draft"),
        ]
    };
    assert_eq!(
        ada.call("save-article", &mine("1", "From the first tab.")).await.status,
        StatusCode::OK
    );
    let stale = ada.call("save-article", &mine("1", "From the second tab.")).await;
    assert_eq!(
        (stale.status, stale.json()),
        (StatusCode::CONFLICT, json!({ "conflict": { "version": 2 } }))
    );

    let page = ada.submit("/editor/twice", &mine("1", "From the second tab.")).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.body.contains("From the second tab.") && page.body.contains("name=\"replaces\""));
    assert!(ada.get("/editor/twice").await.body.contains("From the first tab."));

    let mut chosen = mine("1", "From the second tab.");
    chosen.push(("replaces", "2"));
    assert_eq!(ada.call("save-article", &chosen).await.status, StatusCode::OK);
    assert!(ada.get("/editor/twice").await.body.contains("From the second tab."));
});

story!(twenty_saves_at_once_of_one_version_store_exactly_one, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    ada.write("Race", "draft", "public").await;
    let fields =
        [("slug", "race"), ("version", "1"), ("title", "Race"), BODY, ("status", "published")];
    let answers =
        futures_util::future::join_all((0..20).map(|_| ada.call("save-article", &fields))).await;
    let stored = answers.iter().filter(|a| a.status == StatusCode::OK).count();
    let refused = answers.iter().filter(|a| a.status == StatusCode::CONFLICT).count();
    assert_eq!((stored, refused), (1, 19));
    assert_eq!(app.count("select version from articles").await, 2);
    tallies_are_right(&app).await;
});

story!(what_is_deleted_is_gone_for_everybody, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    ada.write("Mistake", "published", "public").await;
    assert_eq!(
        bob.call("delete-article", &[("slug", "mistake")]).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(app.browser().get("/article/mistake").await.status, StatusCode::OK);
    assert_eq!(ada.call("delete-article", &[("slug", "mistake")]).await.status, StatusCode::OK);
    assert_eq!(ada.get("/article/mistake").await.status, StatusCode::NOT_FOUND);
    tallies_are_right(&app).await;
    assert_eq!(ada.call("delete-for-good", &[("slug", "mistake")]).await.status, StatusCode::OK);
    assert_eq!(app.count("select count(*) from article_tags").await, 0);
    tallies_are_right(&app).await;
});

story!(what_is_deleted_by_its_key_goes_whatever_its_address_is_by_now, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    for script in [true, false] {
        ada.write("First", "draft", "public").await;
        let key = ada.ask("manuscript", &[("slug", "first")]).await.json()["id"].clone();
        let key = key.as_str().unwrap();
        for page in ["/editor/first", "/articles"] {
            let named = format!("name=\"article\" value=\"{key}\"");
            assert!(ada.get(page).await.body.contains(&named), "{page}");
        }
        // Renamed in another tab, and another one takes the address.
        let fields = [("article", key), ("version", "1"), ("title", "Second"), BODY];
        assert_eq!(ada.call("keep-text", &fields).await.json()["slug"], "second");
        ada.write("First", "draft", "public").await;
        let named = [("article", key)];
        let delete = async |person: &Browser| match script {
            true => person.call("delete-article", &named).await,
            false => person.submit("/article/first", &named).await,
        };
        assert_eq!(delete(&bob).await.status, StatusCode::NOT_FOUND, "somebody else's");
        let deleted = delete(&ada).await;
        let to = if script {
            deleted.json()["to"].as_str().unwrap().to_owned()
        } else {
            deleted.header("location").to_owned()
        };
        assert_eq!(to, "/articles?deleted=second", "{}", deleted.body);
        assert_eq!(delete(&ada).await.status, StatusCode::NOT_FOUND, "once is enough");
        assert_eq!(ada.call("delete-article", &[("slug", "first")]).await.status, StatusCode::OK);
        for slug in ["first", "second"] {
            let gone = ada.call("delete-for-good", &[("slug", slug)]).await;
            assert_eq!(gone.status, StatusCode::OK, "{slug}");
        }
    }
    for nothing in [&[("article", "first")][..], &[("slug", "no such one")], &[]] {
        let answer = ada.call("delete-article", nothing).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{nothing:?}");
    }
    tallies_are_right(&app).await;
});

story!(the_front_page_shows_ten_at_a_time, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    for n in 1..=23 {
        app.state.clock.advance(std::time::Duration::from_secs(1));
        ada.write(&format!("Number {n} of many"), "published", "public").await;
    }
    let browser = app.browser();
    let page = |path: &'static str| browser.get(path);
    let shown = |body: &str| body.matches("class=\"article-preview\"").count();
    let first = page("/").await.body;
    assert_eq!(shown(&first), 10);
    assert!(first.contains("Number 23 of many") && !first.contains("Number 13 of many"));
    assert_eq!(shown(&page("/?page=3").await.body), 3);
    for odd in ["/?page=0", "/?page=-1", "/?page=none", "/?page="] {
        let answer = page(odd).await;
        assert!(
            answer.body.contains("Number 23 of many"),
            "{odd}: {} {}",
            answer.status,
            answer.body
        );
    }
    for far in ["/?page=4", "/?page=99999999999999999999"] {
        let answer = page(far).await;
        assert_eq!((answer.status, shown(&answer.body)), (StatusCode::OK, 0), "{far}");
    }
});

story!(a_tag_lists_what_carries_it, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    ada.call(
        "save-article",
        &[
            ("title", "Tagged"),
            BODY,
            ("tags", "Harbour, old boats,harbour"),
            ("status", "published"),
        ],
    )
    .await;
    let page = app.browser().get("/article/tagged").await;
    assert!(page.body.contains("/tag/harbour") && page.body.contains("old boats"), "{page:?}");
    assert!(app.browser().get("/tag/old%20boats").await.body.contains("Tagged"));
    assert_eq!(app.count("select count(*) from article_tags").await, 2);
});

story!(markdown_is_rendered_and_raw_html_is_shown_as_typed, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let body = "# One\n\n## Two words\n\n~~gone~~ <script>alert(1)</script>\n\n- [x] done\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n\
        note[^1]\n\n[^1]: the note\n\n[bad](javascript:alert(1)) [mail](mailto:a@b.example) [rel](/about)\n\n<div onclick=\"x()\">raw</div>";
    ada.call("save-article", &[("title", "Markup"), ("body", body), ("status", "published")]).await;
    let html = app.browser().get("/article/markup").await.body;
    for part in [
        "<h2 id=\"one\"",
        "<h3 id=\"two-words\"",
        "<del>gone</del>",
        "type=\"checkbox\"",
        "<table>",
        "footnote-definition",
        "href=\"mailto:a@b.example\"",
        "href=\"/about\"",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    for part in ["<script>alert", "<div onclick", "href=\"javascript:"] {
        assert!(!html.contains(part), "{part}");
    }
});

story!(what_an_article_is_called_stays_text_in_the_head_of_its_page, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let fields = [
        ("title", "</title><script>alert(1)</script> &lt;b&gt;"),
        ("description", "\"><script>alert(2)</script>"),
        ("body", "Enough words to be an article."),
        ("status", "published"),
    ];
    let to = ada.call("save-article", &fields).await.json()["to"].as_str().unwrap().to_owned();
    let page = app.browser().get(&to).await.body;
    assert!(!page.contains("<script>alert"), "{page}");
    let title = "<title>&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp;lt;b&amp;gt; · Byline</title>";
    assert!(page.contains(title), "{page}");
});

story!(of_many_saves_at_once_every_loser_is_told_the_version_that_is_stored, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    ada.write("Race", "draft", "public").await;
    for round in 1..=5 {
        let version = round.to_string();
        let save = async |n: usize| {
            let status = if n.is_multiple_of(2) { "published" } else { "draft" };
            let fields = [
                ("slug", "race"),
                ("version", &version),
                ("title", "Race"),
                BODY,
                ("status", status),
            ];
            ada.call("save-article", &fields).await
        };
        let answers = futures_util::future::join_all((0..12).map(save)).await;
        let stored = app.count("select version from articles").await;
        assert_eq!(stored, round + 1);
        let (won, lost): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer.status == StatusCode::OK);
        assert_eq!((won.len(), lost.len()), (1, 11));
        for answer in lost {
            assert_eq!(
                (answer.status, answer.json()),
                (StatusCode::CONFLICT, json!({ "conflict": { "version": stored } }))
            );
        }
        tallies_are_right(&app).await;
    }
});

story!(a_version_that_is_not_stored_yet_cannot_be_named_in_advance, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    ada.write("Race", "draft", "public").await;
    let save = async |version: &'static str, status: &'static str| {
        let fields =
            [("slug", "race"), ("version", version), ("title", "Race"), BODY, ("status", status)];
        ada.call("save-article", &fields).await
    };
    for ahead in ["2", "9223372036854775807", "-1", "0"] {
        let answer = save(ahead, "published").await;
        assert_eq!(answer.json(), json!({ "conflict": { "version": 1 } }), "{ahead}");
    }
    let guesses = (0..12).map(|n| save(["1", "2", "3"][n % 3], ["published", "draft"][n % 2]));
    futures_util::future::join_all(guesses).await;
    tallies_are_right(&app).await;
});

story!(whoever_deletes_while_an_edit_is_in_flight_leaves_nothing_behind, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    for n in 0..8 {
        let slug = format!("gone-{n}");
        let tags = |n: usize| ["boats", "nets, boats", "", "nets"][n % 4];
        let fields = [("title", slug.as_str()), BODY, ("tags", tags(n)), ("status", "published")];
        assert_eq!(ada.call("save-article", &fields).await.status, StatusCode::OK);
        let edits = (0..6).map(async |tab: usize| {
            let fields = [
                ("slug", slug.as_str()),
                ("version", "1"),
                ("title", &slug),
                BODY,
                ("tags", tags(tab)),
                ("status", "published"),
            ];
            ada.call("save-article", &fields).await.status
        });
        let this = [("slug", slug.as_str())];
        let delete = ada.call("delete-article", &this);
        let (edits, delete) = tokio::join!(futures_util::future::join_all(edits), delete);
        assert_eq!(delete.status, StatusCode::OK, "{}", delete.body);
        assert_eq!(ada.call("delete-for-good", &this).await.status, StatusCode::OK);
        let told = [StatusCode::OK, StatusCode::CONFLICT, StatusCode::NOT_FOUND];
        assert!(edits.iter().all(|status| told.contains(status)), "{edits:?}");
    }
    tallies_are_right(&app).await;
    assert_eq!(app.count("select (select count(*) from articles) + (select count(*) from article_tags) + (select count(*) from tallies)").await, 0);
});

story!(what_was_typed_survives_a_session_that_ended, |engine| {
    let app = TestApp::start(engine).await;
    let stranger = app.browser();
    let typed = [
        ("title", "A title"),
        ("body", "Words that took an evening"),
        ("tags", "sea"),
        ("status", "published"),
    ];
    for page in ["/editor", "/editor/some-article"] {
        let answer = stranger.submit(page, &typed).await;
        assert_eq!(answer.status, 401);
        assert!(answer.body.contains("Words that took an evening"), "{}", answer.body);
        assert!(answer.body.contains("value=\"A title\""));
        assert!(answer.body.contains("Log in in a new tab"));
    }
});

story!(what_was_typed_survives_an_article_that_is_gone, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let typed = [
        ("slug", "gone"),
        ("version", "3"),
        ("title", "A title"),
        ("body", "Words that took an evening"),
        ("status", "draft"),
    ];
    let answer = ada.submit("/editor/gone", &typed).await;
    assert_eq!(answer.status, 404);
    assert!(answer.body.contains("Words that took an evening"), "{}", answer.body);
    assert!(answer.body.contains("value=\"A title\""));
    // Sent once more, it is an article of its own.
    assert!(answer.body.contains("name=\"slug\" value=\"\""), "{}", answer.body);
    let answer = ada.submit("/editor/gone", &typed[2..]).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/articles"));
    assert_eq!(ada.get("/editor/a-title").await.status, StatusCode::OK);
});

story!(a_refused_deletion_says_so, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    ada.write("A title", "published", "public").await;

    let answer = app.browser().submit("/article/a-title", &[("slug", "a-title")]).await;
    assert_eq!(answer.status, 401);
    assert!(answer.body.contains("error-messages"), "{}", answer.body);
    assert!(answer.body.contains("A title"));
});

story!(a_tag_of_any_characters_leads_from_its_article_to_its_list, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let tags = [
        "old boats",
        "käse",
        "日本語",
        "🍂",
        "c++",
        "a&b;c",
        "\"quoted\"",
        "it's",
        "<b>",
        "...",
        ". .",
        "-",
        "a:b@c",
        "e=mc2",
        "~{}|^[]`",
        "x".repeat(30).leak(),
    ];
    for (n, tag) in tags.into_iter().enumerate() {
        let title = format!("Tagged {n}");
        let fields = [("title", title.as_str()), BODY, ("tags", tag), ("status", "published")];
        let saved = ada.call("save-article", &fields).await;
        assert_eq!(saved.status, StatusCode::OK, "{tag}: {}", saved.body);
        let page = app.browser().get(saved.json()["to"].as_str().unwrap()).await;
        let links: Vec<&str> = page
            .body
            .split("href=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .filter(|href| href.starts_with("/tag/"))
            .collect();
        let [link] = links[..] else { panic!("{tag}: {links:?}") };
        assert!(
            link[5..].bytes().all(|b| b.is_ascii_alphanumeric() || b"%-_.!~*'()".contains(&b)),
            "{tag}: {link}"
        );
        // As a browser reads it: what it would leave out or resolve is gone from here on.
        let address = url::Url::parse(&app.origin).unwrap().join(link).unwrap();
        let list = app.browser().get(address.path()).await;
        assert_eq!(list.status, StatusCode::OK, "{tag} at {address}");
        assert!(list.body.contains(&format!(">{title}<")), "{tag} at {address}: {}", list.body);
    }
    for folder in [".", "..", " .. ", "a, ., b"] {
        let fields = [("title", "Lost"), BODY, ("tags", folder), ("status", "published")];
        let answer = ada.call("save-article", &fields).await;
        assert_eq!(answer.json(), json!({ "invalid": [["tags", "malformed"]] }), "{folder}");
    }
});

story!(the_pages_of_a_tag_are_found_whatever_it_is_called, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    for n in 1..=11 {
        let title = format!("Number {n}");
        let fields =
            [("title", title.as_str()), BODY, ("tags", "old böats"), ("status", "published")];
        assert_eq!(ada.call("save-article", &fields).await.status, StatusCode::OK);
    }
    let page = app.browser().get("/tag/old%20b%C3%B6ats").await.body;
    assert!(page.contains("href=\"/tag/old%20b%C3%B6ats?page=2\""), "{page}");
});

story!(what_cannot_be_a_slug_is_not_found_without_asking_the_database, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let long = "x".repeat(81);
    let strange = ["Mine", "mine/", "a b", "käse", "a\0b", "%00", "..", "'", "mine\n", &long];
    for slug in strange {
        for function in ["article", "manuscript"] {
            let answer = ada.ask(function, &[("slug", slug)]).await;
            assert_eq!(answer.json(), json!("not_found"), "{function} {slug:?}");
        }
        assert_eq!(ada.call("delete-article", &[("slug", slug)]).await.json(), json!("not_found"));
        let edit = [("slug", slug), ("version", "1"), ("title", "Mine"), BODY, ("status", "draft")];
        assert_eq!(ada.call("save-article", &edit).await.json(), json!("not_found"), "{slug:?}");
    }
    app.state.db.close().await;
    for slug in strange {
        let answer = app.browser().ask("article", &[("slug", slug)]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{slug:?}: {}", answer.body);
    }
    let answer = app.browser().ask("article", &[("slug", "mine")]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "this one is asked for");
});

story!(every_title_gets_an_address_that_is_a_slug, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let longest = "ab ".repeat(50);
    let titles = [
        ("北京的秋天", "bei-jing-de-qiu-tian"),
        ("مرحبا بالعالم", ""),
        ("🍂🍂", ""),
        ("!!! ??? …", "article"),
        ("e\u{301}te\u{301}", ""),
        ("\u{301}\u{302}\u{303}", ""),
        ("\u{FDFD}\u{FDFD}\u{FDFD}\u{FDFD}", ""),
        ("\u{202E}abc\u{200B}", "abc"),
        ("ﬁne ½ ①", ""),
        ("-- a -- b --", "a-b"),
        (longest.trim_end(), ""),
        ("../../etc/passwd", "etc-passwd"),
    ];
    for (title, expected) in titles {
        let saved = ada.write(title, "published", "public").await;
        assert_eq!(saved.status, StatusCode::OK, "{title}: {}", saved.body);
        let place = saved.json()["to"].as_str().unwrap().to_owned();
        let slug = place.strip_prefix("/article/").unwrap();
        assert!(Slug::parse(slug).is_some(), "{title} at {slug}");
        assert!(expected.is_empty() || slug == expected, "{title} at {slug}");
        assert_eq!(app.browser().get(&place).await.status, StatusCode::OK, "{title} at {slug}");
    }
});

story!(three_hundred_articles_of_one_title_have_three_hundred_addresses, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let title = "As long as a title may be: ".repeat(6)[..150].to_owned();
    let mut places = std::collections::HashSet::new();
    for _ in 0..15 {
        let writes = (0..20).map(|_| ada.write(&title, "published", "public"));
        for saved in futures_util::future::join_all(writes).await {
            assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
            let place = saved.json()["to"].as_str().unwrap().to_owned();
            assert!(Slug::parse(&place["/article/".len()..]).is_some(), "{place}");
            places.insert(place);
        }
    }
    assert_eq!(places.len(), 300);
    tallies_are_right(&app).await;
});

story!(a_text_comes_back_into_the_editor_as_it_was_typed, |engine| {
    const TEXT: &str = "\nWords </textarea><img src=x onerror=alert(1)> &lt; &amp;amp; & <b>";
    const SHOWN: &str = ">\n\nWords &lt;/textarea&gt;&lt;img src=x onerror=alert(1)&gt; &amp;lt; &amp;amp;amp; &amp; &lt;b&gt;</textarea>";
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let fields = [("title", "Told"), ("body", TEXT), ("status", "published")];
    assert_eq!(ada.call("save-article", &fields).await.status, StatusCode::OK);
    let stored = ada.get("/editor/told").await;
    assert!(stored.body.contains(SHOWN), "{}", stored.body);
    let refused = ada.submit("/editor", &[("title", ""), ("body", TEXT)]).await;
    assert!(refused.body.contains(SHOWN), "{}", refused.body);
});
