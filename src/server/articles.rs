//! Articles: rules and SQL.

pub mod lists;
pub mod reading;
pub mod saving;
mod tallies;
pub mod withdrawing;
