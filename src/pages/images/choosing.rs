//! One's own pictures to choose one of, in a dialogue over the page that wants it. They are asked
//! for when it is opened.
//!
//! Without JavaScript there is the page of one's pictures.

use leptos::{
    ev::KeyboardEvent,
    html,
    prelude::*,
    task::spawn_local,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlElement},
};

use super::{picture_in_words, show_images};
use crate::{
    domain::image::{OwnImage, OwnImages},
    error::Error,
    ui::{erased::Erase, focus::focus, list::NEWEST_FIRST, upload::UPLOAD},
};

/// What a page wants a picture for.
#[derive(Clone, Copy)]
pub struct Wanted {
    /// Begins the names of what is in the dialogue.
    pub id: &'static str,
    /// On the button that opens it, and over the pictures.
    pub label: &'static str,
    /// What becomes of the picture that is chosen. The dialogue is closed by then.
    pub take: Callback<OwnImage>,
    /// Where the keyboard goes on once the dialogue is closed; without it, at the button.
    pub closed: Option<fn()>,
}

impl Wanted {
    /// The button, and the dialogue that it opens.
    pub fn view(self) -> AnyView {
        Choosing {
            wanted: self,
            dialog: NodeRef::new(),
            list: NodeRef::new(),
            page: RwSignal::new(1),
            shown: RwSignal::new(None),
            said: RwSignal::new(String::new()),
            failed: RwSignal::new(false),
        }
        .view()
    }
}

#[derive(Clone, Copy)]
struct Choosing {
    wanted: Wanted,
    dialog: NodeRef<html::Dialog>,
    list: NodeRef<html::Ul>,
    /// Which page was asked for, last.
    page: RwSignal<u32>,
    /// What has come of it. The page before stays until then.
    shown: RwSignal<Option<OwnImages>>,
    /// How far it is, or why nothing came.
    said: RwSignal<String>,
    /// Whether nothing came.
    failed: RwSignal<bool>,
}

impl Choosing {
    fn view(self) -> AnyView {
        let Wanted { id, label, closed, .. } = self.wanted;
        let heading = format!("{id}-own");
        let on_close = move |_| closed.iter().for_each(|go_on| go_on());
        view! {
            <p class="actions">
                <button type="button" class="secondary" aria-haspopup="dialog" on:click=move |_| self.open()>{label}</button>
            </p>
            <dialog
                class="chooser"
                aria-labelledby=heading.clone()
                node_ref=self.dialog
                on:close=on_close
                // The page below takes it.
                on:drop=move |_| self.close()
                on:keydown=move |event| self.on_key(&event)
            >
                <div class="chooser-head">
                    <h2 id=heading.clone()>{label}</h2>
                    <button type="button" class="secondary" on:click=move |_| self.close()>"Close"</button>
                </div>
                <div class="chooser-pictures">{move || self.shown.get().map(|own| self.pictures(own))}</div>
                <div class="chooser-foot">{self.state()}{move || self.turning()}</div>
            </dialog>
        }
        .erased()
    }

    fn pictures(self, own: OwnImages) -> AnyView {
        if own.images.is_empty() {
            return view! {
                <p>
                    "No pictures yet. Close this and choose a file to upload, or upload some on "
                    <a href=UPLOAD target="_blank" rel="external">"the page of your pictures, in a new tab"</a>
                    ". From then on they are here."
                </p>
            }
            .erased();
        }
        let rows = own.images.into_iter().map(|image| self.picture(image)).collect_view();
        view! { <ul node_ref=self.list>{rows}</ul> }.erased()
    }

    fn picture(self, image: OwnImage) -> AnyView {
        let (thumbnail, when) = (image.thumbnail.clone(), image.when.clone());
        let (width, height) = (image.width.to_string(), image.height.to_string());
        let words = picture_in_words(&image.alt);
        let choose = move |_| {
            self.close();
            self.wanted.take.run(image.clone());
        };
        view! {
            <li>
                <button type="button" class="plain" on:click=choose>
                    <img src=thumbnail alt="" width=width height=height loading="lazy" />
                    <span class="words" dir="auto">{words}</span>
                    <time datetime=when.iso>{when.text}</time>
                </button>
            </li>
        }
        .erased()
    }

    /// How far it is, and another try where nothing came.
    fn state(self) -> AnyView {
        let class = move || if self.failed.get() { "error" } else { "hint" };
        let again = move || {
            self.failed.get().then(|| {
                view! {
                    <button type="button" class="secondary" on:click=move |_| self.ask(self.page.get_untracked())>"Try again"</button>
                }
            })
        };
        view! {
            <p class=class role="status">{move || self.said.get()}</p>
            {again}
        }
        .erased()
    }

