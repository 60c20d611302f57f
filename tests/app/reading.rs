//! An article's page: what leads through it and on from it, and what its head tells machines.

use byline::{
    domain::{
        article::{Article, Preview, Stage, Status, Visibility, When, details::Direction},
        role::Role,
        site::{SiteName, Tagline},
    },
    server::{articles, contents, head},
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    plans,
    support::{Browser, Engine, TestApp, story},
};

async fn write(author: &Browser, title: &str, body: &str, more: &[(&str, &str)]) -> String {
    let mut fields = vec![("title", title), ("body", body), ("status", "published")];
    fields.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    fields.extend(more);
    let answer = author.call("save-article", &fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()["to"].as_str().unwrap().to_owned()
}

const BODY: &str = "Enough words to be an article.";

/// Between the tags of the document's head.
fn head_of(page: &str) -> &str {
    page.split_once("</head>").unwrap().0
}

/// What the head says under that name.
fn property<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let mark = format!("<meta property=\"{name}\" content=\"");
    head_of(page).split(&mark).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// The data that stand in the head for programs.
fn data_of(page: &str) -> Option<Value> {
    let (_, data) = page.split_once("<script type=\"application/ld+json\" data-served>")?;
    Some(serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap())
}

story!(the_head_of_a_published_article_says_what_it_is, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let title = "</script><!-- \"Fog\" & 'mist' ]]>";
    let about = "</head><script>alert(1)</script>";
    let more = [("description", about), ("tags", "harbour, r&d")];
    let path = write(&ada, title, BODY, &more).await;
    let page = app.browser().get(&path).await.body;
    let (origin, address) = (&app.origin, format!("{}{path}", app.origin));

    let data = data_of(&page).unwrap();
    for (name, value) in [
        ("@type", json!("BlogPosting")),
        ("headline", json!(title)),
        ("description", json!(about)),
        ("url", json!(address)),
        ("keywords", json!(["harbour", "r&d"])),
        ("isAccessibleForFree", json!(true)),
    ] {
        assert_eq!(data[name], value, "{name}");
    }
    assert_eq!(data["author"]["url"], format!("{origin}/profile/ada"));
    assert_eq!(property(&page, "og:type"), ["article"]);
    assert_eq!(property(&page, "og:url"), [address.as_str()]);
    assert_eq!(property(&page, "article:tag"), ["harbour", "r&amp;d"]);
    assert_eq!(property(&page, "article:author"), [format!("{origin}/profile/ada")]);
    for time in ["article:published_time", "article:modified_time"] {
        assert!(property(&page, time)[0].ends_with('Z'), "{time}");
    }
    let head = head_of(&page);
    assert!(head.contains(&format!("<link rel=\"canonical\" href=\"{address}\"")), "{head}");
    assert!(head.contains("name=\"twitter:card\"") && head.contains(" · Byline</title>"), "{head}");
    assert!(!head.contains("<script>alert") && !head.contains("<!-- \""), "{head}");
    assert!(page.matches("</head>").count() == 1 && page.contains("<time datetime=\""));
});

story!(a_change_is_later_than_the_publication, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let path = write(&ada, "Fog", BODY, &[]).await;
    app.state.clock.advance(std::time::Duration::from_secs(3600));
    write(&ada, "Fog", BODY, &[("slug", "fog"), ("version", "1")]).await;
    let data = data_of(&app.browser().get(&path).await.body).unwrap();
    assert!(data["dateModified"].as_str() > data["datePublished"].as_str(), "{data}");
});

story!(a_draft_and_what_is_for_members_tell_machines_nothing, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let draft = write(&ada, "Unripe", BODY, &[("status", "draft"), ("description", "Sour.")]).await;
    assert_eq!(draft, "/articles");
    let page = ada.get("/article/unripe").await.body;
    assert!(
        page.contains("Unripe")
            && data_of(&page).is_none()
            && property(&page, "og:title").is_empty()
    );
    let shut =
        write(&ada, "Secret", BODY, &[("visibility", "members"), ("description", "Hush.")]).await;
    for path in ["/article/unripe", &shut] {
        let page = app.browser().get(path).await.body;
        assert!(data_of(&page).is_none() && !page.contains("og:"), "{path}");
        for word in ["Unripe", "Sour", "Secret", "Hush", "Enough words"] {
            assert!(!page.contains(word), "{word} on {path}");
        }
    }
    let data = data_of(&ada.get(&shut).await.body).unwrap();
    assert_eq!(data["isAccessibleForFree"], json!(false));
});

