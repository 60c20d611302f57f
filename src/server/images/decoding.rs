//! From a file that somebody sent to the forms that are stored.

use std::{io::Cursor, sync::LazyLock};

use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder, ImageFormat, ImageReader, Limits,
    codecs::{
        gif::GifDecoder,
        jpeg::JpegEncoder,
        png::PngDecoder,
        webp::{WebPDecoder, WebPEncoder},
    },
    imageops::FilterType,
};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::bare;
use crate::{
    domain::{
        image::{Flaw, HASH_LENGTH, ImageName, Kind, widths_of},
        transfer::Reason,
    },
    error::Error,
    server::failure::Failure,
};

/// What decoding may allocate: 40 million pixels of four bytes, and as much again for what a
/// format needs beside them.
const MOST_MEMORY: u64 = 320 * 1024 * 1024;

/// Where a photograph looks as it did, in a fifth of the bytes.
const QUALITY: u8 = 85;

/// The largest colour profile that is kept. Those of cameras and screens are a few hundred bytes;
/// what is larger is for printing, or no profile.
const LARGEST_PROFILE: usize = 4096;

/// What the camera of a phone takes is small: 4032 by 3024 pixels, and all that is less.
const SMALL: u64 = 12_500_000;

/// One large picture is decoded at a time: each may take all that [`MOST_MEMORY`] says.
static TURN_OF_LARGE: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(1));

/// And one small picture beside it, which takes a third: whoever sends one does not wait for the
/// seconds that a large one of somebody else's takes.
static TURN_OF_SMALL: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(1));

/// A picture, as it is stored.
pub struct Picture {
    /// The name of the widest form.
    pub name: ImageName,
    /// Of the widest form, in pixels.
    pub height: u32,
    /// Each width and what is in it, the narrowest first.
    pub forms: Vec<(ImageName, Vec<u8>)>,
}

impl Picture {
    /// What all its forms take.
    pub fn bytes(&self) -> usize {
        self.forms.iter().map(|(_, bytes)| bytes.len()).sum()
    }
}

/// Makes a picture of a file, in a thread of its own. `declared` is the media type that its
/// sender gave it.
///
/// # Errors
/// [`Error::Picture`].
pub async fn decode(
    file: Vec<u8>,
    declared: Option<String>,
    most_pixels: u64,
) -> Result<Picture, Failure> {
    let turn = turn_of(&file);
    let made = in_turn(turn, move || make(&file, declared.as_deref(), most_pixels)).await?;
    made.map_err(|flaw| Error::Picture(flaw).into())
}

/// The turn that a file waits for. What says no size is refused at once when its turn comes.
fn turn_of(file: &[u8]) -> &'static Semaphore {
    let reader = ImageReader::new(Cursor::new(file)).with_guessed_format().ok();
    let size = reader.and_then(|reader| reader.into_dimensions().ok());
    let is_large = size.is_some_and(|(w, h)| u64::from(w) * u64::from(h) > SMALL);
    if is_large { &TURN_OF_LARGE } else { &TURN_OF_SMALL }
}

/// The turn that large pictures wait for: tests hold it.
pub fn turn_of_large() -> &'static Semaphore {
    &TURN_OF_LARGE
}

/// Does what takes so much memory, once nobody else does.
async fn in_turn<T: Send + 'static>(
    turn: &'static Semaphore,
    decode: impl FnOnce() -> T + Send + 'static,
) -> anyhow::Result<T> {
    let turn = turn.acquire().await?;
    // The permit goes along: a caller that gives up does not free memory still in use.
    let decoding = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        decode()
    });
    Ok(decoding.await?)
}

/// The same, here and now.
///
/// # Errors
/// What is wrong with it.
pub fn make(file: &[u8], declared: Option<&str>, most_pixels: u64) -> Result<Picture, Flaw> {
    let format = format_of(file, declared)?;
    let read = read(file, format, most_pixels)?;
    // A photograph stays one. What came without loss, or can be seen through, is kept so.
    let photo = matches!(format, ImageFormat::Jpeg | ImageFormat::WebP);
    let (kind, image) = if photo && is_opaque(&read.image) {
        (Kind::Jpeg, DynamicImage::from(read.image.into_rgb8()))
    } else if is_opaque(&read.image) {
        (Kind::WebP, DynamicImage::from(read.image.into_rgb8()))
    } else {
        (Kind::WebP, DynamicImage::from(read.image.into_rgba8()))
    };
    let mut encoded = Vec::new();
    for width in widths_of(image.width()) {
        let (height, bytes) = form(&image, width, kind, read.profile.as_deref())?;
        encoded.push((width, height, bytes));
    }
    let (width, height, widest) = encoded.last().ok_or(Flaw::Broken)?;
    let (name, height) = (ImageName { hash: hash_of(widest), width: *width, kind }, *height);
    let named = |(width, _, bytes)| (ImageName { width, ..name.clone() }, bytes);
    Ok(Picture { height, forms: encoded.into_iter().map(named).collect(), name })
}

/// Makes a picture of a file that was stored elsewhere as the widest form of one, under that name.
/// The file stays as it is, since its name is its hash; it has nothing in it beside its pixels, or
/// it is refused. The narrower forms are made anew.
///
/// # Errors
/// Why it is not what its name says, or no picture that is taken.
pub async fn reopen(
    file: Vec<u8>,
    name: ImageName,
    most_pixels: u64,
) -> anyhow::Result<Result<Picture, Reason>> {
    in_turn(turn_of(&file), move || make_again(file, name, most_pixels)).await
}

