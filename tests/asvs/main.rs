//! Chapters 3, 6, 7 and 8 of the OWASP Application Security Verification Standard 5.0, each
//! requirement with the tests that prove it or the reason why there are none.
//!
//! A test here is named after its requirement, `v6_3_1_…`, and stands in a file of its chapter,
//! beside the chapter's rows. What a story of `tests/app/` or of the browser proves already is not
//! told again: the story has the number in its name, behind that of an attack if it has one
//! (`t39_v6_5_1_…`), or before its title (`V3.5.7 …`).
//!
//! `matrix` sees that no requirement is left out, that each that is met, wholly or partly, has a
//! test of its number, that every test of a number is in its row and that every test there named
//! is there; `scripts/test` prints what it makes of it.
//!
//! With `ASVS_URL` set the tests that only look at what a stranger gets (`site`) look at that
//! site in place of ours. They are
//! `cargo test --features ssr --test asvs -- v3_4 v3_5_8 v3_6 v3_7_1 v6_2_6 v6_4_2 v7_2_1`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../app/documents.rs"]
mod documents;
mod matrix;
#[path = "../app/phone.rs"]
#[expect(dead_code, reason = "tests/app needs the rest of it")]
mod phone;
mod site;
#[expect(dead_code, unused_imports, unused_macros, reason = "tests/app needs the rest of it")]
#[path = "../app/support.rs"]
mod support;
mod v3;
mod v6;
mod v6_codes;
mod v6_life;
mod v7;
mod v8;
