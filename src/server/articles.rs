//! Articles: rules and SQL.

pub mod chosen;
pub mod leaving;
pub mod lists;
pub mod open;
pub mod reading;
pub mod saving;
pub mod search;
mod tallies;
pub mod withdrawing;
