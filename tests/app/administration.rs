//! Looking after accounts: finding people, what is done to them, and that it is written down.

use std::time::Duration;

use byline::{
    domain::{email::EmailAddress, role::Role, username::Username},
    error::Error,
    server::{
        administration::{self, people},
        audit,
        failure::Failure,
        users::{self, NewUser},
    },
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    plans,
    support::{Answer, Browser, Engine, PASSWORD, TestApp, story},
};

const MINUTE: Duration = Duration::from_secs(60);

/// The query that a function's form lies behind.
fn form_of(function: &str) -> &str {
    if function == "end-sessions-of" { "end-sessions" } else { function }
}

/// Does something to a person by their page's form, or by its function.
async fn act(
    browser: &Browser,
    script: bool,
    function: &str,
    name: &str,
    more: &[(&str, &str)],
) -> Answer {
    let fields = [&[("username", name)], more].concat();
    if script {
        browser.call(function, &fields).await
    } else {
        let page = format!("/admin/people/{name}?form={}", form_of(function));
        browser.submit(&page, &fields).await
    }
}

/// Where it leads, if it was done, through whichever door.
fn leads_to(answer: &Answer) -> String {
    match answer.status {
        StatusCode::OK => answer.json()["to"].as_str().unwrap_or_default().to_owned(),
        StatusCode::SEE_OTHER => answer.header("location").to_owned(),
        _ => panic!("{answer:?}"),
    }
}

/// The entries of the log: what was done, to whom, by whom, why.
async fn deeds(administrator: &Browser) -> Vec<[Value; 5]> {
    let log = administrator.ask("audit-log", &[("page", "1")]).await;
    assert_eq!(log.status, StatusCode::OK, "{}", log.body);
    let entries = log.json()["deeds"].as_array().unwrap().clone();
    let facts =
        |deed: &Value| ["action", "detail", "on", "by", "reason"].map(|fact| deed[fact].clone());
    entries.iter().map(facts).collect()
}

/// The names that a search finds.
async fn found(administrator: &Browser, wanted: &str) -> Vec<String> {
    let answer = administrator.ask("people", &[("q", wanted), ("page", "1")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{wanted:?}: {}", answer.body);
    let people = answer.json()["people"].as_array().unwrap().clone();
    people.iter().map(|person| person["username"].as_str().unwrap().to_owned()).collect()
}

story!(an_administrator_finds_people_by_a_part_of_their_name_or_address, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.administrator("ada").await;
    for name in ["under_score", "under-score", "Bobby", "grace"] {
        app.state.clock.advance(MINUTE);
        app.account(name).await;
    }
    app.execute(
        "update users set email = 'a%b@c.test', email_key = 'a%b@c.test' where username = 'grace'",
    )
    .await;
    for (wanted, names) in [
        ("", vec!["grace", "Bobby", "under-score", "under_score", "ada"]),
        ("  BOB ", vec!["Bobby"]),
        ("obb", vec!["Bobby"]),
        ("example.org", vec!["Bobby", "under-score", "under_score", "ada"]),
        ("c.test", vec!["grace"]),
        // What means more than itself to `like` means itself.
        ("_", vec!["under_score"]),
        ("r_s", vec!["under_score"]),
        ("%", vec!["grace"]),
        ("a%b", vec!["grace"]),
        ("\\", vec![]),
        ("\\%", vec![]),
        ("%%", vec![]),
        ("'", vec![]),
        ("' or 1=1 --", vec![]),
        ("nobody", vec![]),
        ("b\0b", vec![]),
    ] {
        assert_eq!(found(&ada, wanted).await, names, "{wanted:?}");
    }
    assert_eq!(found(&ada, &"o".repeat(255)).await, [""; 0]);
    let page = ada.get("/admin?q=%3Cb%3E%22").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("value=\"&lt;b&gt;&quot;\""), "{}", page.body);
    assert!(page.body.contains("No name and no address has that in it."));
});

