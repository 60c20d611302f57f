//! Chapters 3, 6, 7 and 8 of the OWASP Application Security Verification Standard 5.0, each
//! requirement with the tests that prove it or the reason why there are none.
//!
//! A test here is named after its requirement, and stands in the file of its chapter, below the
//! chapter's rows. What a story of `tests/app/` or of the browser proves already is named and not
//! told again. `matrix` sees that no requirement is left out and that every test there named is
//! there; `scripts/test` prints what it makes of it.
//!
//! With `ASVS_URL` set the tests that only look at what a stranger gets (`site`) look at that
//! site in place of ours. They are
//! `cargo test --features ssr --test asvs -- v3_4 v3_5_8 v3_6 v3_7_1 v6_2_6 v6_4_2 v7_2_1`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod matrix;
mod site;
#[expect(dead_code, unused_imports, unused_macros, reason = "tests/app needs the rest of it")]
#[path = "../app/support.rs"]
mod support;
mod v3;
mod v6;
mod v7;
mod v8;
