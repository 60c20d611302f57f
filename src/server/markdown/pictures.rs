//! The site's own pictures in an article: several widths to choose from, and their place kept free.
//! That they are fetched when they come into view, the sanitiser says of every picture.

use std::collections::HashMap;

use crate::domain::image::{FOLDER, ImageName, SIZES};

/// A picture that is here.
#[derive(Clone, Debug)]
pub struct Size {
    /// The name of its widest form.
    pub widest: ImageName,
    /// Of the widest form, in pixels.
    pub height: u32,
}

/// Adds attributes to each `<img>` whose picture is known, by the hash in its address. The HTML
/// comes from the sanitiser, which writes every tag in one way; in texts `<` is escaped.
pub fn dress(html: &str, sizes: &HashMap<String, Size>) -> String {
    let start = format!("<img src=\"{FOLDER}");
    let mut dressed = String::with_capacity(html.len());
    let mut pieces = html.split(start.as_str());
    dressed.extend(pieces.next());
    for piece in pieces {
        let known = piece.split_once('"').and_then(|(name, rest)| {
            let name = ImageName::parse(name)?;
            Some((sizes.get(&name.hash)?, rest))
        });
        match known {
            Some((size, rest)) => dressed.push_str(&tag(size, rest)),
            None => dressed.extend([start.as_str(), piece]),
        }
    }
    dressed
}

fn tag(size: &Size, rest: &str) -> String {
    let Size { widest, height } = size;
    let (path, srcset, width) = (widest.path(), srcset(widest), widest.width);
    format!(
        "<img src=\"{path}\" srcset=\"{srcset}\" sizes=\"{SIZES}\" \
         width=\"{width}\" height=\"{height}\" decoding=\"async\"{rest}"
    )
}

/// All forms of a picture, for browsers to choose from.
pub fn srcset(widest: &ImageName) -> String {
    let forms = widest.variants().map(|form| format!("{} {}w", form.path(), form.width));
    forms.collect::<Vec<_>>().join(", ")
}
