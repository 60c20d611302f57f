//! Which passwords may be chosen, at every place where one is (OWASP ASVS 5.0, 6.2).

use byline::server::users::{self, NewUser};
use byline::{
    domain::{
        email::EmailAddress, field::Problem, password::Password, role::Role, username::Username,
    },
    server::{
        config::{NewPasswords, Origin},
        passwords::known::{OwnNames, parse_new},
    },
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Answer, Browser, PASSWORD, TestApp, story};

/// The commonest that have twelve characters, in the order of zxcvbn's ranking.
const COMMON: &str = include_str!("common-passwords.txt");

/// Leaked, though hardly anybody has it.
const LEAKED: &str = "gimnazijalac";

async fn register(browser: &Browser, password: &str) -> Answer {
    let names = [("username", "grace"), ("email", "hopper@example.org")];
    browser.call("register", &[&names[..], &[("password", password)]].concat()).await
}

/// Sets a new password for grace, in each of the ways there are, and gives what each answers.
async fn everywhere(app: &TestApp, grace: &Browser, password: &str) -> [Answer; 5] {
    let token = app.reset_token("grace").await;
    let reset = [("token", token.as_str()), ("password", password)];
    let change = [("current_password", PASSWORD), ("new_password", password)];
    let names = [("username", "grace"), ("email", "hopper@example.org")];
    let stranger = app.browser();
    let plain = [&names[..], &[("password", password)]].concat();
    [
        register(&stranger, password).await,
        stranger.submit("/register", &plain).await,
        stranger.call("reset-password", &reset).await,
        grace.call("change-password", &change).await,
        grace.submit("/settings/security?form=change-password", &change).await,
    ]
}

async fn is_refused_everywhere(app: &TestApp, grace: &Browser, password: &str, problem: Problem) {
    let code = serde_json::to_value(problem).unwrap();
    for answer in everywhere(app, grace, password).await {
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{password}: {answer:?}");
        match answer.json() {
            Value::Null => {
                let text = problem.text(byline::domain::field::Field::Password);
                assert!(answer.body.contains(&text), "{password}: {}", answer.body);
                assert!(answer.body.contains("password-error\""), "beside its field");
            }
            json => {
                let found = &json["invalid"];
                let said = |field| *found == json!([[field, code]]);
                assert!(said("password") || said("new_password"), "{password}: {found}");
            }
        }
    }
}

/// Somebody whose address has another local part than their name.
async fn grace(app: &TestApp) -> Browser {
    let browser = app.browser();
    let answer = register(&browser, PASSWORD).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    browser
}

story!(v6_2_4_the_commonest_passwords_that_are_long_enough_are_refused, |engine| {
    let app = TestApp::start(engine).await;
    let (grace, stranger) = (grace(&app).await, app.browser());
    let common: Vec<&str> = COMMON.lines().collect();
    assert_eq!(common.len(), 100);
    let refused = json!({ "invalid": [["password", "known"]] });
    for password in &common {
        assert_eq!(register(&stranger, password).await.json(), refused, "{password}");
    }
    for password in ["123456789qwerty", "philadelphia"] {
        is_refused_everywhere(&app, &grace, password, Problem::Known).await;
    }
    // A link is not used up by what was refused, and nothing else changed either.
    assert_eq!(app.browser().log_in("grace", PASSWORD).await.status, StatusCode::OK);
    let token = app.reset_token("grace").await;
    let weak = [("token", token.as_str()), ("password", "philadelphia")];
    assert_eq!(app.browser().call("reset-password", &weak).await.status.as_u16(), 422);
    let fresh = [("token", token.as_str()), ("password", "another good password")];
    assert_eq!(app.browser().call("reset-password", &fresh).await.status, StatusCode::OK);
});

story!(v6_2_5_no_kind_of_character_is_asked_for_or_forbidden, |engine| {
    let app = TestApp::start(engine).await;
    for (n, password) in [
        "qzvexwkotmbynplhdurgicsajfq",
        "            plain  spaces ",
        "🦉🌵🚲🎺🧭🪁🧊🦔🎲🪴🧵🦞",
        "пять слов о погоде вчера",
        "\"'<b>;--&%00 \\ ${x}",
    ]
    .iter()
    .enumerate()
    {
        let (name, email) = (format!("person{n}"), format!("p{n}@example.org"));
        let fields = [("username", name.as_str()), ("email", &email), ("password", password)];
        let answer = app.browser().call("register", &fields).await;
        assert_eq!(answer.status, StatusCode::OK, "{password}: {}", answer.body);
        assert_eq!(app.browser().log_in(&name, password).await.status, StatusCode::OK);
    }
});

story!(v6_2_9_a_password_of_64_characters_is_welcome_and_of_256_as_well, |engine| {
    let app = TestApp::start(engine).await;
    for (name, length) in [("sixty", 64), ("longer", 256)] {
        let password: String = "0f8 Kq-zu:Wé".chars().cycle().take(length).collect();
        let fields =
            [("username", name), ("email", &format!("{name}@b.example")), ("password", &password)];
        assert_eq!(
            app.browser().call("register", &fields).await.status,
            StatusCode::OK,
            "{length}"
        );
        assert_eq!(app.browser().log_in(name, &password).await.status, StatusCode::OK);
    }
});

