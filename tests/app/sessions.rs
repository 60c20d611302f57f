//! The life of a session.

use std::time::Duration;

use byline::domain::password::Password;
use reqwest::{Method, StatusCode};

use crate::support::{Engine, HeldArgon2, PASSWORD, TestApp, held_story, story};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

story!(t06_v7_2_4_a_log_in_replaces_the_identifier_and_kills_the_old_one, |engine| {
    let app = TestApp::start(engine).await;
    let browser = app.person("ada").await;
    app.person("bob").await;
    // As another, as the same, and after the account behind the session is gone.
    for (identity, delete) in [("bob", false), ("bob", false), ("ada", false), ("ada", true)] {
        if delete {
            app.execute("delete from users where username = 'bob'").await;
        }
        let old = browser.cookie();
        assert_eq!(browser.log_in(identity, PASSWORD).await.status, StatusCode::OK);
        let new = browser.cookie();
        assert!(new.is_some() && new != old, "{identity}");
        let thief = app.browser();
        thief.set_cookie(old);
        assert_eq!(thief.name().await, None, "the cookie from before logging in as {identity}");
    }
});

story!(t06_an_identifier_planted_by_an_attacker_is_not_taken_over, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let planted = Some("byline=AAAAAAAAAAAAAAAAAAAAAA".to_owned());
    let victim = app.browser();
    victim.set_cookie(planted.clone());
    assert_eq!(victim.log_in("ada", PASSWORD).await.status, StatusCode::OK);
    assert_ne!(victim.cookie(), planted);
    let attacker = app.browser();
    attacker.set_cookie(planted);
    assert_eq!(attacker.name().await, None);
});

story!(t06_a_proof_replaces_the_identifier_and_another_role_ends_it, |engine| {
    use byline::{domain::role::Role, server::users};
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let (first, thief) = (ada.cookie(), app.browser());
    assert_eq!(ada.call("confirm", &[("password", PASSWORD)]).await.status, StatusCode::OK);
    let second = ada.cookie();
    assert!(second.is_some() && second != first);
    thief.set_cookie(first);
    assert_eq!((thief.name().await, ada.name().await.as_deref()), (None, Some("ada")));
    let now = app.state.clock.now();
    users::set_role(&app.state.db, "ada", Role::Editor, now).await.unwrap();
    thief.set_cookie(second.clone());
    assert_eq!((thief.name().await, ada.name().await), (None, None));
    assert_eq!(ada.log_in("ada", PASSWORD).await.status, StatusCode::OK);
    assert!(ada.cookie().is_some() && ada.cookie() != second);
});

story!(t07_a_request_in_flight_does_not_bring_an_ended_session_back, |engine| {
    use tower_sessions::{Session, SessionStore};
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let store = byline::server::sessions::Store::new(app.state.db.clone(), app.state.clock.clone());
    for end in ["log out", "revoke", "delete"] {
        let (ada, beside) = (app.browser(), app.browser());
        for browser in [&ada, &beside] {
            assert_eq!(browser.log_in("ada", PASSWORD).await.status, StatusCode::OK, "{end}");
        }
        let cookie = ada.cookie().unwrap();
        let id = cookie.split('=').nth(1).unwrap().parse().unwrap();
        // Fifty requests have loaded the session and changed it; none has saved it yet.
        let mut open = Vec::new();
        for n in 0..50 {
            let session = Session::new(Some(id), std::sync::Arc::new(store.clone()), None);
            session.insert("draft", n).await.unwrap();
            open.push(session);
        }
        match end {
            "log out" => assert_eq!(ada.log_out().await.status, StatusCode::OK),
            "revoke" => {
                let ended = beside.call("end-other-sessions", &[]).await;
                assert_eq!(ended.status, StatusCode::OK, "{}", ended.body);
            }
            _ => app.execute("delete from users").await,
        }
        let saves = futures_util::future::join_all(open.iter().map(|session| session.save())).await;
        assert!(saves.iter().all(Result::is_err), "{end}: a save after the end must fail");
        assert!(store.load(&id).await.unwrap().is_none(), "{end}");
        ada.set_cookie(Some(cookie));
        assert_eq!(ada.name().await, None, "{end}");
    }
});

story!(t07_logging_out_amid_fifty_requests_is_final, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let cookie = ada.cookie();
    let writes =
        futures_util::future::join_all(
            (0..50).map(|n| {
                let ada = &ada;
                async move {
                    ada.write(&format!("Article {n} in flight"), "draft", "public").await.status
                }
            }),
        );
    let (statuses, out) = tokio::join!(writes, ada.log_out());
    assert_eq!(out.status, StatusCode::OK);
    let expected = [StatusCode::OK, StatusCode::UNAUTHORIZED];
    assert!(statuses.iter().all(|status| expected.contains(status)), "{statuses:?}");
    ada.set_cookie(cookie);
    assert_eq!(ada.name().await, None);
});

