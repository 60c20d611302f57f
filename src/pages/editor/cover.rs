//! The picture at the head of an article, in the editor.

use leptos::prelude::*;

use crate::{
    domain::field::Field,
    ui::{
        erased::Erase,
        form::{FormState, fields::TextField},
    },
};

/// The fields for it, with what stands in them at first.
pub fn cover_fields(form: FormState, cover: String, alt: String) -> AnyView {
    view! {
        <TextField
            form
            field=Field::Cover
            hint="The address of a picture that you uploaded, which begins with /images/. May stay empty."
            value=cover
        />
        <TextField
            form
            field=Field::CoverAlt
            hint="What the picture shows, for those who do not see it. Empty if it only decorates."
            value=alt
        />
    }
    .erased()
}
