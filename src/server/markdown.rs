//! From Markdown to HTML that is safe to show: what [`crate::markdown`] makes of it goes through
//! a sanitiser.

pub mod comments;
mod highlight;
pub mod pictures;

use std::{borrow::Cow, collections::HashSet, sync::LazyLock};

use tokio::sync::Semaphore;

use crate::markdown;

/// As many texts are rendered at once as there are cores; more wait for their turn.
static TURNS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)));

/// Renders an article's text in a thread of its own: the longest takes long enough to hold up
/// every other page.
///
/// # Errors
/// When rendering panicked.
pub async fn render(text: String) -> anyhow::Result<String> {
    let turn = TURNS.acquire().await?;
    // The permit goes along: a caller that gives up does not free a turn still in use.
    let rendering = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        to_html(&text)
    });
    Ok(rendering.await?)
}

/// Renders an article's text, and takes out whatever is not on the sanitiser's list.
pub fn to_html(text: &str) -> String {
    let html = markdown::to_html(text, |text| slug::slugify(text), highlight::mark);
    SANITISER.clean(&html).to_string()
}

static SANITISER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(sanitiser);

/// An article's HTML with whole addresses in place of relative ones, its own footnotes among them,
/// for readers that do not know that it came from `address`.
pub fn standing_alone(html: &str, address: &str) -> String {
    let Ok(base) = address.parse() else { return html.to_owned() };
    let mut sanitiser = sanitiser();
    sanitiser.url_relative(ammonia::UrlRelative::RewriteWithBase(base));
    sanitiser.clean(html).to_string()
}

fn sanitiser() -> ammonia::Builder<'static> {
    let mut builder = ammonia::Builder::default();
    builder
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .link_rel(Some("noopener noreferrer nofollow"))
        .add_tags(["input"])
        .add_tag_attribute_values("input", "type", ["checkbox"])
        .add_tag_attribute_values("input", "checked", [""])
        .add_tag_attribute_values("input", "disabled", [""])
        .add_tag_attributes("input", ["aria-label"])
        .add_tag_attributes("a", ["aria-label"])
        .set_tag_attribute_value("img", "loading", "lazy")
        .add_tag_attributes("code", ["class"])
        .add_tag_attribute_values("pre", "tabindex", ["0"])
        .add_tag_attribute_values("div", "tabindex", ["0"])
        .add_tag_attribute_values("div", "role", ["region"])
        .add_tag_attribute_values("div", "aria-label", ["Table"])
        .add_generic_attributes(["id"])
        .add_allowed_classes("span", highlight::CLASSES)
        .add_allowed_classes("sup", ["footnote-reference", "footnote-definition-label"])
        .add_allowed_classes("div", ["footnote-definition", "table-scroll"])
        .attribute_filter(|element, attribute, value| match (element, attribute) {
            ("code", "class") if !value.starts_with("language-") => None,
            _ => Some(Cow::Borrowed(value)),
        });
    builder
}