story!(people_come_in_pages_the_newest_first, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.administrator("ada").await;
    for n in 1..=44 {
        app.state.clock.advance(Duration::from_secs(1));
        app.account(&format!("person{n:02}")).await;
    }
    let mut all = Vec::new();
    for (page, newer, older) in [("1", false, true), ("2", true, true), ("3", true, false)] {
        let list = ada.ask("people", &[("page", page)]).await.json();
        assert_eq!(list["more"], older, "{page}");
        let people = list["people"].as_array().unwrap();
        all.extend(people.iter().map(|p| p["username"].as_str().unwrap().to_owned()));
        let html = ada.get(&format!("/admin?page={page}")).await.body;
        assert_eq!(html.contains("rel=\"prev\""), newer, "{page}");
        assert_eq!(html.contains("rel=\"next\""), older, "{page}");
    }
    let mut expected: Vec<String> = (1..=44).rev().map(|n| format!("person{n:02}")).collect();
    expected.push("ada".into());
    assert_eq!(all, expected);
    let html = ada.get("/admin?q=person&page=2").await.body;
    assert!(html.contains("/admin?q=person&amp;page=3"), "{html}");
    assert!(html.contains("person24") && !html.contains("person25"), "{html}");
    assert!(ada.get("/admin?page=10000").await.body.contains("There are no more accounts."));
});

#[tokio::test]
async fn on_sqlite_a_search_walks_one_index_alone_and_sorts_nothing() {
    let app = TestApp::start(Engine::Sqlite).await;
    let plan = plans::on_sqlite(&app.state.db, &with_values()).await;
    assert!(plan.iter().any(|s| s.contains("p USING COVERING INDEX users_newest")), "{plan:#?}");
    for step in &plan {
        let whole_table = step.starts_with("SCAN") && step != "SCAN k" && !step.contains("INDEX");
        assert!(!whole_table && !step.contains("TEMP B-TREE"), "{plan:#?}");
    }
}

#[tokio::test]
async fn on_postgres_a_search_can_walk_one_index_alone_and_sort_nothing() {
    let app = TestApp::start(Engine::Postgres).await;
    let plan = plans::on_postgres(&app.state.db, &with_values()).await;
    assert!(plan.contains("Index Only Scan Backward using users_newest "), "{plan}");
    assert!(!plan.contains("Sort"), "{plan}");
}

fn with_values() -> String {
    people::LIST.replace("$1", "'%ada%'").replace("$2", "21").replace("$3", "20")
}

