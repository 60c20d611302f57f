//! Saving while somebody types, in every order that things can happen in; what the toolbar does to
//! a text; and what may stand in a preview.

use byline::{
    error::Error,
    pages::editor::{
        preview::list::{may_have, may_stand},
        state::{Deed, Happened, Saver, Trouble},
        told::Told,
        toolbar::edits::{Tool, edit, in_bytes, in_utf16},
    },
    server::markdown::to_html,
};

const TYPED: Happened = Happened::Typed { anything: true };
const AWAY: Trouble = Trouble::Away { wait: 0 };

/// A text in version 3, typed in at the moment 0 and on its way since 2 seconds later.
fn on_its_way() -> Saver {
    let mut saver = Saver::new(3);
    assert_eq!(saver.step(TYPED, 0), Deed::Nothing);
    assert_eq!(saver.step(Happened::Tick, 1_999), Deed::Nothing);
    assert_eq!(saver.step(Happened::Tick, 2_000), Deed::Save);
    assert_eq!(saver.told(), Told::Saving);
    saver
}

#[test]
fn a_pause_in_typing_is_used_and_whoever_makes_none_is_saved_all_the_same() {
    let mut saver = on_its_way();
    assert_eq!(saver.step(Happened::Kept { version: 4 }, 2_100), Deed::Nothing);
    assert_eq!((saver.version(), saver.told()), (4, Told::Saved(2_100)));
    assert!(!saver.is_unsaved());

    for second in 3..=12 {
        saver.step(TYPED, second * 1_000);
        assert_eq!(saver.step(Happened::Tick, second * 1_000 + 500), Deed::Nothing, "{second}");
    }
    assert_eq!(saver.step(Happened::Tick, 13_000), Deed::Save);
}

#[test]
fn one_save_at_a_time_and_what_was_typed_meanwhile_is_saved_next() {
    let mut saver = on_its_way();
    saver.step(TYPED, 3_000);
    assert_eq!(saver.step(Happened::Tick, 60_000), Deed::Nothing);
    assert_eq!(saver.step(Happened::Asked, 60_000), Deed::Nothing);
    saver.step(Happened::Kept { version: 4 }, 60_000);
    assert_eq!(saver.told(), Told::Unsaved);
    assert_eq!(saver.step(Happened::Tick, 60_500), Deed::Save);
    assert_eq!(saver.version(), 4);
}

#[test]
fn a_button_waits_for_the_save_on_its_way_and_then_names_its_version() {
    let mut saver = on_its_way();
    assert_eq!(saver.step(Happened::Submitted, 2_050), Deed::Nothing);
    assert_eq!(saver.step(TYPED, 2_060), Deed::Nothing);
    assert_eq!(saver.step(Happened::Kept { version: 4 }, 2_100), Deed::Submit);
    assert_eq!(saver.version(), 4);
    // The button that is pressed for the second time, by the page, is let through.
    assert_eq!(saver.step(Happened::Submitted, 2_100), Deed::Submit);
    // Nothing overtakes the form.
    assert_eq!(saver.step(Happened::Tick, 30_000), Deed::Nothing);
    assert_eq!(saver.step(Happened::Done, 30_100), Deed::Nothing);
    assert!(!saver.is_unsaved());
}

#[test]
fn what_was_typed_after_the_form_was_sent_is_not_stored_by_its_answer() {
    let mut saver = Saver::new(3);
    saver.step(TYPED, 0);
    assert_eq!(saver.step(Happened::Submitted, 100), Deed::Submit);
    saver.step(TYPED, 150);
    saver.step(Happened::Done, 300);
    assert!(saver.is_unsaved());
}

#[test]
fn a_form_that_was_refused_leaves_the_text_to_be_saved() {
    let mut saver = Saver::new(0);
    saver.step(TYPED, 0);
    assert_eq!(saver.step(Happened::Submitted, 100), Deed::Submit);
    let wrong = Trouble::from(&Error::Invalid(Vec::new()));
    assert_eq!(saver.step(Happened::NotDone(wrong), 200), Deed::Nothing);
    assert_eq!(saver.step(Happened::Tick, 2_000), Deed::Save);
}