/// No title can hold one of these; a later field might.
#[test]
fn no_character_of_an_article_ends_its_data() {
    let text = "</script><!--<script>&\u{2028}\u{2029}\"\\";
    let when = When { iso: "2026-11-28T00:00:00Z".into(), text: String::new() };
    let preview = Preview {
        slug: "fog".into(),
        title: text.into(),
        description: text.into(),
        author: "ada".into(),
        when: when.clone(),
        minutes: 1,
        visibility: Visibility::Public,
        status: Status::Published,
    };
    let article = Article {
        preview,
        html: String::new(),
        contents: String::new(),
        neighbours: String::new(),
        tags: vec![text.into()],
        cover: None,
        stage: Stage::Published,
        canonical: text.into(),
        language: text.into(),
        direction: Direction::Auto,
        mine: false,
        has_changes: false,
        withdrawable: false,
        responses: String::new(),
    };
    let site = SiteName::parse(&text.chars().take(40).collect::<String>()).unwrap_or_default();
    let html = head::of_article(&article, &when, "https://byline.example", &site);
    assert_eq!(html.matches("</script>").count(), 1, "{html}");
    let (_, json) = html.split_once("ld+json\" data-served>").unwrap();
    let json = json.strip_suffix("</script>").unwrap();
    for character in ['<', '>', '&', '\u{2028}', '\u{2029}'] {
        assert!(!json.contains(character), "{character:?} in {json}");
    }
    let data: Value = serde_json::from_str(json).unwrap();
    assert_eq!((&data["headline"], &data["keywords"][0]), (&json!(text), &json!(text)));
    assert!(!html.contains("<!--") && !html.contains("content=\"</"), "{html}");
}

/// The titles that an article's page leads on to, before and after.
async fn neighbours(browser: &Browser, path: &str) -> Vec<String> {
    let page = browser.get(path).await.body;
    let Some((_, nav)) = page.split_once("<nav aria-label=\"More by ") else { return Vec::new() };
    let links = nav.split_once("</nav>").unwrap().0.split("</a>");
    links
        .filter_map(|link| link.split_once("</span> <bdi>"))
        .map(|(_, title)| title.trim_end_matches("</bdi>").to_owned())
        .collect()
}

story!(an_article_leads_to_those_before_and_after_it_that_its_reader_may_read, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    for (title, status, visibility) in [
        ("One & only", "published", "public"),
        ("Two", "published", "members"),
        ("Three", "draft", "public"),
        ("Four", "published", "public"),
        ("Five", "published", "members"),
    ] {
        app.state.clock.advance(std::time::Duration::from_secs(1));
        write(&ada, title, BODY, &[("status", status), ("visibility", visibility)]).await;
        write(&bob, &format!("{title}, by Bob"), BODY, &[]).await;
    }
    let stranger = app.browser();
    assert_eq!(neighbours(&stranger, "/article/four").await, ["One &amp; only"]);
    assert_eq!(neighbours(&stranger, "/article/one-only").await, ["Four"]);
    for member in [&ada, &bob] {
        assert_eq!(neighbours(member, "/article/four").await, ["Two", "Five"]);
        assert_eq!(neighbours(member, "/article/one-only").await, ["Two"]);
    }
    let own_draft: [String; 0] = [];
    assert_eq!(neighbours(&ada, "/article/three").await, own_draft);
});

story!(what_is_published_at_the_same_moment_or_is_yet_to_come, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    for title in ["One", "Two", "Three", "Four"] {
        write(&ada, title, BODY, &[]).await;
    }
    app.execute("update articles set published_at = 1000 where slug in ('one', 'two', 'three')")
        .await;
    app.execute("update articles set published_at = 9000000000000000 where slug = 'four'").await;
    let stranger = app.browser();
    assert_eq!(neighbours(&stranger, "/article/one").await, ["Two"]);
    assert_eq!(neighbours(&stranger, "/article/two").await, ["One", "Three"]);
    assert_eq!(neighbours(&stranger, "/article/three").await, ["Two"]);
});