story!(an_administrator_sees_of_a_person_what_they_need_and_no_secret, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.administrator("ada").await;
    let bob = app.person("bob").await;
    app.browser().log_in("bob", "a wrong guess").await;
    let person = ada.ask("person", &[("username", "BOB")]).await;
    let facts = person.json();
    assert_eq!(facts["person"]["username"], "bob");
    assert_eq!(facts["person"]["email"], "bob@example.org");
    assert_eq!(facts["person"]["roles"], json!(["author"]));
    assert_eq!(facts["person"]["active"], true);
    assert_eq!((&facts["sessions"], &facts["viewer"]), (&json!(1), &json!("ada")));
    assert_eq!(facts["events"][0]["kind"], "log_in_failed");
    assert!(facts["person"]["seen"]["text"].as_str().unwrap().ends_with(" UTC"), "{facts}");
    let page = ada.get("/admin/people/bob").await;
    assert_eq!(page.status, StatusCode::OK);
    let said = ["bob@example.org", "A log-in failed", "In 1 browser", "Change the role"];
    for said in said {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    let cookie = bob.cookie().unwrap();
    let id = cookie.split('=').nth(1).unwrap();
    let list = ada.ask("people", &[("q", ""), ("page", "1")]).await;
    for body in [person.body, page.body, list.body] {
        for secret in [id, "argon2", "stamp", "hash", "handle"] {
            assert!(!body.contains(secret), "{secret}: {body}");
        }
    }
    for nobody in ["nobody", "", "b%", "%", "_ob", "b\0b"] {
        let answer = ada.ask("person", &[("username", nobody)]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{nobody:?}");
    }
    assert_eq!(ada.get("/admin/people/nobody").await.status, StatusCode::NOT_FOUND);
    app.execute(
        "delete from sessions where user_id <> (select id from users where username = 'ada')",
    )
    .await;
    assert!(ada.get("/admin/people/bob").await.body.contains("Not lately"));
});

story!(a_role_is_changed_and_everybody_concerned_is_told, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.administrator("ada").await;
    let mut before = "author";
    for (script, role) in [(true, "editor"), (false, "reader")] {
        let bob = app.browser();
        if script {
            bob.register("bob").await;
        } else {
            assert_eq!(bob.log_in("bob", PASSWORD).await.status, StatusCode::OK);
        }
        let cookie = bob.cookie();
        app.state.clock.advance(MINUTE);
        let fields = [("role", role), ("reason", " Knows\nhow <b> ")];
        let answer = act(&ada, script, "set-role", "bob", &fields).await;
        assert_eq!(leads_to(&answer), "/admin/people/bob");
        bob.set_cookie(cookie);
        assert_eq!(bob.name().await, None, "T8: out at once");
        let detail = format!("{before} to {role}");
        let entry = ["role_changed", &detail, "bob", "ada", "Knows how <b>"].map(Value::from);
        assert_eq!(deeds(&ada).await[0], entry);
        let page = ada.get("/admin/people/bob").await.body;
        assert!(page.contains(&format!("Role changed: {detail}.")), "{page}");
        assert!(page.contains(">Undo<") && page.contains("Knows how &lt;b&gt;"), "{page}");
        bob.log_in("bob", PASSWORD).await;
        let own = bob.ask("own-security", &[]).await.json();
        let event = own["events"].as_array().unwrap().iter().find(|e| e["kind"] == "role_changed");
        assert_eq!(event.unwrap()["network"], Value::Null, "not where the administrator was");
        assert!(bob.get("/settings/security").await.body.contains("By whoever runs the site"));
        let letters = app.post().await;
        let letter = letters.last().unwrap();
        assert_eq!(letter.header("Subject"), "Your role was changed");
        assert_eq!(letter.header("To"), "bob@example.org");
        assert!(letter.raw().contains(role) && !letter.raw().contains("Knows how"));
        before = role;
    }
    // The same role once more is nothing that was done.
    let count = "select count(*) from audit_log";
    let entries = app.count(count).await;
    leads_to(&act(&ada, true, "set-role", "bob", &[("role", before)]).await);
    assert_eq!(app.count(count).await, entries);
});

story!(a_deactivated_person_is_out_until_they_are_let_in_again, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.administrator("ada").await;
    let bob = app.person("bob").await;
    bob.write("Kept", "published", "public").await;
    for script in [true, false] {
        let cookie = bob.cookie();
        let link = app.reset_token("bob").await;
        let page = ada.get("/admin/people/bob?form=set-active").await.body;
        assert!(page.contains("what they published stays"), "it says what it does: {page}");
        let answer = act(&ada, script, "set-active", "bob", &[("active", "false")]).await;
        assert_eq!(leads_to(&answer), "/admin/people/bob");
        bob.set_cookie(cookie);
        assert_eq!(bob.name().await, None, "T8: out at once");
        assert_eq!(bob.log_in("bob", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
        let by_link = [("token", link.as_str()), ("password", "by an old link, twice")];
        assert_eq!(bob.call("reset-password", &by_link).await.status, StatusCode::GONE);
        assert_eq!(app.browser().get("/article/kept").await.status, StatusCode::OK);
        let page = ada.get("/admin/people/bob").await.body;
        for said in ["Deactivated.", ">Undo<", ">Activate<", "it cannot log in", "Nowhere"] {
            assert!(page.contains(said), "{said}: {page}");
        }
        assert!(ada.get("/admin").await.body.contains(">Deactivated<"));
        app.state.clock.advance(MINUTE);
        leads_to(&act(&ada, script, "set-active", "bob", &[("active", "true")]).await);
        assert_eq!(bob.log_in("bob", PASSWORD).await.status, StatusCode::OK);
        app.state.clock.advance(MINUTE);
        let letters = app.post().await;
        let told: Vec<&str> = letters.iter().rev().take(2).map(|l| l.header("Subject")).collect();
        assert_eq!(told, ["Your account is open again", "Your account was shut out"]);
    }
    let done: Vec<Value> = deeds(&ada).await.into_iter().map(|[action, ..]| action).collect();
    assert_eq!(
        done[..4],
        ["activated", "deactivated", "activated", "deactivated"].map(Value::from)
    );
});

story!(t08_v7_4_5_an_administrator_ends_all_sessions_of_a_person_at_once, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.administrator("ada").await;
    let bob = app.person("bob").await;
    for script in [true, false] {
        bob.log_in("bob", PASSWORD).await;
        let other = app.browser();
        other.log_in("bob", PASSWORD).await;
        let reason = [("reason", "A lost telephone")];
        leads_to(&act(&ada, script, "end-sessions-of", "bob", &reason).await);
        assert_eq!((bob.name().await, other.name().await), (None, None));
        assert_eq!(ada.name().await.as_deref(), Some("ada"));
        let entry = ["sessions_ended", "", "bob", "ada", "A lost telephone"].map(Value::from);
        assert_eq!(deeds(&ada).await[0], entry);
    }
    bob.log_in("bob", PASSWORD).await;
    let own = bob.ask("own-security", &[]).await.json();
    let kinds: Vec<_> = own["events"].as_array().unwrap().iter().map(|e| &e["kind"]).collect();
    assert!(kinds.contains(&&json!("sessions_ended")), "{kinds:?}");
});

