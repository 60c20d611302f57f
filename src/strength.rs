//! How hard a new password is to guess: zxcvbn, in a chunk of its own, which is fetched when
//! somebody begins to type one. What is typed stays in the browser.

use std::{future::Future, pin::Pin};

use leptos::wasm_split::SplitLoaderError;
use zxcvbn::zxcvbn;

use crate::ui::new_password::Strength;

/// Room for wasm-split, for the whole app and not for this chunk alone: it sorts constants by
/// chunk, which takes a little padding, and where they would be longer than before it leaves them
/// all, zxcvbn's words too, in what every first visit fetches. These bytes are in no chunk.
#[used]
static ROOM: [u8; 16_384] = [0; 16_384];

/// Looks at a password; nothing when the chunk did not come.
pub fn judge(
    password: String,
    names: Vec<String>,
) -> Pin<Box<dyn Future<Output = Option<Strength>>>> {
    Box::pin(async move { look(password, names).await.ok() })
}

#[leptos::wasm_split::wasm_split(strength, wasm_split_path = ::leptos::wasm_split, fallible)]
fn look(password: String, names: Vec<String>) -> Result<Strength, SplitLoaderError> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let found = zxcvbn(&password, &names);
    let score = u8::from(found.score());
    let verdict = match score {
        0 => "Very easy to guess.",
        1 => "Easy to guess.",
        2 => "Could be better.",
        3 => "Good.",
        _ => "Very good.",
    };
    let mut words = vec![verdict.to_owned()];
    if let Some(feedback) = found.feedback() {
        words.extend(feedback.warning().map(|warning| warning.to_string()));
        words.extend(feedback.suggestions().iter().map(ToString::to_string));
    }
    Ok(Strength { score, words: words.join(" ") })
}
