//! Chapter 3: what a browser makes of what the site sends.

use reqwest::{Method, StatusCode};

use crate::{
    documents::section,
    matrix::{Gap, Requirement, files, met, partly, unproved},
    site::{Site, attribute, tags},
    support::{Browser, Engine, PASSWORD, TestApp, story},
    v6::rows,
};

pub const REQUIREMENTS: &[Requirement] = &[
    met(
        "3.1.1",
        3,
        "The documents say what a browser must know, and what happens where it does not",
        &["v3_1_1_what_a_browser_must_know_is_documented"],
    ),
    met(
        "3.2.1",
        1,
        "What is no page cannot be made to run as one",
        &["v3_2_1_data_that_is_opened_as_a_page_is_data"],
    ),
    met(
        "3.2.2",
        1,
        "Text is put into pages as text",
        &[
            "app::house_rules::v3_2_2_html_is_inserted_in_two_places_only",
            "app::articles::markdown_is_rendered_and_raw_html_is_shown_as_typed",
            "browser: what looks like markup in a title is shown as it was typed",
        ],
    ),
    met(
        "3.2.3",
        3,
        "Nothing that people write takes the place of a page's own elements",
        &["app::markdown::v3_2_3_no_heading_takes_an_identifier_that_a_page_uses"],
    ),
    met(
        "3.3.1",
        1,
        "Cookies are Secure, with the prefix that says so",
        &["v3_3_1_every_cookie_is_secure_by_its_name"],
    ),
    met(
        "3.3.2",
        2,
        "Each cookie says which requests of other sites it goes with",
        &["v3_3_2_no_cookie_goes_with_the_forms_of_other_sites"],
    ),
    met(
        "3.3.3",
        2,
        "Cookies are this host's alone",
        &["v3_3_3_no_other_host_can_set_or_read_a_cookie"],
    ),
    met(
        "3.3.4",
        2,
        "No script reads a session's token, which travels as a cookie and in no other way",
        &[
            "v3_3_4_no_script_can_read_a_cookie",
            "app::attacks::t17_nothing_that_is_read_hands_out_a_secret",
            "app::sessions::the_database_holds_no_value_that_a_cookie_could_be_made_of",
        ],
    ),
    met(
        "3.3.5",
        3,
        "No cookie is longer than browsers keep",
        &["v3_3_5_no_cookie_is_longer_than_a_browser_keeps"],
    ),
    met(
        "3.4.1",
        1,
        "Every answer asks for https for a year or more, on subdomains too",
        &["v3_4_1_every_answer_asks_for_https_for_a_year_or_more"],
    ),
    met(
        "3.4.2",
        1,
        "No other origin may read an answer",
        &["v3_4_2_no_origin_is_let_in", "app::demo_faults::s04_no_other_origin_may_read_an_answer"],
    ),
    met(
        "3.4.3",
        2,
        "A policy says what may run; on pages with a nonce of their own (level 3)",
        &[
            "v3_4_3_every_answer_says_what_may_run",
            "app::doors::no_two_pages_share_a_nonce_and_every_script_has_it",
            "browser: an article runs no script in its reader’s browser",
        ],
    ),
    met("3.4.4", 2, "No type is guessed", &["v3_4_4_no_browser_guesses_a_type"]),
    met(
        "3.4.5",
        2,
        "Addresses are not told to other sites",
        &["v3_4_5_no_other_site_hears_an_address"],
    ),
    met(
        "3.4.6",
        2,
        "No other site shows a page in a frame",
        &["v3_4_6_nothing_is_shown_in_a_frame"],
    ),
    unproved(
        "3.4.7",
        3,
        "Violations of the policy are reported somewhere",
        Gap::Open("there is nobody to report to; in the browser's tests a violation is a failure"),
    ),
    met(
        "3.4.8",
        3,
        "Pages share their window with no other origin",
        &["v3_4_8_no_page_shares_its_window"],
    ),
    met(
        "3.5.1",
        1,
        "What changes something is asked for by our own pages",
        &[
            "app::attacks::t15_v3_5_1_no_other_site_can_make_a_browser_change_anything",
            "app::attacks::t16_no_other_site_can_log_a_browser_in_or_register_it",
            "app::demo_faults::s02_another_site_logs_nobody_in_and_registers_nobody",
            "app::resets::a_browser_that_hides_where_it_was_may_still_send_the_form",
        ],
    ),
    met(
        "3.5.2",
        1,
        "No request slips past a preflight; none is relied on",
        &["app::attacks::t18_v3_5_2_json_under_another_name_is_refused"],
    ),
    met(
        "3.5.3",
        1,
        "Nothing is changed by a method that is called safe",
        &[
            "app::attacks::t15_v3_5_3_no_get_changes_anything",
            "app::attacks::t17_every_function_on_get_is_marked_as_reading_and_writes_nothing",
            "app::sessions::logging_out_is_a_post_only",
        ],
    ),
    unproved(
        "3.5.4",
        2,
        "Each application has a host name of its own",
        Gap::NotApplicable("Byline is one application; its origin is a whole host"),
    ),
    met(
        "3.5.5",
        2,
        "Messages of other windows are not believed",
        &["v3_5_5_no_page_listens_to_other_windows"],
    ),
    met("3.5.6", 3, "There is no JSONP", &["v3_5_6_no_answer_becomes_a_script"]),
    met(
        "3.5.7",
        3,
        "Scripts hold nobody's data",
        &["browser: V3.5.7 nothing that only the server knows is in what the browser gets"],
    ),
    met(
        "3.5.8",
        3,
        "No other site embeds what somebody sees who is logged in",
        &["v3_5_8_nothing_is_embedded_by_another_origin"],
    ),
    met(
        "3.6.1",
        3,
        "Scripts, styles and fonts are our own",
        &["v3_6_1_no_page_fetches_code_from_elsewhere"],
    ),
    met(
        "3.7.1",
        2,
        "No plug-ins or other techniques that browsers have given up",
        &["v3_7_1_no_page_wants_a_plug_in"],
    ),
    met(
        "3.7.2",
        2,
        "No redirect leaves the site",
        &[
            "app::attacks::t20_next_is_a_page_of_ours_or_the_front_page",
            "app::attacks::t20_whatever_next_is_it_stays_on_this_origin",
            "app::attacks::t20_v3_7_2_a_log_in_goes_on_to_no_other_site",
            "app::attacks::t21_a_foreign_referer_and_a_forged_error_lead_nowhere",
            "app::attacks::t22_where_to_go_next_is_checked_when_it_is_used",
        ],
    ),
    unproved(
        "3.7.3",
        3,
        "Whoever is sent to another site is asked before",
        Gap::NotApplicable("nobody is sent to another site (3.7.2); links are followed by hand"),
    ),
    unproved(
        "3.7.4",
        3,
        "The domain is on the browsers' list of those that speak https alone",
        Gap::NotApplicable("the domain is that of whoever runs the site"),
    ),
    partly(
        "3.7.5",
        3,
        "Browsers that know too little are treated as documented",
        &[
            "v3_7_5_a_browser_that_knows_too_little_is_treated_as_documented",
            "app::attacks::t15_v3_5_1_no_other_site_can_make_a_browser_change_anything",
            "app::resets::a_browser_that_hides_where_it_was_may_still_send_the_form",
            "app::command::s05_a_site_on_plain_http_does_not_start",
            "browser: without JavaScript nobody is offered what needs it, and what does not works",
        ],
        Gap::Open("nobody is warned whose browser knows no policy or no HSTS"),
    ),
];