story!(v6_4_6_a_link_for_a_new_password_is_mailed_to_its_owner_and_shown_to_nobody, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.administrator("ada").await;
    let bob = app.person("bob").await;
    for script in [true, false] {
        let answer = act(&ada, script, "mail-reset", "bob", &[]).await;
        assert_eq!(leads_to(&answer), "/admin/people/bob");
        let letters = app.post().await;
        let letter = letters.last().unwrap();
        assert_eq!(letter.header("Subject"), "Set a new password");
        assert_eq!(letter.header("To"), "bob@example.org");
        let link = letter.link(&app.origin);
        let token = link.rsplit('/').next().unwrap();
        for page in ["/admin/people/bob", "/admin/log", "/admin"] {
            assert!(!ada.get(page).await.body.contains(token), "{page}");
        }
        assert_eq!(app.browser().get(&link).await.status, StatusCode::OK);
    }
    // Also when a stranger has asked for as many as are sent.
    for _ in 0..5 {
        app.browser().call("ask-for-reset", &[("email", "bob")]).await;
    }
    let before = app.post().await.len();
    app.browser().call("ask-for-reset", &[("email", "bob@example.org")]).await;
    assert_eq!(app.post().await.len(), before, "no more are sent");
    leads_to(&act(&ada, true, "mail-reset", "bob", &[]).await);
    assert_eq!(app.post().await.len(), before + 1);
    assert_eq!(bob.name().await.as_deref(), Some("bob"), "until it is used nothing ends");
    assert_eq!(deeds(&ada).await[0][0], "reset_mailed");
    users::set_active(&app.state.db, "bob", false, app.state.clock.now()).await.unwrap();
    let closed = act(&ada, true, "mail-reset", "bob", &[]).await;
    assert_eq!(closed.status, StatusCode::NOT_FOUND);
});

/// All that can be done to a person, each with what it needs.
const ACTS: [(&str, &[(&str, &str)]); 4] = [
    ("set-role", &[("role", "editor")]),
    ("set-active", &[("active", "false")]),
    ("end-sessions-of", &[]),
    ("mail-reset", &[]),
];