/// The same, here and now.
///
/// # Errors
/// The same.
pub fn make_again(file: Vec<u8>, name: ImageName, most_pixels: u64) -> Result<Picture, Reason> {
    if hash_of(&file) != name.hash {
        return Err(Reason::FalseName);
    }
    let format = format_of(&file, Some(name.kind.media_type())).map_err(Reason::Picture)?;
    if !bare::is_bare(&file, name.kind) {
        return Err(Reason::Picture(Flaw::Broken));
    }
    let Read { image, profile } = read(&file, format, most_pixels).map_err(Reason::Picture)?;
    if image.width() != name.width {
        return Err(Reason::FalseName);
    }
    let height = image.height();
    let mut forms = Vec::new();
    for narrower in name.variants().filter(|form| form.width < name.width) {
        let made = form(&image, narrower.width, name.kind, profile.as_deref());
        forms.push((narrower, made.map_err(Reason::Picture)?.1));
    }
    forms.push((name.clone(), file));
    Ok(Picture { name, height, forms })
}

/// One form of a picture, and its height.
fn form(
    image: &DynamicImage,
    width: u32,
    kind: Kind,
    profile: Option<&[u8]>,
) -> Result<(u32, Vec<u8>), Flaw> {
    let height = height_at(width, image.width(), image.height());
    if width == image.width() {
        return Ok((height, encode(image, kind, profile)?));
    }
    let narrowed = image.resize_exact(width, height, FilterType::CatmullRom);
    Ok((height, encode(&narrowed, kind, profile)?))
}

/// What a picture with that widest form is called.
fn hash_of(widest: &[u8]) -> String {
    let mut hash = data_encoding::HEXLOWER.encode(&Sha256::digest(widest));
    hash.truncate(HASH_LENGTH);
    hash
}

/// The height of a picture that is made `width` pixels wide.
pub fn height_at(width: u32, of_width: u32, of_height: u32) -> u32 {
    let (width, of_width) = (u64::from(width), u64::from(of_width).max(1));
    let height = (u64::from(of_height) * width + of_width / 2) / of_width;
    u32::try_from(height).unwrap_or(u32::MAX).max(1)
}

/// What the file is by its first bytes, if that is taken and its sender does not say otherwise.
fn format_of(file: &[u8], declared: Option<&str>) -> Result<ImageFormat, Flaw> {
    if file.is_empty() {
        return Err(Flaw::Missing);
    }
    let format = image::guess_format(file).map_err(|_| Flaw::Kind)?;
    let taken = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif];
    let declared = declared.filter(|declared| *declared != "application/octet-stream");
    if taken.contains(&format) && declared.is_none_or(|declared| declared == format.to_mime_type())
    {
        return Ok(format);
    }
    Err(Flaw::Kind)
}

struct Read {
    image: DynamicImage,
    profile: Option<Vec<u8>>,
}

fn read(file: &[u8], format: ImageFormat, most_pixels: u64) -> Result<Read, Flaw> {
    let broken = |_| Flaw::Broken;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MOST_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    reader.limits(limits);
    // This reads no further than to the size.
    let mut decoder = reader.into_decoder().map_err(|error| match error {
        image::ImageError::Limits(_) => Flaw::TooManyPixels,
        _ => Flaw::Broken,
    })?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > most_pixels || decoder.total_bytes() > MOST_MEMORY {
        return Err(Flaw::TooManyPixels);
    }
    if is_moving(file, format)? {
        return Err(Flaw::Moving);
    }
    let orientation = decoder.orientation().map_err(broken)?;
    let profile = decoder.icc_profile().map_err(broken)?.filter(|profile| is_for_screens(profile));
    let mut image = DynamicImage::from_decoder(decoder).map_err(broken)?;
    image.apply_orientation(orientation);
    Ok(Read { image, profile })
}

/// Whether it has more than one picture in it.
fn is_moving(file: &[u8], format: ImageFormat) -> Result<bool, Flaw> {
    let file = Cursor::new(file);
    let moving = match format {
        ImageFormat::Png => PngDecoder::new(file).and_then(|png| png.is_apng()),
        ImageFormat::WebP => WebPDecoder::new(file).map(|webp| webp.has_animation()),
        ImageFormat::Gif => GifDecoder::new(file).map(has_two_frames),
        _ => Ok(false),
    };
    moving.map_err(|_| Flaw::Broken)
}

fn has_two_frames(gif: GifDecoder<Cursor<&[u8]>>) -> bool {
    use image::AnimationDecoder;
    gif.into_frames().take(2).filter(Result::is_ok).count() == 2
}

/// Whether a colour profile (ICC.1, 7.2) is small and for red, green and blue.
pub fn is_for_screens(profile: &[u8]) -> bool {
    profile.len() <= LARGEST_PROFILE && profile.get(16..20) == Some(b"RGB ")
}

fn is_opaque(image: &DynamicImage) -> bool {
    !image.color().has_alpha() || image.to_rgba8().pixels().all(|pixel| pixel.0[3] == u8::MAX)
}

fn encode(image: &DynamicImage, kind: Kind, profile: Option<&[u8]>) -> Result<Vec<u8>, Flaw> {
    let mut out = Vec::new();
    let written = match kind {
        Kind::Jpeg => write(JpegEncoder::new_with_quality(&mut out, QUALITY), image, profile),
        Kind::WebP => write(WebPEncoder::new_lossless(&mut out), image, profile),
    };
    written.map(|()| out).map_err(|_| Flaw::Broken)
}

fn write(
    mut encoder: impl ImageEncoder,
    image: &DynamicImage,
    profile: Option<&[u8]>,
) -> image::ImageResult<()> {
    if let Some(profile) = profile {
        // A format without profiles goes without.
        _ = encoder.set_icc_profile(profile.to_owned());
    }
    let colour: ExtendedColorType = image.color().into();
    encoder.write_image(image.as_bytes(), image.width(), image.height(), colour)
}
