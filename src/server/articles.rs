//! Articles: rules and SQL.

pub mod leaving;
pub mod lists;
pub mod neighbours;
pub mod page;
pub mod reading;
pub mod saving;
pub mod search;
pub mod tags;
mod tallies;
pub mod withdrawing;