story!(v8_4_2_what_administrators_do_asks_for_a_recent_proof, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.administrator("ada").await;
    let bob = app.person("bob").await;
    app.state.clock.advance(11 * MINUTE);
    bob.name().await;
    for script in [true, false] {
        let before = app.dump().await;
        for (function, fields) in ACTS {
            let answer = act(&ada, script, function, "bob", fields).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{function}: {}", answer.body);
            if script {
                assert_eq!(answer.json(), json!("recent_login_needed"), "{function}");
            } else {
                assert!(answer.body.contains("Confirm that it is you"), "{function}");
                let to = "action=\"/admin/people/bob?form=confirm\"";
                assert!(answer.body.contains(to), "{}", answer.body);
            }
        }
        assert_eq!(app.dump().await, before, "nothing was done");
    }
    // So does looking at others: addresses, networks, what happened.
    for page in ["/admin?q=bob", "/admin/log?page=1", "/admin/people/bob?form=set-role"] {
        let answer = ada.get(page).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{page}");
        assert!(!answer.body.contains("bob@example.org"), "{}", answer.body);
        let (path, next) = (page.split('?').next().unwrap(), format!("value=\"{page}\""));
        assert!(answer.body.contains(&format!("action=\"{path}?form=confirm\"")), "{page}");
        assert!(answer.body.contains(&next), "back to where one was going: {}", answer.body);
    }
    for (function, query) in [("people", ("page", "1")), ("person", ("username", "bob"))] {
        let answer = ada.ask(function, &[query]).await;
        assert_eq!(answer.json(), json!("recent_login_needed"), "{function}");
    }
    let guess = [("password", "a guess"), ("next", "/admin")];
    let answer = ada.submit("/admin?form=confirm", &guess).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("id=\"password-error\""), "the form again: {}", answer.body);
    let wrong = [("password", "a guess"), ("next", "/admin/people/bob")];
    let answer = ada.submit("/admin/people/bob?form=confirm", &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("id=\"password-error\""), "the form again: {}", answer.body);
    let proof = [("password", PASSWORD), ("next", "/admin/people/bob")];
    let answer = ada.submit("/admin/people/bob?form=confirm", &proof).await;
    assert_eq!(leads_to(&answer), "/admin/people/bob");
    assert!(ada.get("/admin?q=bob").await.body.contains("bob@example.org"));
    for (function, fields) in ACTS.iter().rev() {
        leads_to(&act(&ada, true, function, "bob", fields).await);
    }
});

story!(t45_what_a_form_says_makes_nobody_an_administrator, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.administrator("ada").await;
    let bob = app.person_with("bob", Role::Editor).await;
    let before = app.dump().await;
    for name in ["ada", "bob", "nobody"] {
        for (function, fields) in ACTS {
            for more in
                [[("by", "ada"), ("sure", "true")], [("actor", "ada"), ("role", "administrator")]]
            {
                let fields = [fields, &more[..]].concat();
                for script in [true, false] {
                    let answer = act(&bob, script, function, name, &fields).await;
                    let refused = [StatusCode::NOT_FOUND, StatusCode::BAD_REQUEST];
                    assert!(refused.contains(&answer.status), "{function} {name}: {answer:?}");
                }
            }
        }
    }
    assert_eq!(app.dump().await, before);
    assert_eq!(ada.name().await.as_deref(), Some("ada"));
});

fn is_last(answer: &Answer) -> bool {
    answer.status == StatusCode::CONFLICT
}

story!(the_last_administrator_cannot_be_taken_away, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.administrator("ada").await;
    app.person("bob").await;
    let ways: [(&str, &[(&str, &str)]); 2] = [
        ("set-role", &[("role", "editor"), ("sure", "true")]),
        ("set-active", &[("active", "false"), ("sure", "true")]),
    ];
    for (function, fields) in ways {
        for script in [true, false] {
            let answer = act(&ada, script, function, "ada", fields).await;
            assert!(is_last(&answer), "{function}: {answer:?}");
            let said =
                if script { "last_administrator" } else { "Nobody else looks after this site" };
            assert!(answer.body.contains(said), "{}", answer.body);
        }
    }
    let (db, now) = (&app.state.db, app.state.clock.now());
    let refused =
        |done: Result<(), Failure>| matches!(done, Err(Failure::Refused(Error::LastAdministrator)));
    assert!(refused(users::set_role(db, "ADA", Role::Reader, now).await));
    assert!(refused(users::set_active(db, "ada", false, now).await));
    // One who cannot log in looks after nothing.
    users::set_role(db, "bob", Role::Administrator, now).await.unwrap();
    users::set_active(db, "bob", false, now).await.unwrap();
    assert!(refused(users::set_active(db, "ada", false, now).await));
    assert_eq!(ada.name().await.as_deref(), Some("ada"), "nothing ended");
    users::set_active(db, "bob", true, now).await.unwrap();
    users::set_role(db, "ada", Role::Administrator, now).await.unwrap();
    users::set_role(db, "ada", Role::Author, now).await.unwrap();
    assert!(refused(users::set_active(db, "bob", false, now).await));
    assert!(users::has_administrator(db).await.unwrap());
});

