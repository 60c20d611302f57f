//! The words of the product and their rules. No input or output happens here, so the
//! server and the browser check what people type with the very same functions.

pub mod account;
pub mod article;
pub mod email;
pub mod field;
pub mod next;
pub mod page;
pub mod password;
pub mod role;
pub mod token;
pub mod username;
