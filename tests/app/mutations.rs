//! Requests that would be accepted, with one or two things wrong with them: nothing breaks the
//! server, and nothing that is refused is stored.

use std::sync::atomic::{AtomicU32, Ordering};

use byline::{domain::field::Field, server::doors::FORMS};
use proptest::{
    prelude::*,
    sample::Index,
    strategy::ValueTree,
    test_runner::{Config, RngSeed, TestRunner},
};
use reqwest::{Method, StatusCode};
use url::form_urlencoded;
use uuid::Uuid;

use crate::{
    authenticator::{self, Device, ask},
    phone::Phone,
    support::{Answer, Browser, Engine, PASSWORD, TestApp, story},
};

/// A request that is accepted. In the values, which are percent-encoded as they travel, `{n}`
/// is another number in each request, `{slug}` an article of ada's that none has touched,
/// `{handle}` a session of hers, `{username}` somebody whom she, who looks after the site, has
/// done nothing to but by that function, `{image}` a picture of hers, `{digits}` what the app of
/// whoever sends it shows, `{passkey}` a passkey of theirs, `{comment}` what eric said under an
/// article of ada's, and `{answer}` what a device answers.
struct Valid {
    function: &'static str,
    /// The address of the page whose form it is, as in [`FORMS`]; a function that no form is
    /// for has none.
    page: Option<&'static str>,
    fields: &'static [(&'static str, &'static str)],
}