story!(would_leave_no_administrator_is_asked_in_the_transaction_of_a_deletion, |engine| {
    let app = TestApp::start(engine).await;
    app.administrator("ada").await;
    app.person("bob").await;
    let db = &app.state.db;
    let last = async |name: &str| {
        let (id, ..) = users::find_public(db, name).await.unwrap().unwrap();
        let mut tx = db.begin().await.unwrap();
        let last = users::would_leave_no_administrator(&mut tx, id).await.unwrap();
        tx.commit().await.unwrap();
        last
    };
    assert!(last("ada").await && !last("bob").await);
    users::set_role(db, "bob", Role::Administrator, app.state.clock.now()).await.unwrap();
    assert!(!last("ada").await && !last("bob").await);
});

story!(of_administrators_who_remove_each_other_at_once_one_stays, |engine| {
    let app = TestApp::start(engine).await;
    for how in ["set-role", "set-active"] {
        let (ada, bob) = (app.browser(), app.browser());
        for (browser, name) in [(&ada, format!("ada-{how}")), (&bob, format!("bob-{how}"))] {
            browser.register(&name).await;
            let (db, now) = (&app.state.db, app.state.clock.now());
            users::set_role(db, &name, Role::Administrator, now).await.unwrap();
            browser.log_in(&name, PASSWORD).await;
        }
        app.execute(
            "delete from user_roles where role = 'administrator' and user_id in \
             (select id from users where username not like 'ada%' and username not like 'bob%')",
        )
        .await;
        let down = [("role", "reader"), ("active", "false")];
        let (on_ada, on_bob) = (format!("ada-{how}"), format!("bob-{how}"));
        let each = (0..10).flat_map(|_| [(&ada, &on_bob), (&bob, &on_ada)]);
        let cookies = (ada.cookie(), bob.cookie());
        let all = each.map(|(browser, name)| act(browser, true, how, name, &down));
        let answers = futures_util::future::join_all(all).await;
        let done = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
        // The winner's further requests change nothing, and are done.
        assert!((1..=10).contains(&done), "{answers:?}");
        let refused = [StatusCode::UNAUTHORIZED, StatusCode::NOT_FOUND, StatusCode::CONFLICT];
        let others = answers.iter().filter(|answer| answer.status != StatusCode::OK);
        assert!(others.into_iter().all(|a| refused.contains(&a.status)), "{answers:?}");
        let left = app
            .count(
                "select count(*) from users where active and id in \
                 (select user_id from user_roles where role = 'administrator')",
            )
            .await;
        assert_eq!(left, 1, "{how}: {answers:?}");
        ada.set_cookie(cookies.0);
        bob.set_cookie(cookies.1);
        assert_eq!([ada.name().await, bob.name().await].iter().flatten().count(), 1);
        app.execute("delete from users").await;
    }
});

story!(of_twenty_commands_that_remove_both_administrators_at_once_one_stays, |engine| {
    let app = TestApp::start(engine).await;
    app.account("ada").await;
    app.account("bob").await;
    let (db, now) = (&app.state.db, app.state.clock.now());
    for _ in 0..5 {
        for name in ["ada", "bob"] {
            users::set_role(db, name, Role::Administrator, now).await.unwrap();
            users::set_active(db, name, true, now).await.unwrap();
        }
        let all = (0..20).map(async |n| match n % 4 {
            0 => users::set_role(db, "ada", Role::Reader, now).await,
            1 => users::set_role(db, "bob", Role::Reader, now).await,
            2 => users::set_active(db, "ada", false, now).await,
            _ => users::set_active(db, "bob", false, now).await,
        });
        for done in futures_util::future::join_all(all).await {
            let fine = matches!(done, Ok(()) | Err(Failure::Refused(Error::LastAdministrator)));
            assert!(fine, "{done:?}");
        }
        assert!(users::has_administrator(db).await.unwrap());
    }
});