#[test]
fn while_the_server_is_away_the_pauses_grow_and_the_network_ends_them() {
    let mut saver = on_its_way();
    assert_eq!(saver.step(Happened::NotKept(AWAY), 2_500), Deed::Nothing);
    assert_eq!(saver.told(), Told::Trouble(AWAY));
    assert_eq!(saver.step(Happened::Tick, 4_499), Deed::Nothing);
    assert_eq!(saver.step(Happened::Tick, 4_500), Deed::Save);
    saver.step(Happened::NotKept(AWAY), 4_600);
    assert_eq!(saver.step(Happened::Tick, 8_599), Deed::Nothing);
    assert_eq!(saver.step(Happened::Online, 8_000), Deed::Save);
    saver.step(Happened::Kept { version: 4 }, 8_100);
    assert_eq!(saver.told(), Told::Saved(8_100));
    // A server that says how long it needs is left alone for as long.
    saver.step(TYPED, 9_000);
    assert_eq!(saver.step(Happened::Asked, 9_000), Deed::Save);
    let busy = Trouble::from(&Error::Unavailable { retry_after_s: 30 });
    saver.step(Happened::NotKept(busy), 9_000);
    assert_eq!(saver.step(Happened::Tick, 38_999), Deed::Nothing);
    assert_eq!(saver.step(Happened::Tick, 39_000), Deed::Save);
}

#[test]
fn whoever_listens_hears_what_is_wrong_and_what_they_asked_for_and_no_pause_in_typing() {
    let mut saver = on_its_way();
    saver.step(Happened::Kept { version: 4 }, 2_100);
    assert_eq!((saver.told(), saver.spoken()), (Told::Saved(2_100), Told::Nothing));
    // What is saved already, once somebody asks.
    saver.step(Happened::Asked, 3_000);
    assert_eq!(saver.spoken(), Told::Saved(2_100));
    saver.step(TYPED, 4_000);
    assert_eq!(saver.spoken(), Told::Nothing);
    // What they typed while it was on its way takes the answer from nobody.
    saver.step(Happened::Asked, 4_100);
    saver.step(TYPED, 4_200);
    assert_eq!(saver.spoken(), Told::Nothing);
    saver.step(Happened::Kept { version: 5 }, 4_300);
    assert_eq!((saver.told(), saver.spoken()), (Told::Unsaved, Told::Saved(4_300)));
    saver.step(TYPED, 5_000);
    saver.step(Happened::Tick, 7_000);
    saver.step(Happened::NotKept(AWAY), 7_100);
    // Each try that fails, and each letter, leaves it at that.
    saver.step(TYPED, 8_000);
    assert_eq!(saver.spoken(), Told::Trouble(AWAY));
    saver.step(Happened::Online, 8_100);
    saver.step(Happened::Kept { version: 6 }, 8_200);
    assert_eq!(saver.spoken(), Told::Saved(8_200));
}

#[test]
fn after_a_conflict_nothing_is_saved_until_one_text_is_chosen() {
    let conflict = Trouble::Conflict { version: 9 };
    let mut mine = on_its_way();
    assert_eq!(mine.step(Happened::Submitted, 2_050), Deed::Nothing);
    assert_eq!(mine.step(Happened::NotKept(conflict.clone()), 2_100), Deed::Compare);
    assert_eq!(mine.told(), Told::Trouble(conflict.clone()));
    mine.step(TYPED, 3_000);
    for deed in [Happened::Tick, Happened::Online, Happened::Asked] {
        assert_eq!(mine.step(deed, 90_000), Deed::Nothing);
    }
    let mut theirs = mine.clone();
    assert_eq!(mine.step(Happened::Mine, 90_000), Deed::Save);
    assert_eq!(mine.version(), 9);
    // What its writer has seen stays among the versions; what comes after it makes room as ever.
    assert!(mine.replaces() && !theirs.replaces());
    mine.step(Happened::Kept { version: 10 }, 90_100);
    assert!(!mine.replaces());
    assert_eq!(theirs.step(Happened::Theirs, 90_000), Deed::Nothing);
    assert_eq!((theirs.version(), theirs.is_unsaved()), (9, false));
}

#[test]
fn saving_goes_on_after_the_next_log_in_and_what_is_gone_becomes_a_new_article() {
    let mut saver = on_its_way();
    saver.step(Happened::NotKept(Trouble::LoggedOut), 2_100);
    assert_eq!(saver.step(Happened::Tick, 7_099), Deed::Nothing);
    assert_eq!(saver.step(Happened::Tick, 7_100), Deed::Save);
    assert_eq!(saver.step(Happened::NotKept(Trouble::Gone), 7_200), Deed::BeNew);
    assert_eq!(saver.version(), 0);
    assert_eq!(saver.step(Happened::Tick, 90_000), Deed::Nothing);
    assert_eq!(saver.step(Happened::Submitted, 90_000), Deed::Submit);
}

#[test]
fn a_new_article_of_which_nothing_is_left_is_not_saved() {
    let mut saver = Saver::new(0);
    saver.step(TYPED, 0);
    saver.step(Happened::Typed { anything: false }, 100);
    assert_eq!(saver.step(Happened::Tick, 90_000), Deed::Nothing);
    assert!(!saver.is_unsaved());
}

