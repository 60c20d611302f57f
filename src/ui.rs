//! The pieces that pages share.

pub mod data;
pub mod erased;
pub mod focus;
pub mod form;
pub mod layout;
pub mod lazy;
pub mod list;
pub mod load;
pub mod new_password;
pub mod passkey;
pub mod picture;
pub mod picture_field;
pub mod site;
pub mod status;
pub mod upload;
