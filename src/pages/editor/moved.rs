//! A draft that is at another address by now: it was renamed in another tab, or on another device.

use leptos::{prelude::*, task::spawn_local};

use super::{
    calls::stored_manuscript,
    local,
    text::{has, value},
};
use crate::{error::Error, ui::layout::ViewerData};

/// Where nothing is, but this browser has words of what was called so: goes on to where that is now.
pub fn follow(error: &Error, slug: String) {
    if *error != Error::NotFound {
        return;
    }
    let viewer = use_context::<ViewerData>();
    Effect::new(move |_| {
        let viewer = viewer.and_then(|viewer| viewer.get()).and_then(Result::ok).flatten();
        let copy = viewer.and_then(|viewer| local::newest_at(&viewer.username, &slug));
        if let Some(text) = copy.map(|copy| copy.text).filter(|text| has(text, "article")) {
            spawn_local(async move {
                let named = |name| value(&text, name).to_owned();
                let stored = stored_manuscript(named("article"), named("draft_key")).await;
                if let Ok(stored) = stored {
                    _ = window().location().replace(&format!("/editor/{}", stored.slug));
                }
            });
        }
    });
}
