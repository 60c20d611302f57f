//! Articles: rules and SQL.

pub mod bin;
pub mod desk;
pub mod importing;
pub mod leaving;
pub mod lists;
pub mod reading;
pub mod revisions;
pub mod saving;
pub mod search;
pub mod slugs;
mod tallies;
pub mod withdrawing;
pub mod working_copies;