#[test]
fn v3_1_1_what_a_browser_must_know_is_documented() {
    let told = section("Browsers");
    let without = rows(&told);
    for what in ["https", "Cookies", "JavaScript", "`Sec-Fetch-Site`", "Content-Security-Policy"] {
        assert!(without.iter().any(|row| row[0].contains(what)), "{what}: {without:?}");
    }
    for row in without {
        assert!(row.len() == 2 && row.iter().all(|cell| !cell.is_empty()), "{row:?}");
    }
}

story!(v3_2_1_data_that_is_opened_as_a_page_is_data, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    ada.write("<img src=x onerror=alert(1)>", "published", "public").await;
    let asked = ["who-am-i", "own-account", "front-page?page=1", "nothing", "desk?page=none"];
    for function in asked {
        let request = ada
            .bare(Method::GET, &format!("/rpc/{function}"))
            .header("sec-fetch-dest", "document")
            .header("sec-fetch-mode", "navigate")
            .header("accept", "text/html");
        let answer = ada.send(request).await;
        assert_eq!(answer.header("content-type"), "application/json", "{function}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{function}");
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
    }
});

/// Every cookie that is set on the way through an account, each as its `Set-Cookie`.
async fn cookies(engine: Engine) -> Vec<String> {
    const HTTPS: [&str; 2] = ["--origin", "https://blog.example.org"];
    let proving = [&HTTPS[..], &["--email-proof", "on"]].concat();
    let begun = TestApp::start_with(engine, &proving).await.browser().register("bob").await;
    let app = TestApp::start_with(engine, &HTTPS).await;
    let ada = app.browser();
    let log_in = [("email", "ada"), ("password", PASSWORD)];
    let kept = [&log_in[..], &[("keep", "true")]].concat();
    let change = [("current_password", PASSWORD), ("new_password", "four other random words")];
    let mut answers = vec![begun, ada.register("ada").await];
    for (function, fields) in [
        ("confirm", &log_in[1..]),
        ("log-in", &log_in[..]),
        ("log-in", &kept[..]),
        ("change-password", &change[..]),
        ("log-out", &[]),
    ] {
        answers.push(ada.call(function, fields).await);
    }
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK), "{answers:?}");
    let set = answers.iter().flat_map(|answer| answer.headers.get_all("set-cookie"));
    let cookies: Vec<String> = set.map(|cookie| cookie.to_str().unwrap().to_owned()).collect();
    for name in ["byline=", "byline-registration=", "byline-device="] {
        assert!(cookies.iter().any(|cookie| cookie.contains(name)), "{name} of {cookies:?}");
    }
    cookies
}

