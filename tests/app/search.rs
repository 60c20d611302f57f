//! Search: what is found, by whom, in which order, and how it is shown.

use byline::{
    domain::search::MOST,
    server::{
        articles::search::{
            matching::IN_SQLITE,
            plain::text_of,
            words::{Wanted, words},
        },
        db::Tx,
    },
};
use proptest::{
    prelude::*,
    sample::select,
    strategy::ValueTree,
    test_runner::{Config, RngSeed, TestRunner},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    earlier::{ARTICLE, USER, before, insert},
    plans,
    support::{Browser, Engine, TestApp, nowhere_yet, story},
};

const BODY: &str = "Enough words to be an article.";

async fn publish(author: &Browser, title: &str, body: &str, more: &[(&str, &str)]) {
    let mut fields = vec![("title", title), ("body", body), ("status", "published")];
    fields.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    fields.extend(more);
    let answer = author.call("save-article", &fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

async fn search(reader: &Browser, q: &str) -> Value {
    let answer = reader.ask("search", &[("q", q), ("page", "1")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{q:?}: {}", answer.body);
    answer.json()
}

async fn titles(reader: &Browser, q: &str) -> Vec<String> {
    let found = search(reader, q).await;
    let hits = found["hits"].as_array().unwrap();
    assert_eq!(found["total"], hits.len(), "{found}");
    hits.iter().map(|hit| hit["preview"]["title"].as_str().unwrap().to_owned()).collect()
}

/// A text's pieces, what is marked between brackets.
fn marked(pieces: &Value) -> String {
    let pieces = pieces.as_array().unwrap().iter().map(|piece| {
        let text = piece["text"].as_str().unwrap();
        if piece["found"] == true { format!("[{text}]") } else { text.to_owned() }
    });
    pieces.collect()
}

story!(an_article_is_found_by_its_title_its_tags_its_description_and_its_text, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    publish(&ada, "Fog", "The **boats** stay [out](https://example.org/elsewhere \"Sea\").", &[])
        .await;
    publish(
        &ada,
        "Rain",
        BODY,
        &[("tags", "weather, old boats"), ("description", "From the west")],
    )
    .await;
    let reader = app.browser();
    for (q, expected) in [
        ("fog", vec!["Fog"]),
        ("FOG", vec!["Fog"]),
        ("weather", vec!["Rain"]),
        ("west", vec!["Rain"]),
        ("boats stay", vec!["Fog"]),
        // All of the words, wherever each stands.
        ("rain boats west enough", vec!["Rain"]),
        ("fog weather", vec![]),
        // An article is its text, and not the Markdown or HTML that it is written in.
        ("strong", vec![]),
        ("elsewhere", vec![]),
        ("href", vec![]),
    ] {
        assert_eq!(titles(&reader, q).await, expected, "{q}");
    }
    let hit = &search(&reader, "boats").await["hits"][1];
    assert_eq!(marked(&hit["title"]), "Fog");
    assert_eq!(marked(&hit["snippet"]), "The [boats] stay out.");
});

story!(a_title_counts_more_than_a_tag_and_a_tag_more_than_a_text, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    publish(&ada, "The harbour at night", BODY, &[]).await;
    publish(&ada, "Tagged", BODY, &[("tags", "harbour")]).await;
    publish(&ada, "Described", BODY, &[("description", "By the harbour")]).await;
    publish(&ada, "Told", "The harbour, the harbour, and once more the harbour.", &[]).await;
    publish(&ada, "Elsewhere", BODY, &[]).await;
    let in_order = ["The harbour at night", "Tagged", "Described", "Told"];
    assert_eq!(titles(&app.browser(), "harbour").await, in_order);
    // What a text says over and over comes before a newer one that says it once.
    app.state.clock.advance(std::time::Duration::from_secs(1));
    publish(&ada, "Mentioned", "Enough words, and a harbour among them.", &[]).await;
    let in_order = [in_order.as_slice(), &["Mentioned"]].concat();
    assert_eq!(titles(&app.browser(), "harbour").await, in_order);
    assert_eq!(titles(&app.browser(), "harb").await, in_order);
    // Each word counts where it stands.
    assert_eq!(titles(&app.browser(), "enough harbour").await[0], "The harbour at night");
    // Of two that are as good the newer one comes first.
    for title in ["Mist one", "Mist two"] {
        app.state.clock.advance(std::time::Duration::from_secs(1));
        publish(&ada, title, BODY, &[]).await;
    }
    assert_eq!(titles(&app.browser(), "mist").await, ["Mist two", "Mist one"]);
});

story!(accents_and_case_make_no_other_word_and_the_last_may_be_a_beginning, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    publish(&ada, "Café", "Žluťoučký kůň, naïve Ångström, ВЕЛИКИЙ Όμηρος 東京都.", &[]).await;
    publish(&ada, "Coffee", "A cafe\u{301}teria with harbour views.", &[]).await;
    let reader = app.browser();
    for (q, expected) in [
        ("cafe", vec!["Café", "Coffee"]),
        ("CAFE\u{301}", vec!["Café", "Coffee"]),
        ("zlutoucky kun", vec!["Café"]),
        ("naive angstrom великии ομηρος", vec!["Café"]),
        ("東京", vec!["Café"]),
        ("harb", vec!["Coffee"]),
        // The last one only.
        ("harb views", vec![]),
        ("views harb", vec!["Coffee"]),
        // Two letters begin too many words.
        ("ha", vec![]),
        ("arbour", vec![]),
    ] {
        assert_eq!(titles(&reader, q).await, expected, "{q}");
    }
    let found = search(&reader, "cafe").await;
    assert_eq!(marked(&found["hits"][0]["title"]), "[Café]");
    assert_eq!(marked(&found["hits"][1]["snippet"]), "A [cafe\u{301}teria] with harbour views.");
});

story!(whatever_begins_so_is_found_and_ranked_however_many_words_do, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let letters = || ('a'..='z').chain('0'..='9');
    let many: Vec<String> = letters().map(|letter| format!("harbour{letter}")).collect();
    publish(&ada, "Lighthouse", BODY, &[]).await;
    publish(&ada, "Of harbourz", BODY, &[("tags", "lighthouse")]).await;
    publish(&ada, "Elsewhere", "After the harvest it was light.", &[]).await;
    publish(&ada, "Told", &format!("Of {} and lighthouses.", many.join(" ")), &[]).await;
    let reader = app.browser();
    for (q, expected) in [
        ("lig", vec!["Lighthouse", "Of harbourz", "Told", "Elsewhere"]),
        ("ligh", vec!["Lighthouse", "Of harbourz", "Told", "Elsewhere"]),
        ("lighth", vec!["Lighthouse", "Of harbourz", "Told"]),
        ("lighthouses", vec!["Told"]),
        ("harbourz lighth", vec!["Of harbourz", "Told"]),
        ("told harbou", vec!["Told"]),
        ("harbourzz", vec![]),
        ("harbourz harbourzz", vec![]),
    ] {
        assert_eq!(titles(&reader, q).await, expected, "{q}");
    }
    // More words begin so than are looked up one by one.
    for (q, expected) in
        [("harb", vec!["Of harbourz", "Told"]), ("harbou", vec!["Of harbourz", "Told"])]
    {
        let mut found = titles(&reader, q).await;
        found.sort();
        assert_eq!(found, expected, "{q}");
    }
});