const VALID: &[Valid] = &[
    Valid { function: "article", page: None, fields: &[("slug", "mine")] },
    Valid { function: "desk", page: None, fields: &[("page", "1")] },
    Valid { function: "front-page", page: None, fields: &[("page", "1")] },
    Valid { function: "manuscript", page: None, fields: &[("slug", "mine")] },
    Valid { function: "images", page: None, fields: &[("page", "1")] },
    Valid {
        function: "describe-image",
        page: Some("/images?form=describe"),
        fields: &[("id", "{image}"), ("alt", "Fog")],
    },
    Valid {
        function: "delete-image",
        page: Some("/images?form=delete"),
        fields: &[("id", "{image}")],
    },
    Valid {
        function: "show-as-profile-picture",
        page: Some("/images?form=profile"),
        fields: &[("id", "{image}")],
    },
    Valid { function: "own-account", page: None, fields: &[] },
    Valid { function: "own-security", page: None, fields: &[] },
    Valid { function: "own-security-log", page: None, fields: &[("page", "1")] },
    Valid { function: "profile", page: None, fields: &[("username", "ada"), ("page", "1")] },
    Valid { function: "registration-terms", page: None, fields: &[("invitation", "{token}")] },
    Valid { function: "own-invitations", page: None, fields: &[] },
    Valid {
        function: "invite",
        page: Some("/settings/invitations?form=make"),
        fields: &[("email", "guest{n}@example.org")],
    },
    Valid {
        function: "withdraw-invitation",
        page: Some("/settings/invitations?form=withdraw"),
        fields: &[("handle", "{handle}")],
    },
    Valid { function: "tagged", page: None, fields: &[("tag", "old+boats"), ("page", "1")] },
    Valid { function: "tags", page: None, fields: &[("page", "1")] },
    Valid { function: "search", page: None, fields: &[("q", "old+boats"), ("page", "1")] },
    Valid { function: "who-am-i", page: None, fields: &[] },
    Valid { function: "log-out", page: Some("/settings"), fields: &[] },
    Valid { function: "log-out", page: Some("/login/step?form=cancel"), fields: &[] },
    Valid { function: "second-step", page: None, fields: &[] },
    Valid {
        function: "finish-log-in",
        page: Some("/login/step?form=finish"),
        fields: &[("code", "{digits}"), ("recovery_code", ""), ("next", "/editor")],
    },
    Valid { function: "own-factors", page: None, fields: &[] },
    Valid {
        function: "begin-authenticator",
        page: Some("/settings/security/second-factor?form=begin-authenticator"),
        fields: &[],
    },
    Valid {
        function: "confirm-authenticator",
        page: Some("/settings/security/second-factor?form=confirm-authenticator"),
        fields: &[("code", "{digits}")],
    },
    Valid {
        function: "remove-authenticator",
        page: Some("/settings/security/second-factor?form=remove-authenticator"),
        fields: &[],
    },
    Valid {
        function: "make-recovery-codes",
        page: Some("/settings/security/second-factor?form=make-recovery-codes"),
        fields: &[],
    },
    Valid {
        function: "confirm",
        page: Some("/settings/security/second-factor?form=confirm"),
        fields: &[
            ("password", "correct+horse+battery"),
            ("code", ""),
            ("recovery_code", ""),
            ("next", "/settings/security/second-factor"),
        ],
    },
    Valid {
        function: "log-in",
        page: Some("/login"),
        fields: &[
            ("email", "ada"),
            ("password", "correct+horse+battery"),
            ("keep", "true"),
            ("next", "/editor"),
        ],
    },
    Valid {
        function: "register",
        page: Some("/register"),
        fields: &[
            ("username", "person{n}"),
            ("email", "person{n}@example.org"),
            ("email_again", "person{n}@example.org"),
            ("password", "correct+horse+battery"),
            ("invitation", ""),
        ],
    },
    Valid { function: "registration-step", page: None, fields: &[] },
    Valid { function: "registration-link", page: None, fields: &[("token", "{token}")] },
    Valid {
        function: "confirm-by-code",
        page: Some("/register/confirm?form=code"),
        fields: &[("code", "{code}")],
    },
    Valid { function: "send-code-again", page: Some("/register/confirm?form=again"), fields: &[] },
    Valid {
        function: "choose-username",
        page: Some("/register/confirm?form=name"),
        fields: &[("username", "named{n}")],
    },
    Valid {
        function: "confirm-by-link",
        page: Some("/register/confirm/{token}"),
        fields: &[("token", "{token}"), ("password", "correct+horse+battery")],
    },
    Valid { function: "ask-for-reset", page: Some("/reset"), fields: &[("email", "person{n}")] },
    Valid { function: "reset-terms", page: None, fields: &[("token", "{token}")] },
    Valid {
        function: "reset-password",
        page: Some("/reset/{token}"),
        fields: &[("token", "{token}"), ("password", "correct+horse+battery")],
    },
    Valid {
        function: "save-article",
        page: Some("/editor"),
        fields: &[
            ("slug", ""),
            ("version", "0"),
            ("title", "Another+{n}"),
            ("description", "About+it"),
            ("body", "Enough+words+to+be+an+article."),
            ("tags", "old+boats,+x"),
            ("cover", ""),
            ("cover_alt", ""),
            ("visibility", "members"),
            ("status", "published"),
        ],
    },
    Valid {
        function: "save-article",
        page: Some("/editor/{slug}"),
        fields: &[
            ("slug", "{slug}"),
            ("version", "1"),
            ("replaces", "0"),
            ("title", "Edited+{n}"),
            ("description", "About+it"),
            ("body", "Enough+words+to+be+an+article."),
            ("tags", "old+boats,+x"),
            ("cover", ""),
            ("cover_alt", ""),
            ("visibility", "public"),
            ("status", "draft"),
        ],
    },
    Valid {
        function: "keep-text",
        page: None,
        fields: &[
            ("article", ""),
            ("draft_key", ""),
            ("version", "0"),
            ("title", "Kept+{n}"),
            ("body", "Words."),
            ("tags", "old+boats"),
            ("cover", ""),
            ("cover_alt", ""),
            ("visibility", "members"),
            ("slug_wanted", "kept-{n}"),
            ("canonical", "https:%2f%2fexample.org%2fkept"),
            ("language", "de-AT"),
            ("direction", "ltr"),
            ("publish_at", "2027-01-31T08:00"),
            ("zone", "-60"),
        ],
    },
    Valid { function: "stored-manuscript", page: None, fields: &[("article", "{id}")] },
    Valid { function: "revisions", page: None, fields: &[("slug", "mine"), ("version", "1")] },
    Valid {
        function: "restore-revision",
        page: Some("/articles/{slug}/revisions"),
        fields: &[("slug", "{slug}"), ("revision", "1"), ("version", "1")],
    },
    Valid {
        function: "discard-changes",
        page: Some("/editor/{slug}?form=discard"),
        fields: &[("slug", "{slug}")],
    },
    Valid {
        function: "delete-article",
        page: Some("/article/{slug}"),
        fields: &[("slug", "{slug}")],
    },
    Valid {
        function: "restore-article",
        page: Some("/articles?form=restore"),
        fields: &[("slug", "{slug}")],
    },
    Valid {
        function: "delete-for-good",
        page: Some("/articles?form=delete-for-good"),
        fields: &[("slug", "{slug}")],
    },
    Valid {
        function: "end-session",
        page: Some("/settings/security?form=end-session"),
        fields: &[("handle", "{handle}")],
    },
    Valid {
        function: "end-other-sessions",
        page: Some("/settings/security?form=end-other-sessions"),
        fields: &[],
    },
    Valid {
        function: "change-password",
        page: Some("/settings/security?form=change-password"),
        fields: &[
            ("current_password", "correct+horse+battery"),
            ("new_password", "four+other+random+words"),
        ],
    },
    Valid {
        function: "confirm",
        page: Some("/settings/security?form=confirm"),
        fields: &[("password", "correct+horse+battery"), ("next", "/settings/security")],
    },
    Valid {
        function: "confirm",
        page: Some("/settings/account?form=confirm"),
        fields: &[("password", "correct+horse+battery"), ("next", "/settings/account")],
    },
    Valid { function: "own-identity", page: None, fields: &[] },
    Valid {
        function: "change-username",
        page: Some("/settings/account?form=change-username"),
        fields: &[("username", "renamed{n}")],
    },
    Valid {
        function: "ask-for-email",
        page: Some("/settings/account?form=ask-for-email"),
        fields: &[("email", "moved{n}@example.org")],
    },
    Valid { function: "email-terms", page: None, fields: &[("token", "{token}")] },
    Valid {
        function: "change-email",
        page: Some("/settings/email/{token}?form=change-email"),
        fields: &[("token", "{token}")],
    },
    Valid {
        function: "confirm",
        page: Some("/settings/email/{token}?form=confirm"),
        fields: &[("password", "correct+horse+battery"), ("next", "/settings/account")],
    },
    Valid { function: "undo-terms", page: None, fields: &[("token", "{token}")] },
    Valid { function: "undo", page: Some("/not-me/{token}"), fields: &[("token", "{token}")] },
    Valid {
        function: "confirm",
        page: Some("/settings/data?form=confirm"),
        fields: &[("password", "correct+horse+battery"), ("next", "/settings/data")],
    },
    Valid {
        function: "confirm",
        page: Some("/settings/data/import?form=confirm"),
        fields: &[("password", "correct+horse+battery"), ("next", "/settings/data/import")],
    },
    Valid {
        function: "delete-account",
        page: Some("/settings/data?form=delete"),
        fields: &[("username", "leaves{n}"), ("articles", "keep")],
    },
    Valid {
        function: "restore-account",
        page: Some("/restore/{token}"),
        fields: &[("token", "{back}")],
    },
    Valid {
        function: "confirm",
        page: Some("/settings/security/passkeys?form=confirm"),
        fields: &[("password", "correct+horse+battery"), ("next", "/settings/security/passkeys")],
    },
    Valid { function: "own-passkeys", page: None, fields: &[] },
    Valid { function: "begin-passkey-log-in", page: None, fields: &[] },
    Valid {
        function: "log-in-with-passkey",
        page: None,
        fields: &[("answer", "{answer}"), ("keep", "true"), ("next", "/editor")],
    },
    Valid { function: "begin-passkey-step", page: None, fields: &[] },
    Valid {
        function: "finish-log-in-with-passkey",
        page: None,
        fields: &[("answer", "{answer}"), ("next", "/editor")],
    },
    Valid { function: "begin-passkey-proof", page: None, fields: &[] },
    Valid {
        function: "confirm-with-passkey",
        page: None,
        fields: &[("answer", "{answer}"), ("next", "/settings/security/passkeys")],
    },
    Valid { function: "begin-adding-passkey", page: None, fields: &[("passkey_name", "A+phone")] },
    Valid {
        function: "add-passkey",
        page: None,
        fields: &[("passkey_name", "A+phone"), ("answer", "{answer}")],
    },
    Valid {
        function: "rename-passkey",
        page: Some("/settings/security/passkeys?form=rename-passkey"),
        fields: &[("handle", "{passkey}"), ("passkey_name", "Phone+{n}")],
    },
    Valid {
        function: "remove-passkey",
        page: Some("/settings/security/passkeys?form=remove-passkey"),
        fields: &[("handle", "{passkey}")],
    },
    Valid {
        function: "withdraw-article",
        page: Some("/article/{slug}?form=withdraw"),
        fields: &[("slug", "{slug}"), ("reason", "Not+ours")],
    },
    Valid {
        function: "add-comment",
        page: Some("/article/{slug}?form=comment"),
        fields: &[("slug", "{slug}"), ("comment", "Well+said,+{n}")],
    },
    Valid {
        function: "delete-comment",
        page: Some("/article/{slug}?form=delete-comment"),
        fields: &[("handle", "{comment}")],
    },
    Valid {
        function: "show-comment",
        page: Some("/article/{slug}?form=show-comment"),
        fields: &[("slug", "{slug}"), ("handle", "{comment}"), ("shown", "false")],
    },
    Valid {
        function: "open-comments",
        page: Some("/article/{slug}?form=open-comments"),
        fields: &[("slug", "{slug}"), ("open", "false")],
    },
    Valid {
        function: "report-comment",
        page: Some("/article/{slug}?form=report"),
        fields: &[("slug", "{slug}"), ("handle", "{comment}"), ("reason", "Rude")],
    },
    Valid {
        function: "set-favorite",
        page: Some("/article/{slug}?form=favorite"),
        fields: &[("slug", "{slug}"), ("favorite", "true")],
    },
    Valid {
        function: "set-follow",
        page: Some("/profile/{username}?form=follow"),
        fields: &[("username", "{username}"), ("follow", "true"), ("next", "/")],
    },
    Valid {
        function: "set-follow",
        page: Some("/article/{slug}?form=follow"),
        fields: &[("username", "dora"), ("follow", "true"), ("next", "/article/{slug}")],
    },
    Valid {
        function: "save-profile",
        page: Some("/settings?form=profile"),
        fields: &[("bio", "Number+{n}"), ("image", "/images/{n}.png")],
    },
    Valid { function: "reports", page: None, fields: &[("page", "1")] },
    Valid {
        function: "settle-report",
        page: Some("/admin/reports?form=settle"),
        fields: &[("handle", "{comment}"), ("verdict", "keep")],
    },
    Valid { function: "people", page: None, fields: &[("q", "ad"), ("page", "1")] },
    Valid { function: "person", page: None, fields: &[("username", "ada")] },
    Valid { function: "audit-log", page: None, fields: &[("page", "1")] },
    Valid {
        function: "set-role",
        page: Some("/admin/people/{username}?form=set-role"),
        fields: &[
            ("username", "{username}"),
            ("role", "editor"),
            ("reason", "Knows+how"),
            ("sure", "false"),
        ],
    },
    Valid {
        function: "set-active",
        page: Some("/admin/people/{username}?form=set-active"),
        fields: &[
            ("username", "{username}"),
            ("active", "false"),
            ("reason", "Asked+for+it"),
            ("sure", "true"),
        ],
    },
    Valid {
        function: "end-sessions-of",
        page: Some("/admin/people/{username}?form=end-sessions"),
        fields: &[("username", "{username}"), ("reason", ""), ("sure", "false")],
    },
    Valid {
        function: "mail-reset",
        page: Some("/admin/people/{username}?form=mail-reset"),
        fields: &[("username", "{username}"), ("reason", "Asked+for+it")],
    },
    Valid {
        function: "confirm",
        page: Some("/admin/people/{username}?form=confirm"),
        fields: &[("password", "correct+horse+battery"), ("next", "/admin/people/ada")],
    },
    Valid {
        function: "confirm",
        page: Some("/admin?form=confirm"),
        fields: &[("password", "correct+horse+battery"), ("next", "/admin")],
    },
    Valid {
        function: "confirm",
        page: Some("/admin/log?form=confirm"),
        fields: &[("password", "correct+horse+battery"), ("next", "/admin/log")],
    },
];

