//! Registering, logging in and out.

use reqwest::StatusCode;
use serde_json::json;

use crate::support::{PASSWORD, TestApp, new_postgres_database, story};

story!(whoever_registers_is_logged_in_at_once, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("Ada").await;
    assert_eq!(ada.name().await.as_deref(), Some("Ada"));
});

story!(either_identity_logs_in_whatever_its_case, |engine| {
    let app = TestApp::start(engine).await;
    app.person("Ada").await;
    for identity in ["Ada", "ada", "ADA@EXAMPLE.ORG", "  ada@example.org "] {
        let browser = app.browser();
        assert_eq!(browser.log_in(identity, PASSWORD).await.status, StatusCode::OK, "{identity}");
        assert_eq!(browser.name().await.as_deref(), Some("Ada"));
    }
});

story!(every_wrong_field_is_named_at_once, |engine| {
    let app = TestApp::start(engine).await;
    let fields = [
        ("username", "-"),
        ("email", "nobody"),
        ("email_again", "somebody"),
        ("password", "short"),
    ];
    let answer = app.browser().call("register", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let expected = json!({ "invalid": [
        ["username", { "too_short": 2 }], ["email", "malformed"], ["email_again", "different"], ["password", { "too_short": 12 }],
    ] });
    assert_eq!(answer.json(), expected);
    assert_eq!(app.count("select count(*) from users").await, 0);
});

story!(a_name_and_an_address_belong_to_one_person_whatever_their_case, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let answer = app.browser().register("ADA").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.json(), json!({ "invalid": [["username", "taken"], ["email", "taken"]] }));
});

/// In Turkish the lower case of I is not i, and PostgreSQL follows its database's locale.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_and_addresses_are_the_same_on_a_turkish_database() {
    let turkish = "locale_provider icu icu_locale 'tr' template template0";
    let url = new_postgres_database(turkish).await;
    let app = TestApp::start_at(url, tempfile::tempdir().unwrap(), &[]).await;
    assert_eq!(app.count("select cast(lower('I') = 'i' as int)::bigint").await, 0);
    app.person("IRIS").await;
    for identity in ["IRIS", "iris", "Iris@Example.org"] {
        let answer = app.browser().log_in(identity, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::OK, "{identity}");
    }
    for name in ["iris", "Iris"] {
        let answer = app.browser().register(name).await;
        let both = json!({ "invalid": [["username", "taken"], ["email", "taken"]] });
        assert_eq!(answer.json(), both, "{name}");
    }
    assert_eq!(app.browser().get("/profile/iris").await.status, StatusCode::OK);
    let iris = app.browser();
    iris.log_in("iris", PASSWORD).await;
    byline::server::users::set_active(&app.state.db, "iris", false, app.state.clock.now())
        .await
        .unwrap();
    assert_eq!(iris.name().await, None);
}

story!(v7_4_1_logging_out_ends_the_session_and_the_cookie, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let cookie = ada.cookie();
    assert_eq!(ada.log_out().await.status, StatusCode::OK);
    assert_eq!(ada.cookie(), None);
    ada.set_cookie(cookie);
    assert_eq!(ada.name().await, None);
    assert_eq!(app.count("select count(*) from sessions").await, 0);
});

story!(v7_4_2_a_deactivated_person_is_out_at_once_and_stays_out, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    byline::server::users::set_active(&app.state.db, "Ada", false, app.state.clock.now())
        .await
        .unwrap();
    assert_eq!(ada.name().await, None);
    let answer = ada.log_in("ada", PASSWORD).await;
    assert_eq!(
        (answer.status, answer.json()),
        (StatusCode::UNAUTHORIZED, json!("bad_credentials"))
    );
});

story!(a_closed_site_takes_no_new_accounts, |engine| {
    let app = TestApp::start_with(engine, &["--registration", "closed"]).await;
    let answer = app.browser().register("ada").await;
    assert_eq!(
        (answer.status, answer.json()),
        (StatusCode::FORBIDDEN, json!("registration_closed"))
    );
    let page = app.browser().get("/register").await;
    assert!(
        page.body.contains("not taking new accounts") && !page.body.contains("name=\"username\"")
    );
});

story!(a_site_for_members_shows_a_stranger_nothing, |engine| {
    let app = TestApp::start_with(engine, &["--readers", "members"]).await;
    let ada = app.person("ada").await;
    ada.write("In the open", "published", "public").await;
    let stranger = app.browser();
    for path in ["/", "/article/in-the-open", "/profile/ada", "/tag/x"] {
        let page = stranger.get(path).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(!page.body.contains("In the open"), "{path}");
        assert_eq!(ada.get(path).await.status, StatusCode::OK, "{path}");
    }
});

story!(whoever_types_an_address_once_is_not_asked_again, |engine| {
    let app = TestApp::start(engine).await;
    let once = |name: &'static str, email: &'static str| {
        [("username", name), ("email", email), ("password", PASSWORD)]
    };
    let left_out = app.browser().call("register", &once("ada", "ada@example.org")).await;
    assert_eq!(left_out.status, StatusCode::OK, "{}", left_out.body);
    let empty = [&once("bob", "bob@example.org")[..], &[("email_again", " ")]].concat();
    assert_eq!(app.browser().submit("/register", &empty).await.status, StatusCode::SEE_OTHER);
});

story!(a_refused_form_comes_back_with_what_was_typed_but_for_the_password, |engine| {
    let app = TestApp::start(engine).await;
    let fields = [
        ("username", "ada lovelace"),
        ("email", "ada@example.org"),
        ("email_again", "ada@example.org"),
        ("password", "a secret in twelve"),
    ];
    let page = app.browser().submit("/register", &fields).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        page.body.contains("value=\"ada lovelace\"")
            && page.body.contains("value=\"ada@example.org\"")
    );
    assert!(
        page.body.contains("aria-invalid=\"true\"") && page.body.contains("id=\"username-error\"")
    );
    assert!(!page.body.contains("a secret in twelve"));
});

story!(a_plain_form_is_answered_with_a_redirect, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.browser();
    let fields = [
        ("username", "ada"),
        ("email", "a@b.example"),
        ("email_again", "A@b.example"),
        ("password", PASSWORD),
    ];
    let answer = ada.submit("/register", &fields).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/"));
    assert_eq!(ada.submit("/settings", &[]).await.status, StatusCode::SEE_OTHER);
    let wrong = ada.submit("/login", &[("email", "ada"), ("password", "not my password")]).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(wrong.body.contains("do not belong together") && wrong.body.contains("value=\"ada\""));
    let right = ada
        .submit(
            "/rpc/log-in",
            &[("email", "a@b.example"), ("password", PASSWORD), ("next", "/articles")],
        )
        .await;
    assert_eq!((right.status, right.header("location")), (StatusCode::SEE_OTHER, "/articles"));
});