story!(v6_2_12_a_password_that_leaked_is_refused_however_it_is_dressed_up, |engine| {
    let app = TestApp::start(engine).await;
    let grace = grace(&app).await;
    for dressed in [LEAKED, "GimnaziJalac", "gimnazijalac1", "Gimnazijalac2024", "gimnazijalac99!?"]
    {
        is_refused_everywhere(&app, &grace, dressed, Problem::Known).await;
    }
    // In another Unicode form it is the same password, and it is no other that begins with it.
    for fine in ["gimnazijalac in the rain", "gimnazijalac 29-84 x", "a gimnazijalac"] {
        let answer = app
            .browser()
            .call("register", &[("username", ""), ("email", ""), ("password", fine)])
            .await;
        assert!(!answer.body.contains("known"), "{fine}: {}", answer.body);
    }
});

story!(v6_2_11_ones_own_names_and_the_sites_are_no_password, |engine| {
    let app =
        TestApp::start_with(engine, &["--origin", "https://letters.lighthouse.example"]).await;
    let grace = grace(&app).await;
    for name in [
        "hopper@example.org",
        "HOPPER@EXAMPLE.ORG!",
        "GraceGraceGrace",
        "grace-hopper-1906",
        "1906-hopper-92",
        "letters.lighthouse.example",
        "Lighthouse1!Lighthouse",
        "byline-byline",
    ] {
        is_refused_everywhere(&app, &grace, name, Problem::OwnName).await;
    }
    // With enough beside it a name is one word among others, and somebody else's name is free.
    for fine in ["grace notes in winter", "ada-lovelace-1815"] {
        let change = [("current_password", "wrong on purpose"), ("new_password", fine)];
        let answer = grace.call("change-password", &change).await;
        assert_eq!(answer.json(), json!({ "invalid": [["current_password", "wrong"]] }), "{fine}");
    }
});

story!(v6_2_11_the_name_that_one_has_by_now_is_no_password_and_the_former_one_may_be, |engine| {
    let app = TestApp::start(engine).await;
    let grace = grace(&app).await;
    let renamed = grace.call("change-username", &[("username", "lovelace")]).await;
    assert_eq!(renamed.status, StatusCode::OK, "{}", renamed.body);
    for (function, field, other) in [
        ("change-password", "new_password", "current_password"),
        ("reset-password", "password", "token"),
    ] {
        let token = app.reset_token("lovelace").await;
        let other = (other, if other == "token" { token.as_str() } else { PASSWORD });
        let answer = grace.call(function, &[(field, "lovelace-1815!"), other]).await;
        assert_eq!(answer.json(), json!({ "invalid": [[field, "own_name"]] }), "{function}");
        let answer = grace.call(function, &[(field, "grace-hopper-1906"), other]).await;
        assert_eq!(answer.status, StatusCode::OK, "{function}: {}", answer.body);
    }
});

#[test]
fn names_too_short_to_mean_somebody_are_no_names() {
    let rules = NewPasswords { min: 12 };
    let site: Origin = "https://my.org".parse().unwrap();
    let own = OwnNames::new("al", "io@my.org", Some(&site));
    for fine in ["alalalalqalal", "ioioioqioioio", "my-io-my-al-my"] {
        assert!(parse_new(fine.into(), rules, &own).is_ok(), "{fine}");
    }
    assert_eq!(parse_new("io@my.org-123".into(), rules, &own).err(), Some(Problem::OwnName));
    // The command line knows no site.
    let own = OwnNames::new("grace", "", None);
    assert_eq!(parse_new("grace grace!".into(), rules, &own).err(), Some(Problem::OwnName));
}

#[test]
fn shorter_ones_are_known_too_where_a_site_asks_for_fewer_characters() {
    let (rules, own) = (NewPasswords { min: 8 }, OwnNames::new("grace", "", None));
    for known in ["password", "Sunshine", "iloveyou1", "baseball2024", "trustno1!"] {
        assert_eq!(parse_new(known.into(), rules, &own).err(), Some(Problem::Known), "{known}");
    }
    assert!(parse_new("wq8-ztpk".into(), rules, &own).is_ok());
}

#[test]
fn few_good_passwords_are_refused_by_chance() {
    let (rules, own) = (NewPasswords { min: 12 }, OwnNames::new("grace", "", None));
    let random = |n: u32| format!("{n:08x} never leaked");
    let refused = (0..50_000).filter(|n| parse_new(random(*n), rules, &own).is_err()).count();
    assert!(refused < 2, "{refused} of 50,000; one in two million is less than one");
}

story!(whoever_has_a_password_that_is_known_by_now_still_logs_in, |engine| {
    let app = TestApp::start(engine).await;
    let weak = Password::parse_given(LEAKED.into()).ok().unwrap();
    let new = NewUser {
        username: Username::parse("old").ok().unwrap(),
        email: EmailAddress::parse("old@example.org").ok().unwrap(),
        password_hash: app.state.passwords.hash(&weak).await.unwrap(),
        role: Role::Author,
    };
    users::create(&app.state.db, &new, app.state.clock.now()).await.unwrap();
    assert_eq!(app.browser().log_in("old", LEAKED).await.status, StatusCode::OK);
});