/// The functions that change who somebody is, each tried by somebody new.
const CHANGES_AN_ACCOUNT: [&str; 5] =
    ["change-password", "change-username", "ask-for-email", "email-terms", "change-email"];
/// What begins a ceremony: what was asked is kept apart, and is no change of anybody's.
const BEGINNINGS: [&str; 4] =
    ["begin-passkey-log-in", "begin-passkey-step", "begin-passkey-proof", "begin-adding-passkey"];

/// The functions that go on with a registration, in the browser that began it.
const OF_REGISTRATIONS: [&str; 6] = [
    "registration-step",
    "registration-link",
    "confirm-by-code",
    "send-code-again",
    "choose-username",
    "confirm-by-link",
];

/// In place of what was there.
const VALUES: [&str; 24] = [
    "",
    "+",
    "%00",
    "%FF",
    "word",
    "null",
    "true",
    "%5B%5D",
    "%7B%22a%22:1%7D",
    "-1",
    "0",
    "%2B1",
    "1.5",
    "1e9",
    "1e309",
    "NaN",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999",
    "%27+or+1%3D1+--",
    "..%2f..%2fetc%2fpasswd",
];

/// Behind what was there: control characters, line ends, a change of direction, and what is no
/// UTF-8 or no encoding at all.
const TAILS: [&str; 13] = [
    "%00",
    "%01",
    "%1B[2J",
    "%7F",
    "%C2%85",
    "%0D%0A",
    "%E2%80%AE",
    "%FF",
    "%C3%28",
    "%ED%A0%80",
    "%F0%9F",
    "%",
    "%zz",
];