story!(
    t08_a_cookie_is_dead_after_log_out_password_change_role_change_deactivation_and_deletion,
    |engine| {
        use byline::{domain::role::Role, server::users};
        let app = TestApp::start(engine).await;
        app.person("ada").await;
        let (db, now) = (&app.state.db, app.state.clock.now());
        for end in ["log out", "password", "role", "deactivation", "deletion"] {
            let browser = app.browser();
            assert_eq!(
                browser.log_in("ada", PASSWORD).await.status,
                StatusCode::OK,
                "before {end}"
            );
            let cookie = browser.cookie();
            match end {
                "log out" => assert_eq!(browser.log_out().await.status, StatusCode::OK),
                "password" => {
                    let same = byline::domain::password::Password::parse_given(PASSWORD.into())
                        .ok()
                        .unwrap();
                    let hash = app.state.passwords.hash(&same).await.unwrap();
                    users::set_password(db, "ada", &hash, now).await.unwrap();
                }
                "role" => users::set_role(db, "ada", Role::Editor, now).await.unwrap(),
                "deactivation" => {
                    users::set_active(db, "ada", false, now).await.unwrap();
                    browser.set_cookie(cookie.clone());
                    assert_eq!(browser.name().await, None);
                    users::set_active(db, "ada", true, now).await.unwrap();
                }
                _ => app.execute("delete from users").await,
            }
            browser.set_cookie(cookie);
            assert_eq!(browser.name().await, None, "after {end}");
        }
    }
);

story!(t08_a_stamp_that_changed_ends_the_session_even_if_its_row_stayed, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let stamp: &'static str = match engine {
        crate::support::Engine::Sqlite => "update users set security_stamp = x'00'",
        crate::support::Engine::Postgres => "update users set security_stamp = decode('00', 'hex')",
    };
    app.execute(stamp).await;
    assert_eq!(ada.name().await, None);
});

held_story!(t08_a_log_in_in_flight_does_not_survive_a_password_reset, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    app.execute("delete from sessions").await;
    let other = Password::parse_new("another good password".into(), 12).ok().unwrap();
    let hash = app.state.passwords.hash(&other).await.unwrap();
    let before = app.state.passwords.work();
    let thief = app.browser();
    let argon2 = HeldArgon2::hold();
    let reset = async {
        // The old hash has been read, and argon2 is about to compare with it.
        while app.state.passwords.work() == before {
            tokio::task::yield_now().await;
        }
        let now = app.state.clock.now();
        byline::server::users::set_password(&app.state.db, "ada", &hash, now).await.unwrap();
        argon2.let_go();
    };
    let (answer, ()) = tokio::join!(thief.log_in("ada", PASSWORD), reset);
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!((thief.cookie(), thief.name().await), (None, None));
    assert_eq!(app.count("select count(*) from sessions").await, 0);
});

story!(t09_the_cookie_is_removed_with_the_attributes_it_was_set_with, |engine| {
    let app = TestApp::start_with(engine, &["--origin", "https://blog.example.org"]).await;
    let ada = app.browser();
    let set = ada.register("ada").await;
    let set = set.session_cookie();
    assert!(set.starts_with("__Host-byline="), "{set}");
    for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(set.contains(attribute), "{attribute} in {set}");
    }
    assert!(!set.contains("Domain"), "{set}");
    let removed = ada.log_out().await;
    let removed = removed.session_cookie();
    assert_eq!(removed, "__Host-byline=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0");
});

story!(t13_creating_a_session_never_takes_over_an_identifier, |engine| {
    use tower_sessions::{
        SessionStore,
        session::{Id, Record},
    };
    let app = TestApp::start(engine).await;
    let store = byline::server::sessions::Store::new(app.state.db.clone(), app.state.clock.clone());
    let record = |mark: &str| Record {
        id: Id(42),
        data: [("mark".to_owned(), serde_json::json!(mark))].into(),
        expiry_date: app.state.clock.now().after(DAY).to_offset(),
    };
    let (mut first, mut second) = (record("first"), record("second"));
    store.create(&mut first).await.unwrap();
    store.create(&mut second).await.unwrap();
    assert_eq!(first.id, Id(42));
    assert_ne!(second.id, Id(42));
    assert_eq!(store.load(&Id(42)).await.unwrap().unwrap().data["mark"], "first");
});

story!(t14_v7_3_1_a_session_ends_after_twelve_idle_hours_and_after_a_week_in_any_case, |engine| {
    let app = TestApp::start(engine).await;
    let idle = app.person("idle").await;
    app.state.clock.advance(11 * HOUR);
    assert!(idle.name().await.is_some());
    app.state.clock.advance(13 * HOUR);
    assert_eq!(idle.name().await, None);

    let busy = app.person("busy").await;
    for _ in 0..16 {
        app.state.clock.advance(10 * HOUR);
        assert!(busy.name().await.is_some());
    }
    app.state.clock.advance(10 * HOUR);
    assert_eq!(busy.name().await, None, "170 hours are more than a week");
});

