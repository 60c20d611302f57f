//! Byline through its front door: a real server on a real socket, over each database.
//!
//! `support` starts it and plays the browser; every other file is a kind of story.
//! [`support::story!`] runs one on SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod accounts;
mod administration;
mod articles;
mod at_once;
mod attacks;
mod authenticator;
mod bad_input;
mod bucket;
mod command;
mod copying;
mod demo_faults;
mod devices;
mod documents;
mod doors;
mod downloads;
mod earlier;
mod editor;
mod emails;
mod enumeration;
mod feeds;
mod fuzz;
mod highlight;
mod house_rules;
mod images;
mod invitations;
mod leaving;
mod life;
mod links;
mod lists;
mod log;
mod mail;
mod markdown;
mod mutations;
mod names;
mod new_devices;
mod passkeys;
mod passwords;
mod people;
mod phone;
mod plans;
mod readers;
mod reading;
mod registrations;
mod resets;
mod roles;
mod search;
mod second_factor;
mod second_step;
mod security;
mod sessions;
mod somebody_elses;
mod standing;
mod state_machine;
mod strength;
mod support;
mod transfer;
mod undo;
mod versions;
mod weeks;
mod wire;
mod withdrawing;
