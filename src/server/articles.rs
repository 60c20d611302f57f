//! Articles: rules and SQL.

pub mod bin;
pub mod chosen;
pub mod desk;
pub mod importing;
pub mod leaving;
pub mod lists;
pub mod neighbours;
pub mod open;
pub mod page;
pub mod reading;
pub mod revisions;
pub mod saving;
pub mod search;
pub mod slugs;
pub mod tags;
mod tallies;
pub mod walking;
pub mod weeks;
pub mod withdrawing;
pub mod working_copies;