/// The text after the tool was used where `[` and `]` stand, with those around what is chosen then.
fn used(tool: Tool, marked: &str) -> String {
    let start = marked.find('[').unwrap();
    let text = marked.replacen('[', "", 1);
    let end = text.find(']').unwrap();
    let text = text.replacen(']', "", 1);
    let edit = edit(tool, &text, start, end);
    let mut after = format!("{}{}{}", &text[..edit.from], edit.with, &text[edit.to..]);
    after.insert(edit.chosen.1, ']');
    after.insert(edit.chosen.0, '[');
    after
}

#[test]
fn the_toolbar_marks_what_is_chosen_and_takes_its_marks_away_again() {
    assert_eq!(used(Tool::Bold, "The [fog] came"), "The **[fog]** came");
    assert_eq!(used(Tool::Bold, "The **[fog]** came"), "The [fog] came");
    assert_eq!(used(Tool::Italic, "The **[fog]** came"), "The ***[fog]*** came");
    assert_eq!(used(Tool::Italic, "The ***[fog]*** came"), "The **[fog]** came");
    assert_eq!(used(Tool::Code, "[]"), "`[]`");
    assert_eq!(used(Tool::Code, "a\n[b\nc]"), "a\n```\n[b\nc]\n```");
    assert_eq!(used(Tool::Heading, "a\nb[]b"), "a\n## bb[]");
    assert_eq!(used(Tool::Heading, "## b[]b"), "bb[]");
    assert_eq!(used(Tool::Quote, "[a\nb]"), "[> a\n> b]");
    assert_eq!(used(Tool::List, "[a\nb]"), "[- a\n- b]");
    assert_eq!(used(Tool::Numbers, "[a\nb]"), "[1. a\n2. b]");
    assert_eq!(used(Tool::Numbers, "[1. a\n2. b]"), "[a\nb]");
    assert_eq!(used(Tool::Outdent, "[      a]"), "[  a]");
    assert_eq!(used(Tool::Indent, "a[]"), "    a[]");
}

#[test]
fn places_are_those_of_the_browser_in_every_script() {
    let text = "ä𝄞雾.";
    for (utf16, bytes) in [(0, 0), (1, 2), (3, 6), (4, 9), (5, 10)] {
        assert_eq!(in_bytes(text, utf16), bytes);
        assert_eq!(in_utf16(text, bytes), utf16);
    }
    assert_eq!(in_bytes(text, 99), text.len());
}

#[test]
fn the_preview_shows_what_readers_see_and_nothing_that_runs() {
    const ALL: &str = "# H\n\n*a* **b** ~~c~~ `d`\n\n> q\n\n- [x] e\n- [ ] f\n\n3. g\n\n```rust\nh\n```\n\n\
        |a|b|\n|:-|-:|\n|c|d|\n\n[l](/x \"t\") ![m](https://example.org/m.png \"t\") <mailto:a@example.org>\n\nn[^1]\n\n[^1]: o\n\n---\n";
    let html = to_html(ALL);
    let mut elements = 0;
    for tag in html.split('<').skip(1).filter(|tag| !tag.starts_with('/')) {
        let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).collect();
        assert!(may_stand(&name), "{name}");
        for pair in tag.split('>').next().unwrap().split("=\"").collect::<Vec<_>>().windows(2) {
            let attribute = pair[0].rsplit(['"', ' ']).next().unwrap();
            let value = pair[1].split('"').next().unwrap();
            // The server's links say more of themselves, headings have names there, and pictures
            // come when they are scrolled to.
            let is_the_servers = match attribute {
                "rel" => name == "a",
                "id" => name.starts_with('h'),
                "loading" => name == "img",
                _ => false,
            };
            let may = is_the_servers || may_have(&name, attribute, value);
            assert!(may, "{name} {attribute} {value}");
        }
        elements += 1;
    }
    assert!(elements > 30);
    for element in
        ["script", "style", "iframe", "object", "svg", "form", "base", "meta", "link", "h1"]
    {
        assert!(!may_stand(element), "{element}");
    }
    for (element, attribute, value) in [
        ("a", "href", "javascript:alert(1)"),
        ("a", "href", "JaVaScript:alert(1)"),
        ("a", "href", "java\nscript:alert(1)"),
        ("a", "href", " javascript:alert(1)"),
        ("a", "href", "data:text/html,x"),
        ("img", "src", "data:image/svg+xml,x"),
        ("img", "onerror", "alert(1)"),
        ("p", "style", "position: fixed"),
        ("p", "id", "title"),
        ("input", "type", "submit"),
        ("input", "name", "title"),
        ("div", "class", "editor-page"),
    ] {
        assert!(!may_have(element, attribute, value), "{element} {attribute} {value}");
    }
}