story!(a_stranger_finds_nothing_of_what_is_for_members_and_nobody_finds_a_draft, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    publish(&ada, "Open secret", "A word that all may read.", &[]).await;
    let members = [("visibility", "members"), ("tags", "secret")];
    publish(&ada, "Members secret", "The password is walnut.", &members).await;
    let draft = [("status", "draft"), ("tags", "secret")];
    publish(&ada, "Draft secret", "The password is hazel.", &draft).await;
    let stranger = app.browser();
    assert_eq!(titles(&stranger, "secret").await, ["Open secret"]);
    for q in ["walnut", "waln", "members", "secret password", "hazel", "draft secret"] {
        let found = search(&stranger, q).await;
        let nothing = json!({ "hits": [], "page": 1, "pages": 1, "total": 0, "more": false });
        assert_eq!(found, nothing, "{q}");
        let page = stranger.get(&format!("/search?q={q}")).await.body;
        assert!(!page.contains("password is") && page.contains("No article"), "{q}: {page}");
    }
    assert_eq!(titles(&bob, "walnut").await, ["Members secret"]);
    assert_eq!(titles(&bob, "secret").await.len(), 2);
    // A draft, its author neither: it stands on the desk.
    for reader in [&ada, &bob] {
        assert_eq!(titles(reader, "hazel").await, Vec::<String>::new());
    }
});

