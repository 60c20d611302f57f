//! Chapter 6: guessing at what one logs in with, changing it, and losing it.

use reqwest::StatusCode;

use crate::{
    documents::section,
    phone::Phone,
    site::{attribute, tags},
    support::{PASSWORD, TestApp, story},
    v6::rows,
};

const ANOTHER: &str = "four other random words";

story!(v6_2_2_the_settings_lead_to_a_form_for_another_password, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let settings = ada.get("/settings").await.body;
    assert!(settings.contains("href=\"/settings/security\""), "{settings}");
    let page = ada.get("/settings/security").await.body;
    let forms = page.split("<form").skip(1).filter_map(|rest| rest.split("</form>").next());
    let form = forms.into_iter().find(|form| form.contains("name=\"new_password\"")).unwrap();
    let tag = form.split('>').next().unwrap();
    let action = attribute(tag, "action").unwrap();
    let mut fields = Vec::new();
    for input in tags(form, "input") {
        match attribute(input, "name") {
            Some(name @ "new_password") => fields.push((name, ANOTHER)),
            Some(name @ "current_password") => fields.push((name, PASSWORD)),
            _ => {}
        }
    }
    let answer = ada.submit(action, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert_eq!(app.browser().log_in("ada", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(app.browser().log_in("ada", ANOTHER).await.status, StatusCode::OK);
});

story!(v6_3_1_guessing_is_held_up_after_as_many_tries_as_are_documented, |engine| {
    let told = section("Attempts");
    let limits = rows(&told);
    let documented = |what: &str| -> (usize, u64) {
        let row = limits.iter().find(|row| row[0].starts_with(what)).unwrap();
        (row[1].parse().unwrap(), row[2].trim_end_matches(" minutes").parse().unwrap())
    };
    let (to_one, minutes) = documented("Failed log-ins to one account");
    let (from_one, _) = documented("Failed log-ins from one network address");
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    for n in 0..to_one {
        let guess = app.browser().log_in("ada", "a guess").await;
        assert_eq!(guess.status, StatusCode::UNAUTHORIZED, "guess {n} of {to_one}");
    }
    let held_up = app.browser().log_in("ada", PASSWORD).await;
    assert_eq!(held_up.status, StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = held_up.header("retry-after").parse().unwrap();
    assert!(wait <= 60 * minutes, "{wait}");
    for n in to_one..from_one {
        let guess = app.browser().log_in(&format!("person{n}"), "a guess").await;
        assert_eq!(guess.status, StatusCode::UNAUTHORIZED, "guess {n} of {from_one}");
    }
    let held_up = app.browser().log_in("somebody", "a guess").await;
    assert_eq!(held_up.status, StatusCode::TOO_MANY_REQUESTS);
    app.state.clock.advance(std::time::Duration::from_secs(60 * minutes));
    assert_eq!(app.browser().log_in("ada", PASSWORD).await.status, StatusCode::OK);
});

story!(v6_3_6_no_mailed_link_logs_anybody_in, |engine| {
    let app = TestApp::start(engine).await;
    app.person("ada").await;
    for (page, function) in
        [("reset", "reset-password"), ("not-me", "undo"), ("restore", "restore-account")]
    {
        let token = match page {
            "reset" => app.reset_token("ada").await,
            "not-me" => app.undo_token("ada").await,
            _ => {
                let ada = app.browser();
                // Whoever says "This was not me" needs a new password.
                let token = app.reset_token("ada").await;
                let fields = [("token", token.as_str()), ("password", PASSWORD)];
                assert_eq!(ada.call("reset-password", &fields).await.status, StatusCode::OK);
                assert_eq!(ada.log_in("ada", PASSWORD).await.status, StatusCode::OK);
                let fields = [("username", "ada"), ("articles", "keep")];
                let left = ada.call("delete-account", &fields).await;
                assert_eq!(left.status, StatusCode::OK, "{}", left.body);
                app.take_back_token("ada").await
            }
        };
        let reader = app.browser();
        assert_eq!(reader.get(&format!("/{page}/{token}")).await.status, StatusCode::OK, "{page}");
        let fields = [("token", token.as_str()), ("password", ANOTHER)];
        let used = reader.call(function, &fields).await;
        assert_eq!(used.status, StatusCode::OK, "{function}: {}", used.body);
        assert_eq!((reader.cookie(), reader.name().await), (None, None), "{function}");
    }
    assert_eq!(app.count("select count(*) from sessions").await, 0);
});

story!(v6_3_7_every_change_of_what_one_logs_in_with_is_mailed, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    for (change, subject) in [
        ("factor", "Your second factor"),
        ("name", "Your username was changed"),
        ("password", "Your password was changed"),
        ("address", "Your e-mail address was changed"),
    ] {
        let answer = match change {
            "factor" => {
                let digits = Phone::begin(&ada).await.digits(&app);
                ada.call("confirm-authenticator", &[("code", &digits)]).await
            }
            "name" => ada.call("change-username", &[("username", "countess")]).await,
            "password" => {
                let fields = [("current_password", PASSWORD), ("new_password", ANOTHER)];
                ada.call("change-password", &fields).await
            }
            _ => {
                let token = app.email_token("countess", "countess@example.org").await;
                ada.call("change-email", &[("token", &token)]).await
            }
        };
        assert_eq!(answer.status, StatusCode::OK, "{change}: {}", answer.body);
        let letters = app.post().await;
        let told = letters.iter().rfind(|letter| letter.header("To") == "ada@example.org");
        assert_eq!(told.unwrap().header("Subject"), subject);
    }
});

story!(v6_4_4_a_lost_phone_is_replaced_by_whoever_has_a_recovery_code, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let (lost, codes) = Phone::set_up(&app, &ada).await;
    let ada = app.browser();
    assert_eq!(ada.log_in("ada", PASSWORD).await.status, StatusCode::OK);
    // The password is half of what was proved when the phone was set up.
    for function in ["begin-authenticator", "remove-authenticator", "make-recovery-codes"] {
        assert_eq!(ada.call(function, &[]).await.status, StatusCode::UNAUTHORIZED, "{function}");
    }
    let proved = ada.call("finish-log-in", &[("recovery_code", &codes[0])]).await;
    assert_eq!(proved.status, StatusCode::OK, "{}", proved.body);
    let (found, _) = Phone::set_up(&app, &ada).await;
    for (phone, status) in [(lost, StatusCode::UNPROCESSABLE_ENTITY), (found, StatusCode::OK)] {
        let browser = app.browser();
        assert_eq!(browser.log_in("ada", PASSWORD).await.status, StatusCode::OK);
        let finished = browser.call("finish-log-in", &[("code", &phone.digits(&app))]).await;
        assert_eq!(finished.status, status, "{}", finished.body);
    }
});
