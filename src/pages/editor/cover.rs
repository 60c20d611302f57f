//! The picture at the head of an article, in the editor.

use leptos::prelude::*;

use crate::{
    domain::{field::Field, image::ImageName},
    pages::images::choosing::Wanted,
    ui::{
        erased::Erase,
        form::{FormState, fields::TextField},
        picture_field::PictureField,
    },
};

const COVER: PictureField = PictureField {
    field: Field::Cover,
    alt: Some(Field::CoverAlt),
    address: |uploaded| uploaded.path,
    autocomplete: "off",
    id: "cover-file",
    upload: "Upload a cover",
    hint: "A picture above the text. It is shown whole, and no larger than it is.",
    choose: Some(|take| {
        Wanted { id: "cover", label: "Choose a cover from your pictures", take, closed: None }
            .view()
    }),
    by_hand: "The address of a picture that you uploaded, which begins with /images/. May stay empty.",
    there: "It is the cover now. Say below what it shows.",
    remove: "Remove the cover",
};

/// The fields for it, with what stands in them at first.
pub fn cover_fields(form: FormState, cover: String, alt: String) -> AnyView {
    view! {
        {COVER.view(form, cover, preview)}
        <TextField
            form
            field=Field::CoverAlt
            hint="What the picture shows, for those who do not see it. Empty if it only decorates."
            value=alt
        />
    }
    .erased()
}

/// The picture at that address, if it is one of this site.
fn preview(address: String) -> AnyView {
    let name = ImageName::in_address(address.trim());
    name.map(|name| {
        view! { <p class="pictures"><img src=name.path() alt="The cover as it is chosen" /></p> }
    })
    .erased()
}