story!(on_a_site_for_members_a_stranger_is_asked_to_log_in, |engine| {
    let app = TestApp::start_with(engine, &["--readers", "members"]).await;
    let ada = app.person("ada").await;
    publish(&ada, "Harbour", BODY, &[]).await;
    let stranger = app.browser();
    let answer = stranger.ask("search", &[("q", "harbour"), ("page", "1")]).await;
    assert_eq!(
        (answer.status, answer.json()),
        (StatusCode::UNAUTHORIZED, json!("unauthenticated"))
    );
    for path in ["/search", "/search?q=harbour"] {
        let page = stranger.get(path).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED);
        assert!(page.body.contains("href=\"/login?next=/search\""), "{}", page.body);
    }
    let log_in = stranger.get("/login?next=/search").await;
    assert!(log_in.body.contains("name=\"next\" value=\"/search\""));
    assert_eq!(titles(&ada, "harbour").await, ["Harbour"]);
});

story!(what_is_withdrawn_closed_or_deleted_is_found_no_more, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob, eve) =
        (app.person("ada").await, app.person("bob").await, app.person("eve").await);
    let editor = app.person_with("editor", byline::domain::role::Role::Editor).await;
    let reader = app.browser();
    for (author, title) in
        [(&ada, "One fog"), (&ada, "Two fog"), (&bob, "Three fog"), (&eve, "Four fog")]
    {
        app.state.clock.advance(std::time::Duration::from_secs(1));
        publish(author, title, BODY, &[]).await;
    }
    assert_eq!(titles(&reader, "fog").await.len(), 4);

    assert_eq!(editor.call("withdraw-article", &[("slug", "one-fog")]).await.status, 200);
    assert_eq!(titles(&reader, "fog").await, ["Four fog", "Three fog", "Two fog"]);
    assert_eq!(titles(&ada, "one").await, Vec::<String>::new());

    assert_eq!(ada.call("delete-article", &[("slug", "two-fog")]).await.status, 200);
    assert_eq!(titles(&reader, "fog").await, ["Four fog", "Three fog"]);

    let token = {
        let fields = [("username", "bob"), ("articles", "delete")];
        assert_eq!(bob.call("delete-account", &fields).await.status, 200);
        app.take_back_token("bob").await
    };
    assert_eq!(titles(&reader, "fog").await, ["Four fog"], "hidden for the fortnight");
    assert_eq!(reader.call("restore-account", &[("token", &token)]).await.status, 200);
    assert_eq!(titles(&reader, "fog").await, ["Four fog", "Three fog"]);

    let fields = [("username", "eve"), ("articles", "keep")];
    assert_eq!(eve.call("delete-account", &fields).await.status, 200);
    let found = search(&reader, "four").await;
    assert_eq!(found["hits"][0]["preview"]["author"], "a former member");
    assert_eq!(titles(&reader, "fog").await, ["Four fog", "Three fog"]);

    // With the account goes the article, and with that its words.
    app.execute("delete from users where username_key = 'bob'").await;
    assert_eq!(titles(&reader, "fog").await, ["Four fog"]);
    if matches!(engine, Engine::Sqlite) {
        let orphans =
            "select count(*) from search_words where rowid not in (select id from search_rows)";
        assert_eq!(app.count(orphans).await, 0);
        assert_eq!(
            app.count("select count(*) from search_rows").await,
            3,
            "one withdrawn, one deleted"
        );
    }
});

