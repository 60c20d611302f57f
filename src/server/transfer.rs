//! Taking along: articles with what they said before, pictures, people and what readers made of
//! these, as files, out of a site and into one.
//!
//! The format is one: a Markdown file for each article, with what else is known of it on top. What
//! is exported and imported into an empty site is exported from there byte by byte the same, so
//! nothing in it tells when or where it was written, and everything has one order.

pub mod door;
pub mod export;
pub mod front_matter;
pub mod import;
pub mod people;
pub mod pictures;
pub mod readers;
pub mod realworld;
pub mod unpacking;
pub mod versions;
