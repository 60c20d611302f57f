//! The words of the product and their rules. No input or output happens here, so both
//! sides mean the same by every word; what people type is checked by the same functions.

pub mod account;
pub mod administration;
pub mod article;
pub mod code;
pub mod comment;
pub mod email;
pub mod field;
pub mod image;
pub mod next;
pub mod page;
pub mod passkey;
pub mod password;
pub mod profile;
pub mod registration;
pub mod role;
pub mod search;
pub mod security;
pub mod site;
pub mod tags;
pub mod token;
pub mod transfer;
pub mod username;