story!(an_edited_article_is_found_by_its_new_words_alone, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let reader = app.browser();
    publish(&ada, "Harbour", "Boats and ropes lie here.", &[("tags", "sea")]).await;
    let edit = |version: &'static str, status: &'static str, visibility: &'static str| {
        let ada = &ada;
        async move {
            let fields = [
                ("slug", "harbour"),
                ("version", version),
                ("title", "Mountain"),
                ("body", "Goats and rocks stand here."),
                ("tags", "land"),
                ("status", status),
                ("visibility", visibility),
            ];
            assert_eq!(ada.call("save-article", &fields).await.status, StatusCode::OK);
        }
    };
    edit("1", "published", "public").await;
    for (q, found) in [("harbour", 0), ("ropes", 0), ("sea", 0), ("mountain", 1), ("rocks land", 1)]
    {
        assert_eq!(titles(&reader, q).await.len(), found, "{q}");
    }
    for (version, status, visibility, strangers, members) in [
        ("2", "published", "members", 0, 1),
        ("3", "draft", "public", 0, 0),
        ("4", "published", "public", 1, 1),
    ] {
        edit(version, status, visibility).await;
        assert_eq!(titles(&reader, "goats").await.len(), strangers, "{status} {visibility}");
        assert_eq!(titles(&ada, "goats").await.len(), members, "{status} {visibility}");
    }
    // What was refused changed nothing.
    let stale = [("slug", "harbour"), ("version", "1"), ("title", "Cliff"), ("body", BODY)];
    let stale = [stale.as_slice(), &[("status", "published")]].concat();
    assert_eq!(ada.call("save-article", &stale).await.status, StatusCode::CONFLICT);
    assert_eq!(
        (titles(&reader, "cliff").await.len(), titles(&reader, "goats").await.len()),
        (0, 1)
    );
});

story!(whatever_is_typed_is_words, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    publish(&ada, "Fog and rain", "It is not near: a title or a body, they said.", &[]).await;
    let reader = app.browser();
    for (q, found) in [
        ("\"fog\"", 1),
        ("fog\"", 1),
        ("'fog' rain'", 1),
        ("fog*", 1),
        ("* fog", 1),
        ("fog AND rain", 1),
        ("fog OR snow", 0),
        ("fog NOT rain", 1),
        ("NEAR(fog rain)", 1),
        ("title:fog", 1),
        ("{title body} : fog", 1),
        ("-fog", 1),
        ("^fog + rain", 1),
        ("!fog", 1),
        ("fog & !rain", 1),
        ("fog <-> rain", 1),
        ("fog:*A", 1),
        ("fog\\", 1),
        ("\\'fog", 1),
        ("fog\0rain", 1),
        ("fog'); drop table articles; --", 0),
        ("fog%", 1),
        ("f_g", 0),
        ("\u{202e}fog\u{feff}", 1),
        ("fog \u{1f32b}\u{fe0f}", 1),
        ("\u{301}\u{301}", 0),
        ("***", 0),
        ("\"\"", 0),
        ("\0", 0),
        ("", 0),
        ("   ", 0),
    ] {
        assert_eq!(titles(&reader, q).await.len(), found, "{q:?}");
        let address = url::form_urlencoded::byte_serialize(q.as_bytes()).collect::<String>();
        assert_eq!(
            reader.get(&format!("/search?q={address}")).await.status,
            StatusCode::OK,
            "{q:?}"
        );
    }
    let longest = "fog ".repeat(50);
    assert_eq!(titles(&reader, longest.trim()).await.len(), 1);
    let signs = [&"\u{1f600}".repeat(196), " fog"].concat();
    assert_eq!(titles(&reader, &signs).await.len(), 1);
    for long in ["x".repeat(201), "fog ".repeat(60), "\u{e9}\"*".repeat(3_300)] {
        let answer = reader.ask("search", &[("q", &long), ("page", "1")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer.json(), json!({ "invalid": [["q", { "too_long": 200 }]] }));
        let page = reader.get(&format!("/search?q={}", long.replace(' ', "+"))).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.body.contains("A search has at most 200 characters."), "{}", page.body);
        assert!(page.body.contains("aria-invalid=\"true\""), "{}", page.body);
    }
});