story!(what_former_members_wrote_is_not_told_apart_by_whose_it_was, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    write(&ada, "One", BODY, &[]).await;
    write(&ada, "Two", BODY, &[]).await;
    let left = ada.call("delete-account", &[("username", "ada"), ("articles", "keep")]).await;
    assert_eq!(left.status, StatusCode::OK, "{}", left.body);
    let page = app.browser().get("/article/two").await.body;
    assert!(page.contains("a former member") && !page.contains("More by"));
    assert!(!page.contains("/profile/ada"), "nothing names them");
});

/// A text of that many words under each of the headings.
fn long(headings: &[&str]) -> String {
    let text = "word ".repeat(1400 / headings.len());
    headings.iter().map(|heading| format!("{heading}\n\n{text}\n\n")).collect()
}

story!(a_long_article_has_contents_and_a_short_one_has_none, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let body = long(&[
        "# Fog & *mist*[^1]",
        "## <b>Bold</b> `code`",
        "### Too deep",
        "# [Link](/a 'a > \"b\"')",
        "# ![Picture](x)",
        "[^1]: Where?",
    ]);
    let path = write(&ada, "Long", &body, &[]).await;
    let page = app.browser().get(&path).await.body;
    let (_, nav) = page.split_once("<nav aria-label=\"Contents\">").unwrap();
    let (folded, _) = nav.split_once("</details>").unwrap();
    assert!(
        folded.ends_with(
            "<ol dir=\"auto\"><li><a href=\"#fog-mist\" rel=\"external\">Fog &amp; mist</a></li>\
             <li class=\"lower\"><a href=\"#b-bold-b-code\" rel=\"external\">&lt;b&gt;Bold&lt;/b&gt; code</a></li>\
             <li><a href=\"#link\" rel=\"external\">Link</a></li></ol>"
        ),
        "{folded}"
    );
    for id in ["fog-mist", "b-bold-b-code", "link"] {
        assert_eq!(page.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
    }
    for (title, body) in [
        ("Short", "# A\n\n# B\n\n# C\n\nEnough words.".to_owned()),
        ("Plain", long(&["# A", "# B"])),
    ] {
        let path = write(&ada, title, &body, &[]).await;
        assert!(
            !app.browser().get(&path).await.body.contains("aria-label=\"Contents\""),
            "{title}"
        );
    }
});

#[test]
fn contents_stay_small_whatever_the_headings_are() {
    let many: String = (0..10_000).map(|n| format!("<h2 id=\"a-{n}\">A</h2>\n")).collect();
    assert_eq!(contents::of(&many, 60).matches("<li").count(), 2 * 100);
    let wide = format!("<h2 id=\"a\">{}</h2>", "a".repeat(200_000)).repeat(5);
    assert_eq!(contents::of(&wide, 60), "");
    // What was stored by another version, or is broken.
    for odd in ["<h2>A</h2>", "<h2 id=\"a\">", "<h2 id=\"", "<h2 id=\"a\"><a title=\"", "<hr>"] {
        assert_eq!(contents::of(&odd.repeat(5), 60), "", "{odd}");
    }
    let lower = "<h3 id=\"a\">A</h3>".repeat(3);
    assert!(!contents::of(&lower, 60).contains("lower"), "the only level is the first");
}

/// The tags that somebody finds, each with its number.
async fn tags(browser: &Browser, page: &str) -> (Vec<String>, bool) {
    let list = browser.ask("tags", &[("page", page)]).await.json();
    let tag = |entry: &Value| format!("{} {}", entry["tag"].as_str().unwrap(), entry["articles"]);
    (list["tags"].as_array().unwrap().iter().map(tag).collect(), list["more"] == true)
}

story!(all_tags_are_listed_with_what_the_reader_finds_under_them, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, editor) = (app.person("ada").await, app.person_with("eve", Role::Editor).await);
    write(&ada, "One", BODY, &[("tags", "boats, r&d")]).await;
    write(&ada, "Two", BODY, &[("tags", "boats, crew"), ("visibility", "members")]).await;
    write(&ada, "Three", BODY, &[("tags", "dew"), ("status", "draft")]).await;
    let strings = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    assert_eq!(tags(&app.browser(), "1").await, (strings(&["boats 1", "r&d 1"]), false));
    assert_eq!(tags(&ada, "1").await, (strings(&["boats 2", "crew 1", "r&d 1"]), false));
    let page = app.browser().get("/tags").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("<a href=\"/tag/r%26d\" dir=\"auto\">r&amp;d</a>"), "{}", page.body);
    assert!(app.browser().get("/").await.body.contains("<a href=\"/tags\">Tags</a>"));

    let withdrawn = editor.call("withdraw-article", &[("slug", "one"), ("reason", "")]).await;
    assert_eq!(withdrawn.status, StatusCode::OK, "{}", withdrawn.body);
    assert_eq!(tags(&app.browser(), "1").await, (Vec::new(), false));
    assert!(app.browser().get("/tags").await.body.contains("No tags here."));
});

