//! `/images`: one's own pictures.

pub mod choosing;

use leptos::{
    html,
    prelude::*,
    server,
    server_fn::{ServerFn, codec::GetUrl},
    wasm_bindgen::JsCast,
};
use leptos_meta::Title;
use web_sys::HtmlDocument;

use super::page_number;
use crate::{
    domain::{
        field::Field,
        image::{Flaw, OwnImage, OwnImages},
    },
    error::Error,
    json::Json,
    ui::{
        data::Data,
        erased::Erase,
        form::{Done, ErrorMessages, FormState, fields::TextField, use_form},
        list::pager,
        load::loaded,
        upload::{TAKEN, UPLOAD},
    },
};

/// One page of the viewer's pictures, the last uploaded first.
// reads only
#[server(prefix = "/rpc", endpoint = "images", input = GetUrl, output = Json)]
pub async fn show_images(page: u32) -> Result<OwnImages, Error> {
    use crate::{
        domain::role::Permission,
        server::{context, images::keeping},
    };
    let author = context::require(Permission::WriteArticles)?;
    Ok(keeping::list(&context::state()?, author.id, page).await?)
}

/// Says anew what one's own picture shows.
#[server(prefix = "/rpc", endpoint = "describe-image", output = Json)]
pub async fn describe_image(id: String, #[server(default)] alt: String) -> Result<Done, Error> {
    use crate::{
        domain::{field::check_text, role::Permission},
        error::Problems,
        server::{context, images::keeping},
    };
    let author = context::require(Permission::WriteArticles)?;
    let mut problems = Problems::default();
    let alt = problems.check(Field::Alt, check_text(Field::Alt, alt.trim()));
    let alt = alt.ok_or_else(|| problems.into_error())?;
    let id = id.parse().map_err(|_| Error::NotFound)?;
    keeping::describe(&context::state()?.db, author.id, id, alt).await?;
    Ok(Done::anew(UPLOAD))
}

/// Deletes one's own picture, if no article shows it.
#[server(prefix = "/rpc", endpoint = "delete-image", output = Json)]
pub async fn delete_image(id: String) -> Result<Done, Error> {
    use crate::{
        domain::role::Permission,
        server::{context, images::keeping},
    };
    let author = context::require(Permission::WriteArticles)?;
    let id = id.parse().map_err(|_| Error::NotFound)?;
    keeping::delete(&context::state()?, author.id, id).await?;
    Ok(Done::anew(UPLOAD))
}

/// Makes one's own picture the one of oneself, which stands on one's profile.
#[server(prefix = "/rpc", endpoint = "show-as-profile-picture", output = Json)]
pub async fn show_as_profile_picture(id: String) -> Result<Done, Error> {
    use crate::{
        domain::role::Permission,
        server::{context, profiles},
    };
    let author = context::require(Permission::WriteArticles)?;
    let id = id.parse().map_err(|_| Error::NotFound)?;
    profiles::show(&context::state()?.db, &author, id).await?;
    Ok(Done::at(format!("/profile/{}", author.username)))
}

crate::ui::lazy::lazy_page! {
    /// The route of [`ImagesPage`].
    IMAGES_ROUTE = ImagesPage in writing
}

/// The page of one's own pictures. Its forms are the browser's own, with JavaScript too.
#[component]
pub fn ImagesPage() -> impl IntoView {
    let page = page_number();
    let images = Data::new(move || page.get(), show_images);
    let upload = use_form(UPLOAD);
    let (describe, delete) = (use_form(DescribeImage::PATH), use_form(DeleteImage::PATH));
    let profile = use_form(ShowAsProfilePicture::PATH);
    view! {
        <Title text="Pictures" />
        <div class="page">
            <h1>"Your pictures"</h1>
            <ErrorMessages form=describe />
            <ErrorMessages form=delete />
            <ErrorMessages form=profile />
            {loaded(images, move |images: OwnImages| show(images, upload))}
        </div>
    }
}

