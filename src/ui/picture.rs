//! Pictures of people.

use leptos::prelude::*;

use super::erased::Erase;

/// Somebody's picture, or the beginning of their name where there is none. Their name stands beside
/// it, so it says nothing to whoever cannot see it.
pub fn picture(image: String, name: &str) -> AnyView {
    if image.is_empty() {
        let initial: String = name.chars().take(1).flat_map(char::to_uppercase).collect();
        return view! { <span class="user-img" aria-hidden="true">{initial}</span> }.erased();
    }
    // Whose page somebody reads is no business of whoever keeps the picture.
    view! { <img class="user-img" src=image alt="" referrerpolicy="no-referrer" loading="lazy" /> }
        .erased()
}
