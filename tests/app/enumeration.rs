//! Who has an account is told by no answer to a stranger, and by no work that it takes.
//!
//! A request is watched from all sides: its answer, the statements that the database ran for it,
//! how often argon2 ran and over how much memory, how many letters were queued. Databases are drawn at random, and what
//! names somebody is compared with what names nobody, at each door that a stranger may use. The
//! doors are the registered server functions: a new one fails here until somebody has said
//! whom it can be about.

mod watched;

use axum::http::StatusCode;
use byline::server::doors::FORMS;
use proptest::{
    collection::vec,
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngSeed, TestRunner},
};
use reqwest::Method;
use serde_json::{Value, json};

use self::watched::Watched;
use crate::{
    documents::section,
    doors::PUBLIC_FUNCTIONS,
    support::{Engine, PASSWORD, story},
};

/// Whom a stranger's request can be about.
enum About {
    /// Somebody, by name or address: the fields of requests about them.
    Somebody(fn(&str) -> Vec<Fields>),
    /// What registration says of a name or an address: docs/accounts.md tells of it.
    Taken,
    /// Nobody, for this reason.
    Nobody(&'static str),
}

type Fields = Vec<(&'static str, String)>;

/// What each function that changes something asks of a stranger.
const ASKED: &[(&str, About)] = &[
    ("log-in", About::Somebody(log_in)),
    ("ask-for-reset", About::Somebody(|identity| vec![vec![("email", identity.to_owned())]])),
    ("register", About::Taken),
    ("log-out", About::Nobody("it has no field")),
    ("undo", About::Nobody("a link's token names nobody to whoever has it not")),
    ("begin-passkey-log-in", About::Nobody("it has no field")),
    ("log-in-with-passkey", About::Nobody("it names a key that no page and no answer names")),
    ("confirm-by-code", About::Nobody("it goes on with what this browser began")),
    ("send-code-again", About::Nobody("it goes on with what this browser began")),
    ("choose-username", About::Nobody("it needs an address that was proved in this browser")),
    ("confirm-by-link", About::Nobody("a link's token names nobody to whoever has it not")),
    ("reset-password", About::Nobody("a link's token names nobody to whoever has it not")),
    ("restore-account", About::Nobody("a link's token names nobody to whoever has it not")),
];

fn log_in(identity: &str) -> Vec<Fields> {
    let with = |password: &str| {
        let keep = ("keep", "true".to_owned());
        vec![("email", identity.to_owned()), ("password", password.to_owned()), keep]
    };
    vec![with("a wrong password"), with("")]
}

/// Databases to draw, on each engine.
const DATABASES: u32 = 6;

#[derive(Clone, Debug)]
struct Person {
    active: bool,
    logged_in: bool,
    second_factor: bool,
    articles: usize,
}

fn people() -> impl Strategy<Value = Vec<Person>> {
    let person = (any::<bool>(), any::<bool>(), any::<bool>(), 0..3_usize);
    let person = person.prop_map(|(active, logged_in, second_factor, articles)| Person {
        active,
        logged_in,
        second_factor,
        articles,
    });
    vec(person, 1..4)
}

#[test]
fn every_door_for_strangers_says_whom_it_is_about() {
    let doors = leptos::server_fn::axum::server_fn_paths()
        .filter(|(_, method)| *method == Method::POST)
        .map(|(path, _)| path.trim_start_matches("/rpc/"))
        .filter(|name| PUBLIC_FUNCTIONS.contains(name));
    let mut doors: Vec<&str> = doors.collect();
    let mut asked: Vec<&str> = ASKED.iter().map(|(name, _)| *name).collect();
    doors.sort_unstable();
    asked.sort_unstable();
    assert_eq!(doors, asked, "say in ASKED whom a stranger's request can be about");
    let reasons = ASKED.iter().filter_map(|(_, about)| match about {
        About::Nobody(why) => Some(why),
        _ => None,
    });
    assert!(reasons.into_iter().all(|why| !why.is_empty()));
}

story!(t01_t02_no_answer_and_no_work_tells_who_has_an_account, |engine| {
    for people in some_people() {
        compare(engine, &people).await;
    }
});

story!(t01_t02_with_a_proof_of_addresses_registration_tells_nothing_either, |engine| {
    for people in some_people() {
        compare_with_proof(engine, &people).await;
    }
});

/// As many databases as are looked at, each as who is in it. The seed is new each time, and
/// printed when the test fails.
fn some_people() -> impl Iterator<Item = Vec<Person>> {
    let seed = rand_seed();
    let mut runner = TestRunner::new(Config {
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..Config::default()
    });
    (0..DATABASES).map(move |_| {
        let people = people().new_tree(&mut runner).unwrap().current();
        println!("seed {seed}: {people:?}");
        people
    })
}

fn rand_seed() -> u64 {
    u64::from_le_bytes(uuid::Uuid::new_v4().as_bytes()[..8].try_into().unwrap())
}

/// Asks of everybody in a database, and of nobody, at every door.
async fn compare(engine: Engine, people: &[Person]) {
    let site = Watched::start(engine, people).await;
    for (n, person) in people.iter().enumerate() {
        for kind in ["", "@example.org"] {
            let (known, nobody) = (format!("known{n}{kind}"), format!("nobod{n}{kind}"));
            for (function, about) in ASKED {
                let About::Somebody(fields) = about else { continue };
                let mut requests: Vec<(Fields, Fields)> =
                    fields(&known).into_iter().zip(fields(&nobody)).collect();
                if *function == "log-in" && !person.active {
                    let with = |who: &String| {
                        vec![("email", who.clone()), ("password", PASSWORD.to_owned())]
                    };
                    requests.push((with(&known), with(&nobody)));
                }
                for (of_known, of_nobody) in requests {
                    for door in doors_of(function) {
                        let seen = site.ask(&door, &of_known, &known).await;
                        let other = site.ask(&door, &of_nobody, &nobody).await;
                        assert_eq!(seen, other, "{door} {of_known:?}");
                    }
                }
            }
        }
        what_registration_tells(&site, n).await;
    }
}

/// The one exception, which docs/accounts.md tells of: whoever registers hears what is taken. Nothing
/// more than that, of an account that is closed as of any.
async fn what_registration_tells(site: &Watched, n: usize) {
    const DOOR: &str = "/rpc/register";
    let apply = async |username: String, email: String| {
        let password = ("password", PASSWORD.to_owned());
        let fields = vec![("username", username.clone()), ("email", email), password];
        site.ask(DOOR, &fields, &username).await
    };
    let (known, free) = (format!("known{n}"), format!("free{n}"));
    let taken = |fields: &[&str]| -> Value {
        let problems: Vec<Value> = fields.iter().map(|field| json!([field, "taken"])).collect();
        json!({ "invalid": problems })
    };
    let (hers, mine) = (format!("{known}@example.org"), format!("{free}@example.org"));
    let mut work = Vec::new();
    for (username, email, wrong) in [
        (&known, &mine, &["username"][..]),
        (&free, &hers, &["email"]),
        (&known, &hers, &["username", "email"]),
    ] {
        let told = apply(username.clone(), email.clone()).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{told:?}");
        assert_eq!(serde_json::from_str::<Value>(&told.body).unwrap(), taken(wrong));
        work.push((told.statements.len(), told.hashes, told.letters));
    }
    assert!(work.iter().all(|one| *one == (work[0].0, 1, 0)), "{work:?}");
    let registered = apply(free, mine).await;
    assert_eq!((registered.status, registered.hashes), (StatusCode::OK, 1), "{registered:?}");
    assert!(section("What registration tells").contains("beside its field"), "it is documented");
}

/// Where an address has to be proved there is no exception: not in what registering answers, and
/// not in anything that the browser is answered afterwards.
async fn compare_with_proof(engine: Engine, people: &[Person]) {
    let site = Watched::proving(engine, people).await;
    for n in 0..people.len() {
        let (known, free) = (format!("known{n}"), format!("nobod{n}"));
        let mut seen = Vec::new();
        for (username, email) in
            [(&free, &free), (&known, &free), (&free, &known), (&known, &known)]
        {
            let mut cookie = None;
            let address = ("email", format!("{email}@example.org"));
            let password = ("password", PASSWORD.to_owned());
            let fields = vec![("username", username.clone()), address, password];
            let code = || vec![("code", "ABCD-EFGH".to_owned())];
            let mut way = Vec::new();
            for (door, fields) in [
                ("/rpc/register", fields.clone()),
                ("/register", fields),
                ("/rpc/confirm-by-code", code()),
                ("/register/confirm?form=code", code()),
                ("/rpc/send-code-again", vec![]),
                ("/register/confirm?form=again", vec![]),
                ("/rpc/choose-username", vec![("username", "another".to_owned())]),
            ] {
                way.push(site.ask_in(&mut cookie, door, &fields, &[&known, &free]).await);
            }
            assert!(cookie.is_some_and(|cookie| cookie.starts_with("byline-registration=")));
            assert_eq!((way[0].status, way[0].hashes, way[0].letters), (StatusCode::OK, 1, 1));
            assert_eq!(way[2].status, StatusCode::UNPROCESSABLE_ENTITY, "{:?}", way[2]);
            seen.push(way);
        }
        for (at, way) in seen.iter().enumerate().skip(1) {
            for (step, (one, other)) in way.iter().zip(&seen[0]).enumerate() {
                assert_eq!(one, other, "case {at}, step {step}");
            }
        }
    }
}

/// The addresses that a function is asked at: its own, and those of its forms.
fn doors_of(function: &str) -> Vec<String> {
    let path = format!("/rpc/{function}");
    let pages = FORMS.iter().filter(|(_, function)| *function == path);
    let pages = pages.map(|(page, _)| (*page).to_owned());
    [path.clone()].into_iter().chain(pages).collect()
}