    /// The ways to the other pages.
    fn turning(self) -> AnyView {
        let place = self.shown.with(|own| own.as_ref().map(|own| (own.page, own.pages)));
        let Some((page, pages)) = place.filter(|(_, pages)| *pages > 1) else {
            return ().erased();
        };
        let way = |to: u32, label: &'static str| {
            let there = (1..=pages).contains(&to);
            view! { <button type="button" class="secondary" disabled=!there on:click=move |_| self.ask(to)>{label}</button> }
        };
        let [newer, older] = NEWEST_FIRST;
        view! { {way(page - 1, newer)}{way(page + 1, older)} }.erased()
    }

    fn open(self) {
        let Some(dialog) = self.dialog.get_untracked() else { return };
        // Others may have been uploaded since.
        self.shown.set(None);
        // A click beside it closes it, where the browser knows how.
        _ = dialog.set_attribute("closedby", "any");
        _ = dialog.show_modal();
        self.ask(1);
    }

    fn close(self) {
        if let Some(dialog) = self.dialog.get_untracked() {
            dialog.close();
        }
    }

    fn ask(self, page: u32) {
        self.page.set(page);
        self.said.set("Loading your pictures …".into());
        spawn_local(async move {
            let answer = show_images(page).await;
            // The editor may have been left, or another page asked for.
            if self.page.try_get_untracked() == Some(page) {
                self.arrived(answer);
            }
        });
    }

    fn arrived(self, answer: Result<OwnImages, Error>) {
        self.failed.set(answer.is_err());
        match answer {
            Ok(own) => {
                self.said.set(match own.pages {
                    1 => String::new(),
                    pages => format!("Page {} of {pages}", own.page),
                });
                self.shown.set(Some(own));
                // What was pressed may be gone, or lead no further.
                request_animation_frame(move || focus(self.first()));
            }
            Err(error) => self.said.set(error.text()),
        }
    }

    /// The first picture; the button that closes the dialogue where there is none.
    fn first(self) -> Option<Element> {
        let dialog = self.dialog.get_untracked()?;
        let find = |selector| dialog.query_selector(selector).ok().flatten();
        find("li button").or_else(|| find("button"))
    }

    /// The arrows lead from picture to picture, as they do in a list of files.
    fn on_key(self, event: &KeyboardEvent) {
        let Some(list) = self.list.get_untracked() else { return };
        let rows = list.children();
        let row = |n: u32| rows.item(n)?.dyn_into::<HtmlElement>().ok();
        let active = document().active_element();
        let at =
            (0..rows.length()).find(|n| row(*n).is_some_and(|row| row.contains(active.as_deref())));
        let Some(at) = at else { return };
        let top = |n: u32| row(n).map(|row| row.offset_top());
        let in_a_row = (0..rows.length()).take_while(|n| top(*n) == top(0)).count();
        if let Some(to) = next(&event.key(), at, rows.length(), in_a_row) {
            event.prevent_default();
            focus(row(to).and_then(|row| row.first_element_child()));
        }
    }
}

/// Where a key leads from the picture at that place, if it leads anywhere: `count` pictures stand
/// in rows of `in_a_row`.
fn next(key: &str, at: u32, count: u32, in_a_row: usize) -> Option<u32> {
    let in_a_row = u32::try_from(in_a_row).unwrap_or(1);
    let to = match key {
        "ArrowLeft" => at.checked_sub(1)?,
        "ArrowRight" => at + 1,
        "ArrowUp" => at.checked_sub(in_a_row)?,
        "ArrowDown" => at + in_a_row,
        "Home" => 0,
        "End" => count.checked_sub(1)?,
        _ => return None,
    };
    (to < count).then_some(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arrows_lead_to_what_is_beside_above_and_below_and_not_out_of_the_list() {
        // Seven pictures in rows of three.
        let lead = |key| (0..7).map(|at| next(key, at, 7, 3)).collect::<Vec<_>>();
        let some = |places: [u32; 4]| places.map(Some).to_vec();
        assert_eq!(lead("ArrowRight")[..6], (1..7).map(Some).collect::<Vec<_>>());
        assert_eq!(lead("ArrowRight")[6], None);
        assert_eq!(lead("ArrowLeft")[1..], (0..6).map(Some).collect::<Vec<_>>());
        assert_eq!(lead("ArrowLeft")[0], None);
        assert_eq!(lead("ArrowDown"), [some([3, 4, 5, 6]), vec![None; 3]].concat());
        assert_eq!(lead("ArrowUp"), [vec![None; 3], some([0, 1, 2, 3])].concat());
        assert_eq!([lead("Home")[4], lead("End")[4], lead("Tab")[4]], [Some(0), Some(6), None]);
    }
}