story!(t14_v7_3_2_a_kept_session_outlives_the_browser_but_not_a_quarter_of_a_year, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    let ada = app.browser();
    let answer =
        ada.call("log-in", &[("email", "ada"), ("password", PASSWORD), ("keep", "true")]).await;
    assert!(answer.session_cookie().contains("Max-Age=7776000"), "{}", answer.session_cookie());
    for _ in 0..3 {
        app.state.clock.advance(29 * DAY);
        assert!(ada.name().await.is_some());
    }
    app.state.clock.advance(4 * DAY);
    assert_eq!(ada.name().await, None);
});

story!(a_session_is_good_even_if_its_use_cannot_be_noted, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let read_only: &'static str = match engine {
        crate::support::Engine::Sqlite => {
            "create trigger sessions_are_read_only before update on sessions \
             begin select raise(abort, 'read only'); end"
        }
        crate::support::Engine::Postgres => {
            "alter table sessions add constraint sessions_are_read_only \
             check (last_seen_at < 0) not valid"
        }
    };
    app.execute(read_only).await;
    app.state.clock.advance(HOUR);
    assert_eq!(ada.name().await.as_deref(), Some("ada"));
    assert_eq!(ada.get("/articles").await.status, StatusCode::OK);
});

story!(sessions_that_have_ended_are_swept_out_and_no_others, |engine| {
    use byline::server::sessions::forget_ended;
    let app = TestApp::start(engine).await;
    let (idle, busy) = (app.person("idle").await, app.person("busy").await);
    let sweep = async || {
        forget_ended(&app.state.db, app.state.clock.now()).await.unwrap();
        app.count("select count(*) from sessions").await
    };
    app.state.clock.advance(11 * HOUR);
    assert!(busy.name().await.is_some());
    app.state.clock.advance(2 * HOUR);
    assert_eq!(sweep().await, 1);
    assert_eq!((idle.name().await, busy.name().await.as_deref()), (None, Some("busy")));
    for _ in 0..15 {
        app.state.clock.advance(10 * HOUR);
        assert!(busy.name().await.is_some());
    }
    assert_eq!(sweep().await, 1);
    app.state.clock.advance(6 * HOUR);
    assert_eq!(sweep().await, 0, "a week is over, though it was used six hours ago");
});

#[tokio::test(flavor = "multi_thread")]
async fn the_sweeps_find_what_has_ended_by_an_index() {
    let app = TestApp::start(Engine::Sqlite).await;
    let byline::server::db::Db::Sqlite { writer, .. } = &app.state.db else { panic!() };
    for (sql, index) in [
        ("explain query plan delete from sessions where ends_at <= $1", "sessions_end"),
        ("explain query plan delete from attempts where window_ends_at <= $1", "attempts_end"),
        (
            "explain query plan delete from security_events where created_at <= $1",
            "security_events_end",
        ),
    ] {
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sql).bind(0_i64).fetch_all(writer).await.unwrap();
        assert!(plan.iter().any(|(.., step)| step.contains(index)), "{plan:?}");
    }
}

story!(a_session_that_is_not_kept_leaves_with_the_browser, |engine| {
    let app = TestApp::start(engine).await;
    let answer = app.browser().register("ada").await;
    assert!(!answer.session_cookie().contains("Max-Age"), "{}", answer.session_cookie());
});

story!(the_database_holds_no_value_that_a_cookie_could_be_made_of, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let cookie = ada.cookie().unwrap();
    let id: tower_sessions::session::Id = cookie.split('=').nth(1).unwrap().parse().unwrap();
    let raw = app.count("select count(*) from sessions where length(id_hash) <> 32").await;
    assert_eq!(raw, 0);
    let stored: Vec<u8> = match &app.state.db {
        byline::server::db::Db::Sqlite { readers, .. } => {
            sqlx::query_scalar("select id_hash from sessions").fetch_one(readers).await.unwrap()
        }
        byline::server::db::Db::Postgres(pool) => {
            sqlx::query_scalar("select id_hash from sessions").fetch_one(pool).await.unwrap()
        }
    };
    assert!(!stored.starts_with(&id.0.to_le_bytes()));
});

story!(v7_6_2_a_stranger_leaves_no_session_behind, |engine| {
    let app = TestApp::start(engine).await;
    let stranger = app.browser();
    for path in ["/", "/login", "/register", "/nothing", "/profile/nobody"] {
        assert_eq!(stranger.get(path).await.header("set-cookie"), "", "{path}");
    }
    stranger.log_in("nobody", "some password").await;
    assert_eq!(app.count("select count(*) from sessions").await, 0);
});

story!(logging_out_is_a_post_only, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let answer = ada.send(ada.bare(Method::GET, "/rpc/log-out")).await;
    assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
    assert!(ada.name().await.is_some());
});

story!(what_a_person_sees_is_stored_nowhere, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    for path in ["/", "/articles", "/settings"] {
        assert_eq!(ada.get(path).await.header("cache-control"), "private, no-store", "{path}");
    }
});