story!(tags_come_in_pages, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    for n in 0..21 {
        let tags: Vec<String> = (0..10).map(|m| format!("t{:03}", 10 * n + m)).collect();
        write(&ada, &format!("Number {n}"), BODY, &[("tags", &tags.join(","))]).await;
    }
    for browser in [&app.browser(), &ada] {
        let (first, more) = tags(browser, "1").await;
        assert!(first.len() == 200 && more && first[0] == "t000 1" && first[199] == "t199 1");
        let (second, more) = tags(browser, "2").await;
        assert!(second.len() == 10 && !more && second[0] == "t200 1");
        assert_eq!(tags(browser, "3").await, (Vec::new(), false));
    }
    let page = app.browser().get("/tags?page=2").await.body;
    assert!(page.contains("href=\"/tags\" rel=\"prev\"") && !page.contains("rel=\"next\""));
});

story!(on_a_site_for_members_a_stranger_learns_no_tag, |engine| {
    let app = TestApp::start_with(engine, &["--readers", "members"]).await;
    let ada = app.person("ada").await;
    write(&ada, "One", BODY, &[("tags", "boats")]).await;
    let page = app.browser().get("/tags").await;
    assert!(page.status == StatusCode::UNAUTHORIZED && !page.body.contains("boats"));
    assert_eq!(tags(&ada, "1").await.0, ["boats 1"]);
});

/// Each statement, with values in the place of its parameters, and the index that it walks.
fn walks() -> Vec<(String, &'static str)> {
    let ada = "'00000000-0000-0000-0000-000000000000'";
    let mut walks = Vec::new();
    for (member, index, tags) in [
        (false, "articles_by_author_public", "tallies_of_public_tags"),
        (true, "articles_by_author", "tallies_of_tags"),
    ] {
        for sql in articles::neighbours::sql(member) {
            walks.push((sql.replace("$1", ada).replace("$2", "5").replace("$3", ada), index));
        }
        let sql = articles::tags::sql(member).replace("$1", "201").replace("$2", "200");
        walks.push((sql, tags));
    }
    walks
}

#[tokio::test]
async fn on_sqlite_neighbours_and_tags_are_the_next_entries_of_an_index() {
    let app = TestApp::start(Engine::Sqlite).await;
    for (sql, index) in walks() {
        let plan = plans::on_sqlite(&app.state.db, &sql).await.join("\n");
        let walked = plan.lines().next().unwrap();
        assert!(walked.contains(&format!("INDEX {index}")), "{sql}: {plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{sql}: {plan}");
        if sql.contains("published_at") {
            assert!(walked.contains("(author_id=? AND (published_at,id)"), "{sql}: {plan}");
        }
    }
}

#[tokio::test]
async fn on_postgres_neighbours_and_tags_are_the_next_entries_of_an_index() {
    let app = TestApp::start(Engine::Postgres).await;
    for (sql, index) in walks() {
        let plan = plans::on_postgres(&app.state.db, &sql).await;
        assert!(plan.contains(&format!(" using {index} ")), "{sql}: {plan}");
        assert!(!plan.contains("Sort"), "{sql}: {plan}");
        if sql.contains("published_at") {
            assert!(plan.contains("ROW(published_at, id)"), "{sql}: {plan}");
        }
    }
}