/// A grinning face: four bytes of UTF-8.
const EMOJI: &str = "%F0%9F%98%80";

/// More than an address can be long; a body can.
const LONGEST_ADDRESS: usize = 60_000;

/// Everything that can be wrong with one field, each as its part of the body.
fn faults(name: &str, value: &str) -> Vec<String> {
    let fields = [
        Field::Username,
        Field::Email,
        Field::EmailAgain,
        Field::Password,
        Field::CurrentPassword,
        Field::NewPassword,
        Field::PasskeyName,
        Field::Code,
        Field::RecoveryCode,
        Field::Title,
        Field::Description,
        Field::Body,
        Field::Tags,
        Field::Visibility,
        Field::Status,
        Field::SlugWanted,
        Field::Canonical,
        Field::Language,
        Field::Direction,
        Field::PublishAt,
        Field::Reason,
        Field::Sure,
        Field::Q,
    ];
    let most = fields.iter().find(|f| f.name() == name).map_or(100, |f| f.length().max);
    let mut faults: Vec<String> = vec![
        String::new(),
        name.to_owned(),
        format!("{name}={value}&{name}={value}"),
        format!("{name}={value}&{name}=other"),
        format!("{name}[]={value}"),
        format!("{name}[a]={value}"),
        format!("{name}[0][1]={value}"),
        format!("{name}={}{value}", "x".repeat(most + 1)),
        format!("{name}={}", EMOJI.repeat(most)),
        format!("{name}={}", EMOJI.repeat(most + 1)),
        format!("{name}={}", "x".repeat(300_000)),
    ];
    faults.extend(VALUES.iter().map(|other| format!("{name}={other}")));
    faults.extend(TAILS.iter().map(|tail| format!("{name}={value}{tail}")));
    faults
}