story!(what_an_article_or_a_search_says_stays_text, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let evil = "<img src=x onerror=alert(1)>";
    let body = format!("Here {evil} stands, `</mark><script>alert(2)</script>` and &lt;b&gt; too.");
    publish(&ada, &format!("Fog {evil}"), &body, &[("description", "<i>x</i>")]).await;
    let reader = app.browser();
    let page = reader.get("/search?q=onerror+alert+script").await.body;
    for wrong in ["<img", "<script>alert", "</mark><script", "<i>x", "<b>"] {
        assert!(!page.contains(wrong), "{wrong}: {page}");
    }
    assert!(
        page.contains("&lt;img src=x <mark>onerror</mark>=<mark>alert</mark>(1)&gt;"),
        "{page}"
    );
    let hit = &search(&reader, "script").await["hits"][0];
    let snippet = "Here <img src=x onerror=alert(1)> stands, </mark><[script]>alert(2)</[script]> and <b> too.";
    assert_eq!(marked(&hit["snippet"]), snippet);
    let typed = "%22%3E%3C%2Ftitle%3E%3Cscript%3Ealert(3)%3C%2Fscript%3E";
    let page = reader.get(&format!("/search?q={typed}")).await.body;
    assert!(!page.contains("<script>alert(3)"), "{page}");
    assert!(page.contains("<title>\"&gt;&lt;/title&gt;&lt;script&gt;alert(3)"), "{page}");
});

story!(what_is_found_comes_in_pages_of_ten, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    for n in 1..=23 {
        app.state.clock.advance(std::time::Duration::from_secs(1));
        publish(&ada, &format!("Fog & rain {n}"), BODY, &[]).await;
    }
    let reader = app.browser();
    let mut all = Vec::new();
    for page in ["1", "2", "3", "4"] {
        let found = reader.ask("search", &[("q", "fog & rain"), ("page", page)]).await.json();
        assert_eq!((&found["total"], &found["pages"]), (&json!(23), &json!(3)), "{found}");
        let hits = found["hits"].as_array().unwrap();
        all.extend(hits.iter().map(|hit| hit["preview"]["title"].as_str().unwrap().to_owned()));
    }
    let expected: Vec<String> = (1..=23).rev().map(|n| format!("Fog & rain {n}")).collect();
    assert_eq!(all, expected);
    let page = reader.get("/search?q=fog+%26+rain&page=2").await.body;
    assert!(page.contains("23 articles") && page.contains("/article/fog-rain-13\""), "{page}");
    let other = "href=\"/search?q=fog%20%26%20rain&amp;page=3\"";
    assert!(page.contains(other), "{page}");
    assert!(reader.get("/search?q=fog%20%26%20rain&page=3").await.body.contains("fog-rain-1\""));
    let beyond = reader.get("/search?q=fog&page=9").await;
    assert_eq!(beyond.status, StatusCode::OK);
    assert!(beyond.body.contains("Back to the first page"), "{}", beyond.body);
});

story!(one_searches_without_javascript_and_hears_what_to_do, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    publish(&ada, "Fog", "The harbour lies in it.", &[("description", "Low clouds")]).await;
    let reader = app.browser();
    assert!(reader.get("/").await.body.contains("href=\"/search\""), "no way there");
    let page = reader.get("/search").await.body;
    assert!(page.contains("method=\"get\"") && page.contains("action=\"/search\""), "{page}");
    assert!(page.contains("role=\"search\"") && page.contains("<label for=\"q\""), "{page}");
    assert!(page.contains("autofocus") && page.contains("Type what its title"), "{page}");
    assert!(page.contains("<title>Search · Byline</title>"), "{page}");
    let page = reader.get("/search?q=harb").await.body;
    assert!(page.contains("1 article") && page.contains("<mark>harbour</mark>"), "{page}");
    assert!(page.contains("value=\"harb\"") && page.contains("href=\"/article/fog\""), "{page}");
    assert!(page.contains("<title>harb · Search · Byline</title>"), "{page}");
    let page = reader.get("/search?q=snow").await.body;
    assert!(page.contains("No article has all of these words"), "{page}");
    assert!(page.contains("Try fewer words"), "{page}");
    assert!(app.browser().get("/robots.txt").await.body.contains("Disallow: /search\n"));
});

story!(searching_changes_nothing, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    publish(&ada, "Fog", BODY, &[]).await;
    let before = app.dump().await;
    for reader in [&app.browser(), &ada] {
        titles(reader, "fog").await;
        reader.get("/search?q=fog").await;
    }
    assert_eq!(app.dump().await, before);
});

