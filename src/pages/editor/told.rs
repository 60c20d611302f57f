//! What the writer is told of the saving.

use super::state::{Millis, Trouble};

/// Of a browser whose storage is full, or switched off.
const UNKEPT: &str = "On this page alone, as this browser keeps nothing";

/// What the writer is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Nothing was typed yet.
    Nothing,
    /// Not on the server yet.
    Unsaved,
    /// On its way there.
    Saving,
    /// The server has it, since then.
    Saved(Millis),
    /// It is not there, and why.
    Trouble(Trouble),
}

impl Told {
    /// The sentence of the state line; `clock` writes a moment as the writer's clock has it, and
    /// `here` is whether the browser keeps the text too.
    pub fn text(&self, clock: impl Fn(Millis) -> String, here: bool) -> String {
        let (kept, stays) = if here {
            ("Kept in this browser", "is kept in this browser")
        } else {
            (UNKEPT, "stays on this page alone, as this browser keeps nothing")
        };
        match self {
            Told::Nothing => String::new(),
            Told::Unsaved => format!("{kept}, not saved yet"),
            Told::Saving => "Saving …".into(),
            Told::Saved(at) => format!("Saved {}", clock(*at)),
            Told::Trouble(Trouble::Away { .. }) => {
                format!("Offline. {kept}, and saved as soon as the site can be reached")
            }
            Told::Trouble(Trouble::LoggedOut) => {
                format!("Log in again: until then your text {stays}")
            }
            Told::Trouble(Trouble::Conflict { .. }) => {
                format!("Conflict: another text was saved meanwhile. Yours {stays}")
            }
            Told::Trouble(Trouble::Gone) => {
                format!("The article is not here any more. Your text {stays}")
            }
            Told::Trouble(Trouble::Wrong(why)) => format!("{kept}, not saved: {why}"),
        }
    }
}