story!(a_site_is_called_what_whoever_runs_it_says, |engine| {
    let (name, as_html) = ("Fog & </title> Harbour", "Fog &amp; &lt;/title&gt; Harbour");
    let app = TestApp::start_with(engine, &["--name", name]).await;
    let ada = app.person("ada").await;
    write(&ada, "Open", BODY, &[("tags", "boats")]).await;
    let stranger = app.browser();
    let front = stranger.get("/").await.body;
    assert!(front.contains(&format!("<title>{as_html}</title>")), "{front}");
    assert!(front.contains(&format!("href=\"/\">{as_html}</a>")), "{front}");
    let article = stranger.get("/article/open").await.body;
    assert!(article.contains(&format!("<title>Open · {as_html}</title>")), "{article}");
    assert!(
        head_of(&article).contains("property=\"og:site_name\" content=\"Fog &amp;"),
        "{article}"
    );
    assert_eq!(data_of(&article).unwrap()["publisher"]["name"], json!(name));
    for (path, title) in [("", name), ("/profile/ada", &*format!("ada on {name}"))] {
        let feed = stranger.get(&format!("{path}/feed.json")).await.json();
        assert_eq!(feed["title"], json!(title));
    }
    ada.call("ask-for-reset", &[("email", "ada")]).await;
    let from = app.post().await.last().unwrap().header("From").to_owned();
    // As RFC 2047 has it: the name in base64.
    let from_us = "=?utf-8?b?Rm9nICYgPC90aXRsZT4gSGFyYm91cg==?= <byline@localhost>";
    assert_eq!(from, from_us);
    assert!(!front.contains("Byline"), "{front}");
});

story!(the_navigation_says_where_one_is, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, _) = (app.person("ada").await, app.person("ada-2").await);
    for (path, marked) in [
        ("/", &["current=\"page\" href=\"/\""][..]),
        ("/settings", &["current=\"page\" href=\"/settings\""]),
        ("/settings/security/passkeys", &["current=\"true\" href=\"/settings\""]),
        ("/profile/ada", &["current=\"page\" href=\"/profile/ada\""]),
        ("/profile/ada/favorites", &["current=\"true\" href=\"/profile/ada\""]),
        ("/profile/ada-2", &[]),
        ("/tags", &[]),
    ] {
        let page = ada.get(path).await.body;
        let header = page.split("<header class=\"navbar\">").nth(1).unwrap();
        let header = header.split("</header>").next().unwrap();
        let found: Vec<&str> = header
            .split("<a ")
            .filter_map(|link| Some(&link[link.find("current=")?..link.find(" class=")?]))
            .collect();
        assert_eq!(found, marked, "{path}: {header}");
        assert_eq!(header.matches(" active\"").count(), marked.len(), "{path}: {header}");
    }
});

story!(a_site_says_of_itself_what_whoever_runs_it_says, |engine| {
    let (said, as_html) = ("Fog, \"boats\" & </p> ropes", "Fog, \"boats\" &amp; &lt;/p&gt; ropes");
    let app = TestApp::start_with(engine, &["--tagline", said]).await;
    let stranger = app.browser();
    for path in ["/", "/login", "/nothing/is/here"] {
        let page = stranger.get(path).await.body;
        assert!(page.contains(&format!("<span class=\"tagline\">{as_html}</span>")), "{page}");
        assert!(!page.contains("people who sign them"), "{page}");
    }
    let front = stranger.get("/").await.body;
    let about = as_html.replace('"', "&quot;");
    assert!(front.contains(&format!("name=\"description\" content=\"{about}\"")), "{front}");
    assert_eq!(stranger.get("/feed.json").await.json()["description"], json!(said));
    let atom = stranger.get("/feed.atom").await.body;
    assert!(atom.contains("<subtitle>Fog, "), "{atom}");
    // The feed of an author says nothing of the site.
    app.person("ada").await;
    assert!(stranger.get("/profile/ada/feed.json").await.json()["description"].is_null());
    let plain = TestApp::start(engine).await.browser().get("/").await.body;
    assert!(plain.contains("<span class=\"tagline\">Articles by people who sign them</span>"));
});

#[test]
fn a_sites_name_is_one_line_that_fits() {
    for wrong in ["", "  ", "two\nlines", "a\u{7}bell", "a\ttab", &"n".repeat(51)] {
        assert!(SiteName::parse(wrong).is_err(), "{wrong:?}");
    }
    assert_eq!(SiteName::parse(" The Harbour ").unwrap().as_str(), "The Harbour");
    assert!(Tagline::parse("two\nlines").is_err() && Tagline::parse(&"n".repeat(151)).is_err());
    assert_eq!(Tagline::parse(&"n".repeat(150)).unwrap().as_str().len(), 150);
}
