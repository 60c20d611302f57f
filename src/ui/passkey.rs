//! Asking for a passkey: the one thing here that takes JavaScript, because a browser talks to
//! authenticators through no form. `public/passkeys.js` runs the forms that are marked for it;
//! where it does not run, they are not shown.

use leptos::prelude::*;

use super::erased::Erase;

/// Has the browser load that script, once the page is there.
pub fn load_script() {
    Effect::new(|_| {
        let Ok(script) = document().create_element("script") else { return };
        _ = script.set_attribute("type", "module");
        _ = script.set_attribute("src", "/passkeys.js");
        // The Content-Security-Policy lets a script load others; this one is the app's.
        _ = document().document_element().map(|html| html.append_child(&script));
    });
}

/// A button that asks for a passkey, for what `ceremony` stands for in the script.
pub fn with_passkey(ceremony: &'static str, label: &'static str) -> AnyView {
    load_script();
    view! {
        <form class="passkey" method="post" data-passkey=ceremony>
            <p class="actions"><button type="submit" class="secondary">{label}</button></p>
            <p class="error" role="alert"></p>
        </form>
    }
    .erased()
}