/// Every content type but a form's, and bodies that say they are a form and are none.
const ENCODINGS: [(Option<&str>, &str); 9] = [
    (Some("application/json"), r#"{"email":"ada","password":"correct horse battery"}"#),
    (Some("text/plain"), r#"{"email":"ada","password":"correct horse battery"}"#),
    (Some("text/plain"), "email=ada&password=correct+horse+battery"),
    (Some(""), "email=ada&password=correct+horse+battery"),
    (None, "email=ada&password=correct+horse+battery"),
    (
        Some("multipart/form-data; boundary=x"),
        "--x\r\ncontent-disposition: form-data; name=\"email\"\r\n\r\nada\r\n--x--\r\n",
    ),
    (Some(FORM), r#"{"email":{"a":[1,2]},"password":null}"#),
    (Some(FORM), "&&&===&&&;;;\0\u{1}\u{fffd}"),
    (Some(FORM), "%FF%FE=%FF&%00=%00"),
];

const FORM: &str = "application/x-www-form-urlencoded";

/// Which of the two doors a request goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    /// `/rpc/…`, as programs use it.
    Function,
    /// The page's own address, as a browser without JavaScript does.
    Page,
}

/// A site with ada on it, who may try as often as she likes.
struct Trial {
    app: TestApp,
    ada: Browser,
    /// Comments on what she writes.
    eric: Browser,
    /// Logs in by passkey.
    dora: Browser,
    /// Keeps it.
    doras_device: Device,
    /// The app of carol, who has a second factor.
    carols: Phone,
    /// Keeps a passkey of hers.
    carols_device: Device,
    door: Door,
    requests: AtomicU32,
}

impl Trial {
    async fn start(engine: Engine, door: Door) -> Self {
        let patient = [
            "--login-attempts-per-account",
            "1000000",
            "--login-attempts-per-address",
            "1000000",
            "--registrations-per-address",
            "1000000",
            "--registration-mails",
            "1000000",
            "--resets-per-account",
            "1000000",
            "--resets-per-address",
            "1000000",
            "--origin",
            "http://localhost:3000",
        ];
        let app = TestApp::start_with(engine, &patient).await;
        let ada = app.administrator("ada").await;
        app.person("bob").await;
        let eric = app.person("eric").await;
        for valid in VALID {
            if valid.page.is_some_and(|page| page.contains("{username}")) {
                app.account(&subject(valid)).await;
            }
        }
        let carol = app.person("carol").await;
        let (carols, _) = Phone::set_up(&app, &carol).await;
        let dora = app.person("dora").await;
        let (mut doras_device, mut carols_device) =
            (Device::at(&app.origin), Device::at(&app.origin));
        for (browser, device) in [(&dora, &mut doras_device), (&carol, &mut carols_device)] {
            let added = authenticator::add(browser, device, "Phone").await;
            assert_eq!(added.status, StatusCode::OK, "{}", added.body);
        }
        let fields = [
            ("title", "Mine"),
            ("body", "Enough words to be an article."),
            ("tags", "old boats"),
            ("status", "published"),
        ];
        assert_eq!(ada.call("save-article", &fields).await.status, StatusCode::OK);
        let requests = AtomicU32::new(0);
        Self { app, ada, eric, dora, doras_device, carols, carols_device, door, requests }
    }

    /// The requests that there are for this door.
    fn valid(&self) -> impl Iterator<Item = &'static Valid> {
        VALID.iter().filter(|valid| self.door == Door::Function || valid.page.is_some())
    }

    /// Sends a body, as whoever has a use for it, and gives what was stored before.
    async fn send(&self, valid: &Valid, kind: Option<&str>, body: &str) -> (String, Answer) {
        let n = self.requests.fetch_add(1, Ordering::Relaxed);
        let slug = format!("fresh-{n}");
        let path = match (self.door, valid.page) {
            (Door::Page, Some(page)) => page.to_owned(),
            _ => format!("/rpc/{}", valid.function),
        };
        let wants_an_article = format!("{path}{body}").contains("{slug}");
        if wants_an_article || matches!(valid.function, "save-article" | "keep-text") {
            // There is an end to how often somebody may save.
            self.app.execute("delete from attempts").await;
        }
        if wants_an_article {
            self.ada.write(&format!("Fresh {n}"), "published", "public").await;
        }
        let (mut stranger, mut code) = (self.app.browser(), String::new());
        // Ada keeps her name and her password: others log in with them.
        let changes = CHANGES_AN_ACCOUNT.contains(&valid.function);
        let whose = if changes { format!("changes{n}") } else { "bob".to_owned() };
        if changes {
            stranger.register(&whose).await;
        }
        let mut token = self.app.tokens(&whose).await.of(valid.function).to_owned();
        if OF_REGISTRATIONS.contains(&valid.function) {
            let (browser, mailed) = self.app.attempt(&format!("attempt{n}")).await;
            (stranger, token, code) = (browser, mailed.link.expose().to_owned(), mailed.code);
            if valid.function == "choose-username" {
                self.app.execute("update pending_registrations set proved_at = created_at").await;
            }
        }
        let mut handle = String::new();
        if matches!(valid.function, "invite" | "withdraw-invitation") {
            // She starts anew each time: there is an end to how many somebody may make.
            self.app.execute("delete from invitations").await;
            self.app.execute("delete from attempts").await;
        }
        if valid.function == "withdraw-invitation" {
            self.ada.call("invite", &[]).await;
            let all = self.ada.ask("own-invitations", &[]).await.json();
            handle = all["made"][0]["handle"].as_str().unwrap().to_owned();
        } else if body.contains("{handle}") || valid.function == "end-other-sessions" {
            self.app.browser().log_in("ada", PASSWORD).await;
            let all = self.ada.ask("own-security", &[]).await.json();
            handle = all["sessions"][1]["handle"].as_str().unwrap().to_owned();
        }
        let id = self.key_of("mine").await;
        match valid.function {
            "restore-article" | "delete-for-good" => {
                self.ada.call("delete-article", &[("slug", &slug)]).await;
            }
            "discard-changes" => {
                let fields = [("article", &*self.key_of(&slug).await), ("version", "1")];
                self.ada.call("keep-text", &fields).await;
            }
            _ => {}
        }
        let mut comment = String::new();
        if valid.function.contains("comment") || valid.function == "settle-report" {
            let under = if format!("{path}{body}").contains("{slug}") { &slug } else { "mine" };
            comment = self.comment(valid.function, under).await;
        }
        let image = Uuid::now_v7().to_string();
        if body.contains("{image}") {
            self.app.own_image("ada", &image).await;
        }
        let mut back = String::new();
        let (passkey, answer) = self.ceremony(valid.function, &stranger, n).await;
        let answer: String = form_urlencoded::byte_serialize(answer.as_bytes()).collect();
        let mut digits = String::new();
        match valid.function {
            "second-step" | "finish-log-in" => {
                // The same person each time, who has never guessed and whose app is in time.
                self.app.execute("delete from attempts").await;
                self.app.execute("update authenticators set last_step = 0").await;
                stranger.log_in("carol", PASSWORD).await;
                digits = self.carols.digits(&self.app);
            }
            "confirm-authenticator" => {
                stranger.register(&format!("begins{n}")).await;
                digits = Phone::begin(&stranger).await.digits(&self.app);
            }
            "remove-authenticator" | "make-recovery-codes" => {
                stranger.register(&format!("has{n}")).await;
                Phone::set_up(&self.app, &stranger).await;
            }
            "restore-account" => {
                let name = format!("left{n}");
                stranger.register(&name).await;
                let fields = [("username", name.as_str()), ("articles", "delete")];
                stranger.call("delete-account", &fields).await;
                back = self.app.take_back_token(&name).await;
            }
            _ => {}
        }
        let fill = |text: &str| {
            let text = text.replace("{slug}", &slug).replace("{handle}", &handle);
            let text = text.replace("{code}", &code).replace("{answer}", &answer);
            let text = text.replace("{passkey}", &passkey).replace("{id}", &id);
            let text = text.replace("{image}", &image);
            let text = text.replace("{comment}", &comment);
            let text = text.replace("{username}", &subject(valid));
            let text = text.replace("{digits}", &digits).replace("{back}", &back);
            text.replace("{n}", &n.to_string()).replace("{token}", &token)
        };
        let (path, body) = (fill(&path), fill(body));
        let browser = match valid.function {
            // And her account.
            "delete-account" => {
                stranger.register(&format!("leaves{n}")).await;
                &stranger
            }
            of_it if OF_REGISTRATIONS.contains(&of_it) => &stranger,
            _ if changes => &stranger,
            "log-in"
            | "register"
            | "ask-for-reset"
            | "reset-terms"
            | "reset-password"
            | "undo"
            | "undo-terms"
            | "restore-account"
            | "log-in-with-passkey"
            | "begin-passkey-step"
            | "finish-log-in-with-passkey"
            | "add-passkey"
            | "rename-passkey"
            | "remove-passkey"
            | "second-step"
            | "finish-log-in"
            | "confirm-authenticator"
            | "remove-authenticator"
            | "make-recovery-codes" => &stranger,
            "log-out" => {
                stranger.log_in("ada", PASSWORD).await;
                &stranger
            }
            "begin-passkey-proof" | "confirm-with-passkey" => &self.dora,
            _ => &self.ada,
        };
        let accept = if self.door == Door::Page { "text/html" } else { "application/json" };
        let request = if method(valid) == Method::GET {
            browser.bare(Method::GET, &format!("{path}?{body}"))
        } else {
            let request = browser.bare(Method::POST, &path).header("origin", &self.app.origin);
            let request = kind.into_iter().fold(request, |r, kind| r.header("content-type", kind));
            request.body(body)
        };
        let before = self.stored().await;
        (before, browser.send(request.header("accept", accept)).await)
    }

    /// The key of an article of ada's; none of what is not there.
    async fn key_of(&self, slug: &str) -> String {
        let manuscript = self.ada.ask("manuscript", &[("slug", slug)]).await.json();
        manuscript["id"].as_str().unwrap_or_default().to_owned()
    }

    /// What eric says under an article, and nobody said before; held for whoever decides about it.
    async fn comment(&self, function: &str, slug: &str) -> String {
        self.app.execute("delete from comments").await;
        // There is an end to how much somebody may say and report.
        self.app.execute("delete from attempts").await;
        let said =
            self.eric.call("add-comment", &[("slug", slug), ("comment", "No.")]).await.json();
        if function == "settle-report" {
            self.app.execute("update comments set state = 'held'").await;
        }
        said["to"].as_str().unwrap().split("#comment-").nth(1).unwrap().to_owned()
    }

    /// What a function about passkeys needs beforehand: the handle of one that the stranger
    /// has added as somebody new, or what a device answers to the stranger's browser.
    async fn ceremony(&self, function: &str, stranger: &Browser, n: u32) -> (String, String) {
        let mut another = Device::at(&self.app.origin);
        match function {
            "log-in-with-passkey" => {
                let question = ask(stranger, "begin-passkey-log-in", &[]).await;
                (String::new(), self.doras_device.clone().answer(&question).await)
            }
            "begin-passkey-step" | "finish-log-in-with-passkey" => {
                stranger.log_in("carol", PASSWORD).await;
                let question = ask(stranger, "begin-passkey-step", &[]).await;
                (String::new(), self.carols_device.clone().answer(&question).await)
            }
            "confirm-with-passkey" => {
                let question = ask(&self.dora, "begin-passkey-proof", &[]).await;
                (String::new(), self.doras_device.clone().answer(&question).await)
            }
            "add-passkey" => {
                stranger.register(&format!("adds{n}")).await;
                let fields = [("passkey_name", "A phone")];
                let question = ask(stranger, "begin-adding-passkey", &fields).await;
                (String::new(), another.make(&question).await)
            }
            "rename-passkey" | "remove-passkey" => {
                stranger.register(&format!("keeps{n}")).await;
                authenticator::add(stranger, &mut another, "A phone").await;
                let all = stranger.ask("own-passkeys", &[]).await.json();
                (all["passkeys"][0]["handle"].as_str().unwrap().to_owned(), String::new())
            }
            _ => Default::default(),
        }
    }

    /// Sends it, and wants a success or a refusal that says why and has stored nothing.
    async fn judge(&self, valid: &Valid, kind: Option<&str>, body: &str) -> StatusCode {
        let (before, answer) = self.send(valid, kind, body).await;
        let shown: String = body.chars().take(300).collect();
        let what = format!(
            "{} from {:?} {}: {kind:?} {shown:?} ({} bytes): {}",
            answer.status,
            self.door,
            valid.function,
            body.len(),
            answer.body.chars().take(300).collect::<String>()
        );
        if answer.status == self.success(valid) {
            return answer.status;
        }
        assert!(answer.status.is_client_error(), "{what}");
        assert_eq!(before, self.stored().await, "{what}");
        match self.door {
            Door::Function => assert!(!answer.json().is_null(), "no code: {what}"),
            Door::Page => {
                let is_page = answer.header("content-type").starts_with("text/html");
                assert!(is_page && answer.body.contains("<h1"), "no page: {what}");
            }
        }
        answer.status
    }

    fn success(&self, valid: &Valid) -> StatusCode {
        // What is shown once is shown in the answer itself.
        let shows = ["begin-authenticator", "confirm-authenticator", "make-recovery-codes"];
        match self.door {
            Door::Function => StatusCode::OK,
            Door::Page if shows.contains(&valid.function) => StatusCode::OK,
            Door::Page => StatusCode::SEE_OTHER,
        }
    }

    /// All that requests can store; but not attempts, which are counted before they are looked
    /// at.
    async fn stored(&self) -> String {
        self.app
            .text(
                "select (select coalesce(string_agg(username || ' ' || email || ' ' || password_hash || ' ' || active, ',' order by username), '') from users) \
                 || (select ' roles: ' || count(*) from user_roles) \
                 || (select ' sessions: ' || count(*) || ' ' || coalesce(max(created_at), 0) from sessions) \
                 || (select ' attempts: ' || count(*) || ' ' || count(proved_at) from pending_registrations) \
                 || (select ' deeds: ' || count(*) from audit_log) \
                 || (select coalesce(string_agg(hash || ' ' || alt, ',' order by hash), '') from images) \
                 || (select ' invitations: ' || count(*) || ' ' || count(used_at) from invitations) \
                 || (select ' apps: ' || count(*) from authenticators) \
                 || (select ' set-ups: ' || count(*) || ' ' || coalesce(max(expires_at), 0) from authenticator_setups) \
                 || (select ' recovery codes: ' || count(*) from recovery_codes) \
                 || (select ' comments: ' || count(*) || coalesce(string_agg(state || ' ' || length(body), ',' order by id), '') from comments) \
                 || (select ' reports: ' || count(*) from comment_reports) \
                 || (select ' favorites: ' || count(*) from favorites) || (select ' follows: ' || count(*) from follows) \
                 || (select ' profiles: ' || coalesce(string_agg(bio || ' ' || image, ',' order by id), '') from users) \
                 || (select ' closed: ' || count(*) from articles where comments_closed) \
                 || (select ' mails: ' || count(*) from outbox) \
                 || (select ' tokens: ' || count(*) from account_tokens) \
                 || (select ' names: ' || count(*) from usernames) || (select ' addresses: ' || count(*) from addresses) \
                 || (select ' undo: ' || count(*) from undo_links) \
                 || (select coalesce(string_agg(name || ' ' || coalesce(last_used_at, 0), ',' order by id), '') from passkeys) \
                 || (select coalesce(string_agg(slug || ' ' || title || ' ' || description || ' ' || length(body) || ' ' || length(html) \
                     || ' ' || visibility || ' ' || status || ' ' || version, ',' order by slug), '') from articles) \
                 || (select ' changes: ' || count(*) from working_copies) \
                 || (select coalesce(string_agg(tag || ' ' || position, ',' order by tag, position), '') from article_tags) \
                 || (select coalesce(string_agg(kind || ' ' || count, ',' order by kind, count), '') from tallies)",
            )
            .await
    }

    /// Each fault of each field by itself, some two at a time, and other encodings.
    async fn attack(&self) {
        let mut runner = TestRunner::new(Config {
            rng_seed: RngSeed::Random,
            failure_persistence: None,
            ..Config::default()
        });
        for valid in self.valid() {
            let parts = parts(valid);
            let faults: Vec<Vec<String>> =
                valid.fields.iter().map(|(name, value)| faults(name, value)).collect();
            for (at, faults) in faults.iter().enumerate() {
                for fault in faults {
                    let mut parts = parts.clone();
                    parts[at].clone_from(fault);
                    self.judge_if_it_fits(valid, &parts.join("&")).await;
                }
            }
            for _ in 0..if parts.len() > 1 { PAIRS } else { 0 } {
                let mut mutated = parts.clone();
                for _ in 0..2 {
                    let indices = any::<(Index, Index)>().new_tree(&mut runner).unwrap();
                    let (field, fault) = indices.current();
                    let field = field.index(parts.len());
                    mutated[field].clone_from(fault.get(&faults[field]));
                }
                self.judge_if_it_fits(valid, &mutated.join("&")).await;
            }
            if method(valid) == Method::POST {
                self.attack_encoding(valid, &parts.join("&")).await;
            }
        }
    }

    async fn judge_if_it_fits(&self, valid: &Valid, body: &str) {
        if method(valid) == Method::POST || body.len() <= LONGEST_ADDRESS {
            self.judge(valid, Some(FORM), body).await;
        }
    }

    async fn attack_encoding(&self, valid: &Valid, body: &str) {
        for (kind, body) in ENCODINGS {
            let status = self.judge(valid, kind, body).await;
            let refused = kind == Some(FORM) || status == StatusCode::UNSUPPORTED_MEDIA_TYPE;
            assert!(refused, "{kind:?} to {}: {status}", valid.function);
        }
        let huge = format!("{body}&nonsense={}", "x".repeat(10_000_000));
        let status = self.judge(valid, Some(FORM), &huge).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{}", valid.function);
    }
}

/// Requests with two faults per function. The seed is new each time.
const PAIRS: u32 = 40;

/// The parts of the body that is accepted.
fn parts(valid: &Valid) -> Vec<String> {
    valid.fields.iter().map(|(name, value)| format!("{name}={value}")).collect()
}

/// Whom an administrator's request is about.
fn subject(valid: &Valid) -> String {
    format!("under-{}", valid.function)
}

fn method(valid: &Valid) -> Method {
    let path = format!("/rpc/{}", valid.function);
    let mut functions = leptos::server_fn::axum::server_fn_paths();
    functions.find(|(known, _)| *known == path).map(|(_, method)| method).unwrap()
}

/// A site on which everything that anybody can do was done, and ada, who did most of it.
pub async fn all_done(engine: Engine) -> (TestApp, Browser) {
    let trial = Trial::start(engine, Door::Function).await;
    for valid in trial.valid() {
        let (_, answer) = trial.send(valid, Some(FORM), &parts(valid).join("&")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}: {}", valid.function, answer.body);
    }
    (trial.app, trial.ada)
}

#[test]
fn there_is_a_valid_request_for_each_server_function_and_each_form() {
    for (path, _) in leptos::server_fn::axum::server_fn_paths() {
        let known = VALID.iter().any(|valid| path.strip_prefix("/rpc/") == Some(valid.function));
        assert!(known, "{path} is missing in VALID");
    }
    for (page, function) in FORMS {
        let known = VALID.iter().any(|valid| {
            valid.page == Some(page) && function.strip_prefix("/rpc/") == Some(valid.function)
        });
        assert!(known, "the form of {page} is missing in VALID");
    }
}

story!(a_valid_request_is_accepted_at_both_doors, |engine| {
    for door in [Door::Function, Door::Page] {
        let trial = Trial::start(engine, door).await;
        for valid in trial.valid() {
            let (before, answer) = trial.send(valid, Some(FORM), &parts(valid).join("&")).await;
            assert_eq!(answer.status, trial.success(valid), "{}: {}", valid.function, answer.body);
            let changed = before != trial.stored().await;
            let changes = method(valid) == Method::POST && !BEGINNINGS.contains(&valid.function);
            assert_eq!(changed, changes, "{} stores", valid.function);
        }
    }
});

story!(no_server_function_breaks_whatever_is_wrong_with_a_request, |engine| {
    Trial::start(engine, Door::Function).await.attack().await;
});

story!(no_form_breaks_whatever_is_wrong_with_it, |engine| {
    Trial::start(engine, Door::Page).await.attack().await;
});

story!(no_page_breaks_whatever_its_address_says, |engine| {
    let trial = Trial::start(engine, Door::Page).await;
    let browser = trial.app.browser();
    for pattern in byline::server::page_paths() {
        for value in VALUES.into_iter().chain(TAILS) {
            let path = pattern
                .split('/')
                .map(|part| if part.starts_with('{') { value } else { part })
                .collect::<Vec<_>>()
                .join("/");
            for browser in [&trial.ada, &browser] {
                for query in ["page", "next", "q", "form", "__err", "nonsense"] {
                    let answer = browser.get(&format!("{path}?{query}={value}")).await;
                    let status = answer.status;
                    assert!(!status.is_server_error(), "{status}: {path}?{query}={value}");
                }
            }
        }
    }
    for page in ["0", "-1", "4294967295", "4294967296", "99999999999999999999", "1e9", "word"] {
        for path in [
            "/",
            "/profile/ada",
            "/profile/ada/favorites",
            "/article/mine",
            "/admin/reports",
            "/tag/old%20boats",
            "/search",
            "/articles",
            "/admin",
            "/admin/log",
            "/settings/security/log",
        ] {
            let answer = trial.ada.get(&format!("{path}?page={page}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}?page={page}");
        }
    }
});
