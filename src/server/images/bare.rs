//! Whether a file of a picture has nothing in it but the picture, as those that are written here.
//!
//! A file that comes under its own hash cannot be encoded anew: it would have another. So it is
//! walked through, part by part, and what has a place for anything else is refused: notes of a
//! camera, a thumbnail, a text, or another file behind the end.

use super::decoding::is_for_screens;
use crate::domain::image::Kind;

/// Whether that is so.
pub fn is_bare(file: &[u8], kind: Kind) -> bool {
    let walked = match kind {
        Kind::Jpeg => walk_jpeg(file),
        Kind::WebP => walk_webp(file),
    };
    walked.is_some()
}

/// The segments of a JPEG (ITU-T T.81, B.1) in one scan, up to the end of the file.
fn walk_jpeg(file: &[u8]) -> Option<()> {
    let mut rest = file.strip_prefix(&[0xFF, 0xD8])?;
    loop {
        let (&[0xFF, marker], after) = rest.split_first_chunk::<2>()? else { return None };
        let length = usize::from(u16::from_be_bytes(*after.first_chunk()?));
        let segment = after.get(2..length)?;
        rest = after.get(length..)?;
        match marker {
            // JFIF, without a thumbnail.
            0xE0 if segment.starts_with(b"JFIF\0") && segment.len() == 14 => {}
            0xE2 if is_profile(segment) => {}
            // The tables, and the size.
            0xC0 | 0xC4 | 0xDB => {}
            0xDA => break,
            _ => return None,
        }
    }
    let scan = rest.strip_suffix(&[0xFF, 0xD9])?;
    let mut bytes = scan.iter();
    // In a scan each byte FF is followed by 00; anything else would be another segment.
    while let Some(byte) = bytes.next() {
        if *byte == 0xFF && bytes.next() != Some(&0) {
            return None;
        }
    }
    Some(())
}

/// A colour profile in one piece (ICC.1, B.4).
fn is_profile(segment: &[u8]) -> bool {
    segment.strip_prefix(b"ICC_PROFILE\0\x01\x01").is_some_and(is_for_screens)
}

/// The chunks of a WebP without loss (RFC 9649, 2.7): each once, the picture as the last.
fn walk_webp(file: &[u8]) -> Option<()> {
    let (length, chunks) = file.strip_prefix(b"RIFF")?.split_first_chunk()?;
    if u32::from_le_bytes(*length) as usize != chunks.len() {
        return None;
    }
    let mut rest = chunks.strip_prefix(b"WEBP")?;
    let mut expected: &[&[u8; 4]] = &[b"VP8X", b"ICCP", b"VP8L"];
    loop {
        let (name, after) = rest.split_first_chunk::<4>()?;
        let (length, after) = after.split_first_chunk()?;
        let length = u32::from_le_bytes(*length) as usize;
        let chunk = after.get(..length)?;
        // An odd length is followed by one byte, which is zero.
        let padding = after.get(length..length.checked_add(length % 2)?)?;
        rest = after.get(length + padding.len()..)?;
        let at = expected.iter().position(|one| *one == name)?;
        expected = expected.get(at + 1..)?;
        let known = match name {
            b"VP8X" => chunk.len() == 10,
            b"ICCP" => is_for_screens(chunk),
            _ => rest.is_empty(),
        };
        if !known || padding.iter().any(|byte| *byte != 0) {
            return None;
        }
        if rest.is_empty() {
            return (name == b"VP8L").then_some(());
        }
    }
}