fn show(OwnImages { images, page, pages, most_megabytes }: OwnImages, form: FormState) -> AnyView {
    let hint = format!(
        "JPEG, PNG, WebP or GIF that does not move, at most {most_megabytes} MB. It is made anew: \
         where and with what it was taken is not kept."
    );
    let pictures = if images.is_empty() {
        let none = "No pictures yet. What you upload here or in the editor is listed here, with what to put into an article.";
        view! { <div class="empty-feed-message"><p>{none}</p></div> }.erased()
    } else {
        let rows = images.into_iter().map(row).collect_view();
        view! { <ul class="pictures">{rows}</ul> }.erased()
    };
    view! {
        <form class="form upload" method="post" action=UPLOAD enctype="multipart/form-data">
            <ErrorMessages form />
            <div class="field">
                <label for="file">"Picture"</label>
                <input id="file" name="file" type="file" accept=TAKEN required aria-describedby="file-hint" />
                <p class="hint" id="file-hint">{hint}</p>
            </div>
            <TextField
                form
                field=Field::Alt
                hint="What the picture shows, for those who do not see it. Empty if it only decorates."
            />
            <p class="actions"><button type="submit">"Upload"</button></p>
        </form>
        {pictures}
        {pager(page, pages, UPLOAD)}
    }
    .erased()
}

fn row(image: OwnImage) -> AnyView {
    let OwnImage { id, path, thumbnail, width, height, alt, markdown, when, used } = image;
    let (for_alt, for_markdown) = (format!("alt-{id}"), format!("markdown-{id}"));
    let for_address = format!("address-{id}");
    let (of_markdown, of_address) = (NodeRef::new(), NodeRef::new());
    let copy_markdown =
        copy_button(of_markdown, format!("Copy the Markdown of the picture of {}", when.text));
    let copy_address =
        copy_button(of_address, format!("Copy the address of the picture of {}", when.text));
    let as_mine = format!("Use as my profile picture the one of {}", when.text);
    let end = if used {
        view! { <p class="hint">{Flaw::InUse.text()}</p> }.erased()
    } else {
        let label = format!("Delete the picture of {}", when.text);
        view! {
            <details class="danger">
                <summary>"Delete this picture"</summary>
                <form method="post" action=format!("{UPLOAD}?form=delete")>
                    <input type="hidden" name="id" value=id.clone() />
                    <p>"It is gone at once, and nothing brings it back."</p>
                    <p class="actions"><button type="submit" class="destructive" aria-label=label>"Delete"</button></p>
                </form>
            </details>
        }
        .erased()
    };
    view! {
        <li>
            <a href=path.clone() rel="external"><img src=thumbnail alt=picture_in_words(&alt) width=width.to_string() height=height.to_string() loading="lazy" /></a>
            <p class="meta"><time datetime=when.iso>{when.text}</time><span>{format!("{width} × {height}")}</span></p>
            <div class="field">
                <label for=for_markdown.clone()>"For your article"</label>
                <input id=for_markdown readonly node_ref=of_markdown value=markdown />
            </div>
            {copy_markdown}
            <div class="field">
                <label for=for_address.clone()>"Its address, for a cover"</label>
                <input id=for_address readonly node_ref=of_address value=path />
            </div>
            {copy_address}
            <form method="post" action=format!("{UPLOAD}?form=profile")>
                <input type="hidden" name="id" value=id.clone() />
                <p class="actions"><button type="submit" class="secondary" aria-label=as_mine>"Use as my profile picture"</button></p>
            </form>
            <form class="form" method="post" action=format!("{UPLOAD}?form=describe")>
                <input type="hidden" name="id" value=id />
                <div class="field">
                    <label for=for_alt.clone()>{Field::Alt.label()}</label>
                    <input id=for_alt name="alt" dir="auto" maxlength=Field::Alt.length().in_utf16() value=alt />
                </div>
                <p class="actions"><button type="submit" class="secondary">"Save the text"</button></p>
            </form>
            {end}
        </li>
    }
    .erased()
}

/// Copies what stands in the field, and leaves it chosen there. Where no script runs there is the
/// field alone.
fn copy_button(field: NodeRef<html::Input>, label: String) -> AnyView {
    let (runs, said) = (RwSignal::new(false), RwSignal::new(""));
    Effect::new(move |_| runs.set(true));
    let copy = move |_| {
        let Some(field) = field.get_untracked() else { return };
        _ = field.focus();
        field.select();
        let document = document().dyn_into::<HtmlDocument>().ok();
        let copied = document.is_some_and(|page| page.exec_command("copy").unwrap_or(false));
        said.set(if copied {
            "Copied."
        } else {
            "Not copied: this browser does not let the page."
        });
    };
    view! {
        <p class="actions copying" hidden=move || !runs.get()>
            <button type="button" class="secondary" aria-label=label on:click=copy>"Copy"</button>
            <span class="hint" role="status">{move || said.get()}</span>
        </p>
    }
    .erased()
}

/// Here it is a link or a button, which needs a name.
fn picture_in_words(alt: &str) -> String {
    if alt.is_empty() { "A picture that only decorates".into() } else { alt.to_owned() }
}