story!(what_was_published_before_there_was_search_is_found, |engine| {
    let (url, folder) = nowhere_yet(engine).await;
    let db = before("0013", &url).await;
    let articles = MOST + 2;
    let mut tx = db.begin().await.unwrap();
    let author = Uuid::now_v7();
    insert(&mut tx, USER, author, Uuid::nil(), "", 0).await;
    for n in 0..articles {
        let status = if n == 0 { "draft" } else { "published" };
        insert(&mut tx, ARTICLE, Uuid::now_v7(), author, status, n).await;
    }
    tx.commit().await.unwrap();
    db.close().await;
    let app = TestApp::start_at(url, folder, &[]).await;
    let reader = app.browser();
    assert_eq!(titles(&reader, "old 7").await, ["Old 7"]);
    assert_eq!(titles(&reader, "old 0").await, Vec::<String>::new(), "a draft");
    let found = search(&reader, "harbour").await;
    assert_eq!((&found["total"], &found["more"]), (&json!(MOST), &json!(true)));
    assert_eq!(marked(&found["hits"][0]["snippet"]), "In the [harbour].");
    let page = reader.get("/search?q=harbour").await.body;
    assert!(page.contains("More than 1000 articles"), "{page}");
    assert_eq!(
        app.count("select count(*) from articles where in_index").await,
        i64::from(MOST) + 1
    );
});

/// A column more cannot be given to what FTS5 has indexed.
#[tokio::test]
async fn on_sqlite_what_an_earlier_release_indexed_is_found_as_before() {
    let (url, folder) = nowhere_yet(Engine::Sqlite).await;
    let db = before("0021", &url).await;
    let mut tx = db.begin().await.unwrap();
    let author = Uuid::now_v7();
    insert(&mut tx, USER, author, Uuid::nil(), "", 0).await;
    for n in 0..3 {
        insert(&mut tx, ARTICLE, Uuid::now_v7(), author, "published", n).await;
    }
    let Tx::Sqlite(transaction) = &mut tx else { panic!("not SQLite") };
    sqlx::raw_sql(
        "insert into search_rows (article_id) select id from articles; \
         insert into search_words (rowid, title, tags, description, body) \
         select r.id, lower(a.title), '', '', 'in the harbour' \
         from search_rows r join articles a on a.id = r.article_id; \
         update articles set in_index = true",
    )
    .execute(&mut **transaction)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    let app = TestApp::start_at(url, folder, &[]).await;
    assert_eq!(titles(&app.browser(), "old 1").await, ["Old 1"]);
    assert_eq!(titles(&app.browser(), "harbour").await.len(), 3);
    assert_eq!(app.count("select count(*) from search_rows").await, 3);
}

/// Words that a person, an engine's grammar or another script might have.
const VOCABULARY: [&str; 20] = [
    "fog",
    "foggy",
    "light",
    "lighthouse",
    "Fóg",
    "rain",
    "AND",
    "or",
    "near",
    "title",
    "e-mail",
    "3rd",
    "1e5",
    "0x1F",
    "don't",
    "東京都",
    "हिन्दी",
    "ﬁsh",
    "a_b",
    "x.y/z@w",
];

fn text(most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(select(&VOCABULARY[..]), 1..most).prop_map(|words| words.join(" "))
}

// On each engine what is found is what a reader with much patience would find.
story!(both_engines_find_what_has_all_the_words_and_nothing_else, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let mut runner = TestRunner::new(Config {
        rng_seed: RngSeed::Random,
        failure_persistence: None,
        ..Config::default()
    });
    let mut draw = |most| text(most).new_tree(&mut runner).unwrap().current();
    let mut articles = Vec::new();
    for n in 0..9 {
        let (title, body) = (format!("{n} {}", draw(3)), format!("{} and more than ten.", draw(6)));
        publish(&ada, &title, &body, &[]).await;
        articles.push((title, body));
    }
    let reader = app.browser();
    for _ in 0..60 {
        let q = draw(4);
        let wanted = Wanted::parse(&q);
        let has_all = |text: &str| {
            let found = |wanted: &String, last: bool| {
                words(text).any(|(_, word)| {
                    word == *wanted
                        || last && wanted.chars().count() > 2 && word.starts_with(wanted)
                        || last && !wanted.is_ascii() && word.starts_with(wanted)
                })
            };
            let all = wanted.words();
            all.iter().enumerate().all(|(n, word)| found(word, n + 1 == all.len()))
        };
        let expected = articles.iter().filter(|(title, body)| has_all(&format!("{title} {body}")));
        let mut expected: Vec<String> = expected.map(|(title, _)| title.clone()).collect();
        let mut found = titles(&reader, &q).await;
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{q:?} in {articles:#?}");
    }
});