fn has(cookie: &str, attribute: &str) -> bool {
    cookie.split(';').skip(1).any(|given| given.trim().eq_ignore_ascii_case(attribute))
}

story!(v3_3_1_every_cookie_is_secure_by_its_name, |engine| {
    for cookie in cookies(engine).await {
        assert!(cookie.starts_with("__Host-") && has(&cookie, "Secure"), "{cookie}");
    }
});

story!(v3_3_2_no_cookie_goes_with_the_forms_of_other_sites, |engine| {
    for cookie in cookies(engine).await {
        assert!(has(&cookie, "SameSite=Lax") || has(&cookie, "SameSite=Strict"), "{cookie}");
    }
});

story!(v3_3_3_no_other_host_can_set_or_read_a_cookie, |engine| {
    for cookie in cookies(engine).await {
        assert!(cookie.starts_with("__Host-") && has(&cookie, "Path=/"), "{cookie}");
        assert!(!cookie.to_ascii_lowercase().contains("domain="), "{cookie}");
    }
});

story!(v3_3_4_no_script_can_read_a_cookie, |engine| {
    for cookie in cookies(engine).await {
        assert!(has(&cookie, "HttpOnly"), "{cookie}");
    }
});

story!(v3_3_5_no_cookie_is_longer_than_a_browser_keeps, |engine| {
    for cookie in cookies(engine).await {
        let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
        assert!(name.len() + value.len() <= 4096, "{cookie}");
    }
});

story!(v3_4_1_every_answer_asks_for_https_for_a_year_or_more, |engine| {
    let site = Site::open(engine).await;
    assert!(site.is_secure(), "look at it by its https address");
    for (path, answer) in site.answers().await {
        let asked = answer.header("strict-transport-security").to_ascii_lowercase();
        let age = asked.split(';').find_map(|part| part.trim().strip_prefix("max-age="));
        let age: u64 = age.and_then(|age| age.parse().ok()).unwrap_or_default();
        assert!(age >= 31_536_000 && asked.contains("includesubdomains"), "{path}: {asked:?}");
    }
});

story!(v3_4_2_no_origin_is_let_in, |engine| {
    let site = Site::open(engine).await;
    for path in ["/", "/login"] {
        for origin in ["https://evil.example", "null"] {
            let answer = site.ask(Method::GET, path, &[("origin", origin)]).await;
            let allowed = answer.header("access-control-allow-origin");
            assert!(allowed != origin && allowed != "*", "{path} lets {origin} read");
        }
    }
});

story!(v3_4_3_every_answer_says_what_may_run, |engine| {
    for (path, answer) in Site::open(engine).await.answers().await {
        let policy = answer.header("content-security-policy");
        let has = |directive: &str| policy.split(';').any(|given| given.trim() == directive);
        // What is not named is what `default-src` says.
        let no_objects = has("object-src 'none'") || has("default-src 'none'");
        assert!(no_objects && has("base-uri 'none'"), "{path}: {policy:?}");
        for wrong in ["'unsafe-inline'", "'unsafe-eval'", "script-src *", "http:"] {
            assert!(!policy.contains(wrong), "{path}: {policy:?}");
        }
    }
});