story!(an_administrator_is_asked_before_they_give_up_what_they_are, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.administrator("ada").await;
    app.administrator("bob").await;
    let page = ada.get("/admin/people/ada?form=set-role").await.body;
    assert!(page.contains("This is my own account"), "{page}");
    assert!(!ada.get("/admin/people/bob?form=set-role").await.body.contains("name=\"sure\""));
    for (function, fields) in &ACTS[..3] {
        for script in [true, false] {
            let answer = act(&ada, script, function, "ada", fields).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{function}");
            if script {
                assert_eq!(answer.json(), json!({ "invalid": [["sure", "required"]] }));
            } else {
                assert!(answer.body.contains("id=\"sure-error\""), "{}", answer.body);
            }
        }
    }
    assert_eq!(ada.name().await.as_deref(), Some("ada"));
    let down = [("role", "author"), ("sure", "true")];
    assert_eq!(leads_to(&act(&ada, false, "set-role", "ada", &down).await), "/login");
    assert_eq!(ada.name().await, None);
    ada.log_in("ada", PASSWORD).await;
    assert_eq!(ada.get("/admin").await.status, StatusCode::NOT_FOUND);
});

story!(t07_a_deed_in_flight_does_not_outlive_the_right_to_it, |engine| {
    let app = TestApp::start(engine).await;
    app.administrator("ada").await;
    app.administrator("bob").await;
    app.person("eve").await;
    let (db, now) = (&app.state.db, app.state.clock.now());
    let (id, ..) = users::find_public(db, "bob").await.unwrap().unwrap();
    // Bob's request has passed the guard …
    let bob = users::find(db, id).await.unwrap().unwrap();
    let client =
        byline::server::auth::Client { address: [127, 0, 0, 1].into(), user_agent: String::new() };
    let by = administration::by(&bob, &client, "", now).unwrap();
    // … when somebody takes the right away.
    users::set_role(db, "bob", Role::Author, now).await.unwrap();
    let done = [
        administration::set_role(db, &by, "eve", Role::Administrator, true).await,
        administration::set_role(db, &by, "bob", Role::Administrator, true).await,
        administration::set_active(db, &by, "eve", false, true).await,
        administration::end_sessions(db, &by, "eve", true).await,
        administration::mail_reset(db, &by, "eve").await,
    ];
    for done in done {
        assert!(matches!(done, Err(Failure::Refused(Error::Unauthenticated))), "{done:?}");
    }
    let by_bob = app.count("select count(*) from audit_log where actor_name is not null").await;
    assert_eq!(by_bob, 0);
});

story!(what_the_command_line_does_is_in_the_log_too, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.administrator("ada").await;
    app.person("bob").await;
    let (db, clock) = (&app.state.db, &app.state.clock);
    let step = || {
        clock.advance(MINUTE);
        clock.now()
    };
    users::set_role(db, "bob", Role::Editor, step()).await.unwrap();
    users::set_active(db, "bob", false, step()).await.unwrap();
    users::set_active(db, "bob", true, step()).await.unwrap();
    users::set_password(db, "bob", "none", step()).await.unwrap();
    byline::server::factors::reset(db, "bob", step()).await.unwrap();
    let new = NewUser {
        username: Username::parse("eve").unwrap(),
        email: EmailAddress::parse("eve@example.org").unwrap(),
        password_hash: "none".into(),
        role: Role::Reader,
    };
    users::create_by_command(db, &new, step()).await.unwrap();
    let null = Value::Null;
    let entry = |action: &str, detail: &str, on: &str| {
        [action.into(), detail.into(), on.into(), null.clone(), "".into()]
    };
    assert_eq!(
        deeds(&ada).await,
        [
            entry("created", "reader", "eve"),
            entry("factors_reset", "", "bob"),
            entry("password_set", "", "bob"),
            entry("activated", "", "bob"),
            entry("deactivated", "", "bob"),
            entry("role_changed", "author to editor", "bob"),
            entry("role_changed", "author to administrator", "ada"),
        ]
    );
    let page = ada.get("/admin/log").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("on the command line"), "{}", page.body);
});