story!(the_longest_article_is_stored_and_found_whatever_it_is_made_of, |engine| {
    let app = TestApp::start_with(engine, &["--body-limit", "8388608"]).await;
    let ada = app.person("ada").await;
    let different = |from: u32, length: usize| -> String {
        let letters = (from..).filter_map(char::from_u32).filter(|c| c.is_alphabetic());
        let letters: Vec<char> = letters.take(300).collect();
        let word = |n: usize| {
            [letters[n % 300], letters[n / 300 % 300], letters[n / 90_000 % 300]]
                .iter()
                .take(length)
                .collect::<String>()
        };
        (0..200_000 / (length + 1)).map(|n| word(n) + " ").collect()
    };
    for (n, body) in [
        different(0x61, 3),
        different(0x4E00, 2),
        different(0xAC00, 3),
        different(0x20000, 3),
        "x".repeat(200_000),
        "fog ".repeat(50_000),
        "a\u{301}".repeat(100_000),
        "**a** b\n\n".repeat(22_000),
    ]
    .iter()
    .enumerate()
    {
        publish(&ada, &format!("Long {n}"), body, &[]).await;
        assert_eq!(titles(&app.browser(), &format!("long {n}")).await.len(), 1);
    }
    assert_eq!(titles(&app.browser(), &"x".repeat(200)).await, ["Long 4"]);
    assert_eq!(titles(&app.browser(), "fog").await, ["Long 5"]);
});

/// So that ranking has an end, and none of the texts is read for it.
#[tokio::test]
async fn on_sqlite_a_search_takes_the_newest_unsorted_and_ranks_no_others_and_reads_no_article() {
    let app = TestApp::start(Engine::Sqlite).await;
    let sql = IN_SQLITE.replace("$1", "'fog'").replace("$2", "false").replace("$3", "10");
    let sql = sql.replace("$4", "1800000000000000").replace("$5", "'[]'");
    let plan = plans::on_sqlite(&app.state.db, &sql).await;
    let searches: Vec<&String> = plan
        .iter()
        .filter(|step| step.contains("VIRTUAL TABLE INDEX") && step.contains('M'))
        .collect();
    assert_eq!(searches.len(), 2, "{plan:#?}");
    // From the newest on, without a sort.
    assert!(
        searches[0].starts_with("SCAN search_words")
            && plan.iter().all(|step| !step.contains("FOR ORDER BY")),
        "{plan:#?}"
    );
    // No further than to the oldest of those.
    assert!(searches[1].starts_with("SCAN s ") && searches[1].contains('>'), "{plan:#?}");
    assert!(plan.iter().any(|step| step.contains("COVERING INDEX articles_seen_by")), "{plan:#?}");
}

#[test]
fn the_text_of_an_article_is_what_a_reader_reads() {
    for (html, text) in [
        ("<p>One</p>\n<p>two</p>", "One two"),
        ("<p>un<em>believ</em>able</p>", "unbelievable"),
        ("<ul><li>a</li><li>b</li></ul>", "a b"),
        ("<p>a<br>b</p>", "a b"),
        ("<p><a title=\"x > y\" href=\"/z\">there</a></p>", "there"),
        ("<p>1 &lt; 2 &amp;amp; &quot;&nbsp;3</p>", "1 < 2 &amp; \" 3"),
        ("<p>&amp;lt;b&amp;gt;</p>", "&lt;b&gt;"),
        ("", ""),
    ] {
        assert_eq!(text_of(html), text, "{html}");
    }
}