story!(v3_4_4_no_browser_guesses_a_type, |engine| {
    for (path, answer) in Site::open(engine).await.answers().await {
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(answer.body.is_empty() || !answer.header("content-type").is_empty(), "{path}");
    }
});

story!(v3_4_5_no_other_site_hears_an_address, |engine| {
    const WELL: [&str; 4] =
        ["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"];
    for (path, answer) in Site::open(engine).await.answers().await {
        assert!(WELL.contains(&answer.header("referrer-policy")), "{path}: {answer:?}");
    }
});

story!(v3_4_6_nothing_is_shown_in_a_frame, |engine| {
    for (path, answer) in Site::open(engine).await.answers().await {
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy:?}");
    }
});

story!(v3_4_8_no_page_shares_its_window, |engine| {
    for (path, answer) in Site::open(engine).await.pages().await {
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
    }
});

#[test]
fn v3_5_5_no_page_listens_to_other_windows() {
    for (file, text) in files("src", "rs").into_iter().chain(files("public", "js")) {
        for wrong in ["postMessage", "post_message", "MessageEvent", "ev::message", "onmessage"] {
            assert!(!text.contains(wrong), "{wrong} in {file}");
        }
    }
}

story!(v3_5_6_no_answer_becomes_a_script, |engine| {
    let app = TestApp::start(engine).await;
    let ada: Browser = app.person("ada").await;
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        if method != Method::GET {
            continue;
        }
        for name in ["callback", "jsonp", "cb"] {
            let query = [(name, "stolen"), ("page", "1"), ("slug", "x"), ("tag", "x")];
            let answer = ada.ask(path.trim_start_matches("/rpc/"), &query).await;
            assert!(!answer.body.contains("stolen"), "{path}: {}", answer.body);
            assert!(!answer.header("content-type").contains("javascript"), "{path}");
        }
    }
});

story!(v3_5_8_nothing_is_embedded_by_another_origin, |engine| {
    for (path, answer) in Site::open(engine).await.answers().await {
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{path}");
    }
});

story!(v3_6_1_no_page_fetches_code_from_elsewhere, |engine| {
    for (path, answer) in Site::open(engine).await.pages().await {
        let fetched = tags(&answer.body, "script").filter_map(|tag| attribute(tag, "src"));
        let fetched =
            fetched.chain(tags(&answer.body, "link").filter_map(|t| attribute(t, "href")));
        for address in fetched {
            let ours = address.starts_with('/') && !address.starts_with("//");
            // A build for tests has no files of its own: their addresses are empty.
            assert!(ours || address.is_empty(), "{path} fetches {address}");
        }
    }
});

story!(v3_7_1_no_page_wants_a_plug_in, |engine| {
    for (path, answer) in Site::open(engine).await.pages().await {
        for name in ["object", "embed", "applet", "frameset"] {
            assert_eq!(tags(&answer.body, name).next(), None, "{path}");
        }
    }
});

story!(v3_7_5_a_browser_that_knows_too_little_is_treated_as_documented, |engine| {
    let told = section("Browsers");
    let documented = |without: &str, what: &str| {
        let row = rows(&told).into_iter().find(|row| row[0] == without).unwrap();
        assert!(row[1].contains(what), "{row:?}");
    };
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    ada.write("Mine", "published", "public").await;
    documented("`Origin` and `Sec-Fetch-Site`", "refused with 403 once there is a cookie");
    let marked = |site: Option<&str>| {
        let request = ada.bare(Method::POST, "/settings").header("accept", "text/html");
        let request = site.into_iter().fold(request, |r, site| r.header("sec-fetch-site", site));
        ada.send(request.form(&[("x", "y")]))
    };
    assert_eq!(marked(None).await.status, StatusCode::FORBIDDEN);
    assert_eq!(ada.name().await.as_deref(), Some("ada"));
    documented("Cookies", "One reads what is public; nobody stays logged in");
    let without = app.browser();
    assert_eq!(without.log_in("ada", PASSWORD).await.status, StatusCode::OK);
    without.set_cookie(None);
    without.others.lock().unwrap().clear();
    assert_eq!(without.get("/article/mine").await.status, StatusCode::OK);
    assert_eq!(without.get("/editor").await.header("location"), "/login?next=%2Feditor");
    documented("JavaScript or WebAssembly", "Pages and forms work");
    assert_eq!(marked(Some("same-origin")).await.header("location"), "/");
    assert_eq!(ada.name().await, None, "the way out needs neither");
});