story!(an_entry_outlives_both_accounts_and_is_forgotten_after_a_year, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.administrator("ada").await;
    let bob = app.administrator("bob").await;
    app.person("eve").await;
    leads_to(
        &act(&bob, true, "set-active", "eve", &[("active", "false"), ("reason", "Spam")]).await,
    );
    app.execute("delete from users where username <> 'ada'").await;
    let entry = ["deactivated", "", "eve", "bob", "Spam"].map(Value::from);
    assert_eq!(deeds(&ada).await[0], entry);
    let page = ada.get("/admin/log").await.body;
    assert!(page.contains("eve, whose account is gone"), "{page}");
    assert!(!page.contains("href=\"/admin/people/eve\""), "{page}");
    let kept = async || {
        audit::forget_old(&app.state.db, app.state.clock.now()).await.unwrap();
        app.count("select count(*) from audit_log").await
    };
    let entries = kept().await;
    app.state.clock.advance(364 * 24 * 60 * MINUTE);
    assert_eq!(kept().await, entries);
    app.state.clock.advance(2 * 24 * 60 * MINUTE);
    assert_eq!(kept().await, 0);
});

story!(the_log_comes_in_pages_the_last_first, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.administrator("ada").await;
    app.account("bob").await;
    for n in 0..45 {
        app.state.clock.advance(Duration::from_secs(1));
        let (db, now) = (&app.state.db, app.state.clock.now());
        users::set_active(db, "bob", n % 2 == 1, now).await.unwrap();
    }
    let mut seen = 0;
    for (page, more) in [("1", true), ("2", true), ("3", false)] {
        let log = ada.ask("audit-log", &[("page", page)]).await.json();
        assert_eq!(log["more"], more, "{page}");
        seen += log["deeds"].as_array().unwrap().len();
        let html = ada.get(&format!("/admin/log?page={page}")).await.body;
        assert!(!html.contains("/admin/log?page=4"));
        assert_eq!(html.contains("rel=\"next\""), more, "{page}");
    }
    assert_eq!(seen, 46);
});

story!(what_is_wrong_with_a_reason_stands_beside_it_and_nothing_is_done, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.administrator("ada").await;
    app.person("bob").await;
    let before = app.dump().await;
    let long = "x".repeat(301);
    for (reason, wrong) in
        [(long.as_str(), json!({ "too_long": 300 })), ("a\u{1}b", json!("malformed"))]
    {
        for (function, fields) in ACTS {
            let fields = [fields, &[("reason", reason)]].concat();
            let answer = act(&ada, true, function, "bob", &fields).await;
            assert_eq!(answer.json(), json!({ "invalid": [["reason", wrong]] }), "{function}");
            let page = act(&ada, false, function, "bob", &fields).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{function}");
            assert!(page.body.contains("id=\"reason-error\""), "{function}: {}", page.body);
        }
    }
    assert_eq!(app.dump().await, before);
    let whole = [("reason", &long[..300]), ("role", "editor")];
    leads_to(&act(&ada, false, "set-role", "bob", &whole).await);
});

story!(every_link_of_an_administrators_pages_leads_somewhere, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.administrator("ada").await;
    app.account("bob").await;
    leads_to(&act(&ada, true, "set-active", "bob", &[("active", "false")]).await);
    let mut seen = std::collections::HashSet::from(["/settings".to_owned()]);
    let mut open = vec!["/settings".to_owned()];
    while let Some(path) = open.pop() {
        let page = ada.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let links = page.body.split("<a ").skip(1);
        for href in links.filter_map(|a| a.split("href=\"").nth(1)?.split('"').next()) {
            let href = href.split('#').next().unwrap().replace("&amp;", "&");
            if href.starts_with('/') && seen.insert(href.clone()) {
                open.push(href);
            }
        }
    }
    assert!(seen.contains("/admin/people/bob?form=set-active"), "{seen:?}");
});
