//! Pictures: taken in, made anew, shown, and thrown away. The files are made here.

use std::{
    io::Cursor,
    time::{Duration, Instant},
};

use byline::{
    domain::{
        image::{Flaw, ImageName, Kind},
        role::Role,
    },
    server::{images::decoding, images::unused},
};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Browser, PASSWORD, TestApp, story};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const MOST: u64 = 40_000_000;

/// A picture of that size, with a colour for each place in it; `seed` makes it another one.
fn picture(width: u32, height: u32, seed: u8) -> RgbImage {
    let colour = |n: u32| u8::try_from(n % 256).unwrap();
    RgbImage::from_fn(width, height, |x, y| Rgb([colour(x), colour(y), seed]))
}

fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image.into().write_to(&mut out, format).unwrap();
    out.into_inner()
}

pub fn jpeg(width: u32, height: u32, seed: u8) -> Vec<u8> {
    encoded(picture(width, height, seed), ImageFormat::Jpeg)
}

/// A chunk of a PNG (PNG 3, 5.3), its checksum included.
fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = u32::MAX;
    for byte in kind.iter().chain(data) {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length, &kind[..], data, &(!crc).to_be_bytes()].concat()
}

/// The beginning of a PNG that says it has that size.
fn png_head(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header)].concat()
}

/// The photograph with EXIF that says it lies on its side, and where it was taken.
fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &count.to_be_bytes(), &value].concat()
    };
    // Two entries: Orientation, and the place of the GPS directory with one entry, "N".
    let tiff = [
        &b"MM\0\x2A\0\0\0\x08\0\x02"[..],
        &entry(0x0112, 3, 1, [0, orientation, 0, 0]),
        &entry(0x8825, 4, 1, [0, 0, 0, 38]),
        &[0, 0, 0, 0],
        &[0, 1],
        &entry(0x0001, 2, 2, *b"N\0\0\0"),
        &[0, 0, 0, 0],
        b"SECRET PLACE",
    ]
    .concat();
    let exif = [&b"Exif\0\0"[..], &tiff].concat();
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, &exif, &jpeg[2..]].concat()
}

/// Sends a form with a file, as the page of pictures does, or the editor.
pub async fn upload(browser: &Browser, accept: &str, kind: &str, file: &[u8], alt: &str) -> Answer {
    upload_to(browser, "/images", accept, kind, file, alt).await
}

async fn upload_to(
    browser: &Browser,
    path: &str,
    accept: &str,
    kind: &str,
    file: &[u8],
    alt: &str,
) -> Answer {
    let head = format!(
        "--b\r\nContent-Disposition: form-data; name=\"alt\"\r\n\r\n{alt}\r\n--b\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: {kind}\r\n\r\n"
    );
    let body = [head.as_bytes(), file, b"\r\n--b--\r\n"].concat();
    let request = browser
        .bare(Method::POST, path)
        .header("accept", accept)
        .header("origin", browser.origin())
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "multipart/form-data; boundary=b");
    browser.send(request.body(body)).await
}

/// What the editor is answered.
pub async fn sent(browser: &Browser, kind: &str, file: &[u8], alt: &str) -> Answer {
    upload(browser, "application/json", kind, file, alt).await
}

/// The address of a picture that was taken.
pub async fn taken(browser: &Browser, file: &[u8], alt: &str) -> String {
    let answer = sent(browser, "image/jpeg", file, alt).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    answer.json()["path"].as_str().unwrap().to_owned()
}

/// The bytes of a file.
pub async fn file(browser: &Browser, path: &str) -> (StatusCode, Vec<u8>) {
    let response = browser.bare(Method::GET, path).send().await.unwrap();
    (response.status(), response.bytes().await.unwrap().to_vec())
}

async fn images(browser: &Browser) -> Value {
    browser.ask("images", &[("page", "1")]).await.json()
}

/// The statuses of all forms of the picture at that address.
pub async fn statuses(browser: &Browser, path: &str) -> Vec<StatusCode> {
    let mut found = Vec::new();
    for form in ImageName::in_address(path).unwrap().variants() {
        found.push(file(browser, &form.path()).await.0);
    }
    found
}

async fn write(browser: &Browser, fields: &[(&str, &str)]) -> Answer {
    let fields = [fields, &[("title", "Fog"), ("status", "published")]].concat();
    browser.call("save-article", &fields).await
}

story!(a_small_picture_does_not_wait_for_somebody_elses_large_one, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    // Beyond the bound, and with few forms to be made of it.
    let large = encoded(RgbImage::new(960, 14_000), ImageFormat::Png);
    let somebody_elses = decoding::turn_of_large().acquire().await.unwrap();
    let waits = sent(&ada, "image/png", &large, "");
    let goes_on = async {
        taken(&bob, &jpeg(60, 40, 1), "").await;
        drop(somebody_elses);
    };
    let (answer, ()) = tokio::join!(waits, goes_on);
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
});

story!(a_photograph_is_stored_in_several_widths_and_shown_for_ever, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let answer = sent(&ada, "image/jpeg", &jpeg(1000, 500, 1), "Fog [over] the sea").await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    let path = answer.json()["path"].as_str().unwrap().to_owned();
    assert!(path.ends_with("-1000.jpg"), "{path}");
    assert_eq!(answer.json()["markdown"], format!("![Fog \\[over\\] the sea]({path})"));
    assert_eq!(answer.json()["height"], 500);
    assert_eq!(answer.json()["thumbnail"], path.replace("-1000.", "-480."));
    let stranger = app.browser();
    for (width, height) in [(480, 240), (960, 480), (1000, 500)] {
        let (status, bytes) = file(&stranger, &path.replace("-1000.", &format!("-{width}."))).await;
        assert_eq!(status, StatusCode::OK);
        let image = image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg).unwrap();
        assert_eq!((image.width(), image.height()), (width, height));
    }
    let shown = stranger.bare(Method::GET, &path).send().await.unwrap();
    for (name, value) in [
        ("content-type", "image/jpeg"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("x-content-type-options", "nosniff"),
        ("content-disposition", "inline"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
        ("cross-origin-resource-policy", "cross-origin"),
    ] {
        assert_eq!(shown.headers()[name], value, "{name}");
    }
    let etag = shown.headers()["etag"].clone();
    let again = stranger.bare(Method::GET, &path).header("if-none-match", etag);
    assert_eq!(again.send().await.unwrap().status(), StatusCode::NOT_MODIFIED);
    let head = stranger.bare(Method::HEAD, &path).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    assert!(head.bytes().await.unwrap().is_empty());
    for wrong in ["-481.jpg", "-480.webp", "-0480.jpg", "-480.jpg.br", "-9999.jpg"] {
        let wrong = path.replace("-1000.jpg", wrong);
        assert_eq!(file(&stranger, &wrong).await.0, StatusCode::NOT_FOUND, "{wrong}");
    }
    for wrong in ["/images/../byline.db", "/images/..%2Fbyline.db", "/images/x"] {
        assert_eq!(file(&stranger, wrong).await.0, StatusCode::NOT_FOUND, "{wrong}");
    }
});

story!(the_same_picture_twice_is_one, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let picture = jpeg(600, 400, 2);
    let path = taken(&ada, &picture, "First").await;
    assert_eq!(taken(&ada, &picture, "Second").await, path);
    assert_eq!(taken(&bob, &picture, "His").await, path);
    let hers = images(&ada).await;
    assert_eq!(hers["images"].as_array().unwrap().len(), 1);
    assert_eq!(hers["images"][0]["alt"], "Second");
    // Whoever is not asked what it shows, as for a picture of oneself, says nothing else of it.
    assert_eq!(taken(&ada, &picture, "").await, path);
    assert_eq!(images(&ada).await["images"][0]["alt"], "Second");
    let fields = [("id", hers["images"][0]["id"].as_str().unwrap())];
    assert_eq!(bob.call("delete-image", &fields).await.json(), json!("not_found"));
    assert_eq!(bob.call("describe-image", &fields).await.json(), json!("not_found"));
    assert_eq!(ada.call("delete-image", &fields).await.status, StatusCode::OK);
    assert_eq!(statuses(&ada, &path).await, [StatusCode::OK; 2], "bob has it still");
    let his = images(&bob).await["images"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(bob.call("delete-image", &[("id", &his)]).await.status, StatusCode::OK);
    assert_eq!(statuses(&ada, &path).await, [StatusCode::NOT_FOUND; 2]);
    assert_eq!(taken(&ada, &picture, "Again").await, path);
    assert_eq!(statuses(&ada, &path).await, [StatusCode::OK; 2]);
});

#[test]
fn nothing_is_left_of_a_photograph_but_what_it_shows() {
    let flat = jpeg(60, 40, 3);
    let sent = [with_exif(&flat, 6), b"<script>alert(1)</script>PK\x03\x04".to_vec()].concat();
    let made = decoding::make(&sent, Some("image/jpeg"), MOST).ok().unwrap();
    // It lay on its side (EXIF 2.32, 4.6.4: 6 is a quarter turn).
    assert_eq!((made.name.width, made.height), (40, 60));
    for (_, bytes) in &made.forms {
        for secret in [&b"SECRET"[..], b"Exif", b"<script>", b"PK\x03\x04"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        }
        let upright = image::load_from_memory(bytes).unwrap().into_rgb8();
        // What was at the bottom left is at the top left: little red, much green.
        assert!(upright.get_pixel(1, 1).0[1] > 25 && upright.get_pixel(1, 1).0[0] < 15);
    }
}

#[test]
fn what_can_be_seen_through_stays_so_and_what_came_without_loss_is_kept_without() {
    let glass = RgbaImage::from_fn(500, 10, |x, _| Rgba([9, 9, 9, u8::try_from(x / 2).unwrap()]));
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let file = encoded(glass.clone(), format);
        let made = decoding::make(&file, None, MOST).ok().unwrap();
        assert_eq!((made.name.kind, made.forms.len()), (Kind::WebP, 2));
        let stored = image::load_from_memory(&made.forms[1].1).unwrap().into_rgba8();
        assert_eq!(stored, glass);
    }
    let drawing = encoded(picture(100, 100, 4), ImageFormat::Png);
    let made = decoding::make(&drawing, Some("image/png"), MOST).ok().unwrap();
    let stored = image::load_from_memory(&made.forms[0].1).unwrap().into_rgb8();
    assert_eq!((made.name.kind, stored), (Kind::WebP, picture(100, 100, 4)));
    let gif = encoded(picture(20, 20, 5), ImageFormat::Gif);
    assert_eq!(decoding::make(&gif, Some("image/gif"), MOST).ok().unwrap().name.width, 20);
    let wide = decoding::make(&jpeg(4000, 100, 6), None, MOST).ok().unwrap();
    let widths: Vec<u32> = wide.forms.iter().map(|(name, _)| name.width).collect();
    assert_eq!((widths, wide.height), (vec![480, 960, 1920], 48));
}

/// Two pictures, one after the other.
fn moving_gif() -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut out);
    for seed in [0, 200] {
        let frame = DynamicImage::from(picture(8, 8, seed)).into_rgba8();
        encoder.encode_frame(image::Frame::new(frame)).unwrap();
    }
    drop(encoder);
    out
}

#[test]
fn what_is_no_picture_or_too_much_of_one_is_refused_at_once() {
    let png = encoded(picture(9, 9, 7), ImageFormat::Png);
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>".to_vec();
    // Ten kilobytes that unpack to ten megabytes, under a head that promises four pixels.
    let bomb = |width, height| {
        let pixels = chunk(b"IDAT", &[0x78, 0x9C, 0xED, 0xC1, 0x01, 0x01]);
        [png_head(width, height), pixels, chunk(b"IEND", b"")].concat()
    };
    for (file, declared, flaw) in [
        (vec![], "image/png", Flaw::Missing),
        (svg.clone(), "image/svg+xml", Flaw::Kind),
        (svg, "image/png", Flaw::Kind),
        (encoded(picture(9, 9, 7), ImageFormat::Gif), "image/png", Flaw::Kind),
        (b"<!DOCTYPE html><script>alert(1)</script>".to_vec(), "image/jpeg", Flaw::Kind),
        (b"BM".to_vec(), "image/bmp", Flaw::Kind),
        (png[..png.len() - 30].to_vec(), "image/png", Flaw::Broken),
        (b"\x89PNG\r\n\x1a\n".to_vec(), "image/png", Flaw::Broken),
        (moving_gif(), "image/gif", Flaw::Moving),
        (bomb(2, 2), "image/png", Flaw::Broken),
        (bomb(50_000, 50_000), "image/png", Flaw::TooManyPixels),
        (bomb(u32::MAX >> 1, u32::MAX >> 1), "image/png", Flaw::TooManyPixels),
        (bomb(6400, 6400), "image/png", Flaw::TooManyPixels),
    ] {
        let begun = Instant::now();
        let made = decoding::make(&file, Some(declared), MOST).err();
        assert_eq!(made, Some(flaw), "{declared}, {} bytes", file.len());
        assert!(begun.elapsed() < Duration::from_secs(1), "{declared}: {:?}", begun.elapsed());
    }
}

story!(a_refused_picture_is_refused_in_words_and_with_a_code, |engine| {
    let limit = ["--image-limit", "70000"];
    let app = TestApp::start_with(engine, &limit).await;
    let ada = app.person("ada").await;
    let none = sent(&ada, "image/png", b"", "").await;
    assert_eq!((none.status.as_u16(), none.json()), (422, json!({"picture": "missing"})));
    let large = sent(&ada, "image/png", &vec![0; 70_001], "").await;
    assert_eq!((large.status.as_u16(), large.json()), (413, json!({"picture": "too_large"})));
    let svg = sent(&ada, "image/svg+xml", b"<svg/>", "").await;
    assert_eq!((svg.status.as_u16(), svg.json()), (415, json!({"picture": "kind"})));
    let wordy = sent(&ada, "image/jpeg", &jpeg(5, 5, 8), &"a".repeat(501)).await;
    assert_eq!(wordy.json(), json!({"invalid": [["alt", {"too_long": 500}]]}));
    // Without JavaScript the page itself says so, and keeps what was typed.
    let page = upload(&ada, "text/html", "image/svg+xml", b"<svg/>", "A drawing").await;
    assert_eq!(page.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(page.body.contains("That is no JPEG") && page.body.contains("value=\"A drawing\""));
    let done = upload(&ada, "text/html", "image/jpeg", &jpeg(5, 5, 8), "A drawing").await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/images"));
    let listed = ada.get("/images").await;
    assert!(listed.body.contains("![A drawing](/images/"), "{}", listed.body);
    let refused = sent(&app.browser(), "image/jpeg", &jpeg(5, 5, 8), "").await;
    assert_eq!(refused.json(), json!("unauthenticated"));
    let elsewhere = ada
        .bare(Method::POST, "/images")
        .header("origin", "https://elsewhere.example")
        .header("content-type", "multipart/form-data; boundary=b");
    assert_eq!(ada.send(elsewhere).await.status, StatusCode::FORBIDDEN);
    assert_eq!(app.count("select count(*) from images").await, 1);
});

story!(there_is_an_end_to_how_much_one_person_uploads, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    taken(&ada, &jpeg(5, 5, 9), "").await;
    app.execute("update images set bytes = 524288000").await;
    let full = sent(&ada, "image/jpeg", &jpeg(5, 5, 200), "").await;
    assert_eq!((full.status.as_u16(), full.json()), (413, json!({"picture": "no_room"})));
    app.execute("update images set bytes = 1").await;
    app.execute("update attempts set count = 100").await;
    let often = sent(&ada, "image/jpeg", &jpeg(5, 5, 200), "").await;
    assert_eq!(often.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(!often.header("retry-after").is_empty());
});

story!(of_whoever_sent_enough_files_no_byte_is_read, |engine| {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    taken(&ada, &jpeg(5, 5, 9), "").await;
    upload_to(&ada, "/settings/data/import", "application/json", "application/zip", b"x", "").await;
    app.execute("update attempts set count = 100").await;
    for path in ["/images", "/settings/data/import"] {
        // A body that is announced and never comes.
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nOrigin: {}\r\nAccept: application/json\r\n\
             Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n",
            app.address,
            ada.cookie().unwrap(),
            ada.origin()
        );
        let mut stream = tokio::net::TcpStream::connect(app.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        let read = stream.read_exact(&mut answer);
        tokio::time::timeout(Duration::from_secs(5), read).await.unwrap().unwrap();
        assert_eq!(&answer, b"HTTP/1.1 429", "{path}");
    }
});

story!(an_article_offers_all_widths_and_keeps_their_place, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let path = taken(&ada, &jpeg(1000, 500, 11), "").await;
    let body = format!(
        "Enough words.\n\n![Fog]({path} \"Dense\")\n\n![](/images/x) `<img src=\"{path}\">`"
    );
    let fields = [("body", body.as_str()), ("cover", path.as_str()), ("cover_alt", "Head & all")];
    assert_eq!(write(&ada, &fields).await.status, StatusCode::OK);
    let page = app.browser().get("/article/fog").await.body;
    let form = |width: u32| format!("{} {width}w", path.replace("-1000.", &format!("-{width}.")));
    let srcset = [form(480), form(960), form(1000)].join(", ");
    let picture = format!(
        "<img src=\"{path}\" srcset=\"{srcset}\" sizes=\"(min-width: 40rem) 37.5rem, 100vw\" \
         width=\"1000\" height=\"500\" decoding=\"async\" alt=\"Fog\" title=\"Dense\" loading=\"lazy\">"
    );
    assert!(page.contains(&picture), "{page}");
    assert!(page.contains("<img src=\"/images/x\" alt=\"\" loading=\"lazy\">"), "{page}");
    assert!(page.contains("alt=\"Head &amp; all\"") && page.contains("class=\"cover\""), "{page}");
    let whole = format!("{}{path}", app.origin);
    for shared in [
        format!("<meta property=\"og:image\" content=\"{whole}\""),
        "<meta property=\"og:image:alt\" content=\"Head &amp; all\"".into(),
        "<meta name=\"twitter:card\" content=\"summary_large_image\"".into(),
        format!("\"image\":\"{whole}\""),
    ] {
        assert!(page.contains(&shared), "{shared} in {page}");
    }
    let article = app.browser().ask("article", &[("slug", "fog")]).await.json();
    assert_eq!(article["cover"]["path"], path);
    let open = ada.ask("manuscript", &[("slug", "fog")]).await.json();
    assert_eq!((&open["cover"], &open["cover_alt"]), (&json!(path), &json!("Head & all")));
    for wrong in
        ["https://elsewhere.example/a.png", "/images/00000000000000000000000000000000-5.jpg"]
    {
        let refused = write(&ada, &[("body", "Enough words."), ("cover", wrong)]).await;
        assert_eq!(refused.json(), json!({"invalid": [["cover", "malformed"]]}), "{wrong}");
    }
});

story!(what_no_article_shows_goes_after_a_day_and_what_one_shows_stays, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let in_text = taken(&ada, &jpeg(500, 5, 12), "").await;
    let at_head = taken(&ada, &jpeg(500, 5, 13), "").await;
    let nowhere = taken(&ada, &jpeg(500, 5, 14), "").await;
    let body = format!("Enough words. ![]({in_text})");
    let fields = [("body", body.as_str()), ("cover", at_head.as_str())];
    assert_eq!(write(&ada, &fields).await.status, StatusCode::OK);
    let shown = images(&ada).await;
    let used: Vec<_> = (0..3).map(|n| shown["images"][n]["used"].as_bool().unwrap()).collect();
    assert_eq!(used, [false, true, true]);
    let id = shown["images"][1]["id"].as_str().unwrap();
    let refused = ada.call("delete-image", &[("id", id)]).await;
    assert_eq!((refused.status.as_u16(), refused.json()), (409, json!({"picture": "in_use"})));
    let sweep = async || unused::collect(&app.state, app.state.clock.now()).await.unwrap();
    sweep().await;
    assert_eq!(statuses(&ada, &nowhere).await, [StatusCode::OK; 2]);
    app.state.clock.advance(DAY + Duration::from_secs(1));
    sweep().await;
    assert_eq!(statuses(&ada, &nowhere).await, [StatusCode::NOT_FOUND; 2]);
    for path in [&in_text, &at_head] {
        assert_eq!(statuses(&ada, path).await, [StatusCode::OK; 2]);
    }
    // A picture that is taken out stays as long as the earlier version can be restored, and then
    // for a day, whatever its age.
    assert_eq!(ada.log_in("ada", PASSWORD).await.status, StatusCode::OK);
    let edit = [("slug", "fog"), ("version", "1"), ("body", "Enough words.")];
    assert_eq!(write(&ada, &edit).await.status, StatusCode::OK);
    sweep().await;
    app.state.clock.advance(2 * DAY);
    sweep().await;
    app.execute("delete from revisions where version = 1").await;
    sweep().await;
    app.state.clock.advance(DAY - Duration::from_secs(1));
    sweep().await;
    assert_eq!(statuses(&ada, &in_text).await, [StatusCode::OK; 2]);
    app.state.clock.advance(Duration::from_secs(2));
    sweep().await;
    assert_eq!(statuses(&ada, &in_text).await, [StatusCode::NOT_FOUND; 2]);
    assert_eq!(app.count("select count(*) from images").await, 0);
    assert_eq!(app.count("select count(*) from image_leftovers").await, 0);
});

story!(changes_that_readers_do_not_see_keep_their_pictures, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let (before, after) =
        (taken(&ada, &jpeg(500, 5, 21), "").await, taken(&ada, &jpeg(500, 5, 22), "").await);
    let body = format!("Enough words. ![]({before})");
    let fields = [("body", body.as_str()), ("cover", before.as_str()), ("cover_alt", "Before")];
    assert_eq!(write(&ada, &fields).await.status, StatusCode::OK);
    let id = ada.ask("manuscript", &[("slug", "fog")]).await.json()["id"].clone();
    let kept = [
        ("article", id.as_str().unwrap()),
        ("version", "1"),
        ("title", "Fog"),
        ("body", "Other words."),
        ("cover", &after),
        ("cover_alt", "After"),
    ];
    let answer = ada.call("keep-text", &kept).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let cover = async || {
        let open = ada.ask("manuscript", &[("slug", "fog")]).await.json();
        (open["cover"].clone(), open["cover_alt"].clone())
    };
    assert_eq!(cover().await, (json!(after), json!("After")));
    let read = app.browser().ask("article", &[("slug", "fog")]).await.json();
    assert_eq!(read["cover"]["path"], before, "readers see no difference");
    unused::collect(&app.state, app.state.clock.now()).await.unwrap();
    app.state.clock.advance(2 * DAY);
    unused::collect(&app.state, app.state.clock.now()).await.unwrap();
    for path in [&before, &after] {
        assert_eq!(statuses(&ada, path).await, [StatusCode::OK; 2]);
    }
    assert_eq!(ada.log_in("ada", PASSWORD).await.status, StatusCode::OK);
    let compared = ada.ask("revisions", &[("slug", "fog"), ("version", "2")]).await.body;
    assert!(compared.contains("Cover picture") && compared.contains("After"), "{compared}");
    let back = [("slug", "fog"), ("revision", "1"), ("version", "2")];
    assert_eq!(ada.call("restore-revision", &back).await.status, StatusCode::OK);
    assert_eq!(cover().await, (json!(before), json!("Before")));
});

story!(what_somebody_shows_of_themselves_stays, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let face = taken(&ada, &jpeg(500, 500, 23), "").await;
    let say = async |image: &str| {
        let saved = ada.call("save-profile", &[("bio", ""), ("image", image)]).await;
        assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
    };
    say(&face).await;
    let shown = images(&ada).await;
    let fields = [("id", shown["images"][0]["id"].as_str().unwrap())];
    assert_eq!(ada.call("delete-image", &fields).await.json(), json!({"picture": "in_use"}));
    let sweep = async || unused::collect(&app.state, app.state.clock.now()).await.unwrap();
    sweep().await;
    app.state.clock.advance(2 * DAY);
    sweep().await;
    assert_eq!(statuses(&ada, &face).await, [StatusCode::OK; 2]);
    assert_eq!(ada.log_in("ada", PASSWORD).await.status, StatusCode::OK);
    say("").await;
    assert_eq!(ada.call("delete-image", &fields).await.status, StatusCode::OK);
    assert_eq!(statuses(&ada, &face).await, [StatusCode::NOT_FOUND; 2]);
});

story!(a_picture_that_one_uploaded_becomes_ones_own_by_a_button_of_its_page, |engine| {
    let app = TestApp::start(engine).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let bio = [("bio", "I write."), ("image", "")];
    assert_eq!(ada.call("save-profile", &bio).await.status, StatusCode::OK);
    let face = taken(&ada, &jpeg(600, 600, 24), "My face").await;
    let page = ada.get("/images").await.body;
    assert!(page.contains("Use as my profile picture"), "{page}");
    let id = images(&ada).await["images"][0]["id"].as_str().unwrap().to_owned();
    let before = app.dump().await;
    for (browser, id) in [(&bob, id.as_str()), (&ada, "none")] {
        let refused = browser.submit("/images?form=profile", &[("id", id)]).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(app.dump().await, before);
    let done = ada.submit("/images?form=profile", &[("id", &id)]).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/profile/ada"));
    // The narrowest form: people are shown small. What she says of herself stays.
    let small = face.replace("-600.", "-480.");
    let profile = app.browser().get("/profile/ada").await.body;
    assert!(profile.contains(&format!("src=\"{small}\"")), "{profile}");
    assert!(profile.contains("I write."), "{profile}");
    let settings = ada.get("/settings").await.body;
    assert!(settings.contains(&format!("value=\"{small}\"")), "{settings}");
    let refused = ada.call("delete-image", &[("id", &id)]).await;
    assert_eq!(refused.json(), json!({"picture": "in_use"}));
    // All its forms stay with it.
    unused::collect(&app.state, app.state.clock.now()).await.unwrap();
    app.state.clock.advance(2 * DAY);
    unused::collect(&app.state, app.state.clock.now()).await.unwrap();
    assert_eq!(statuses(&ada, &face).await, [StatusCode::OK; 2]);
});

story!(beside_the_address_of_a_picture_it_is_shown_and_the_way_to_ones_own_stands, |engine| {
    let app = TestApp::start(engine).await;
    let ada = app.person("ada").await;
    let eve = app.person_with("eve", Role::Reader).await;
    let head = taken(&ada, &jpeg(500, 5, 25), "").await;
    let fields = [("body", "Enough words."), ("cover", head.as_str())];
    assert_eq!(write(&ada, &fields).await.status, StatusCode::OK);
    let about = [("bio", ""), ("image", head.as_str())];
    assert_eq!(ada.call("save-profile", &about).await.status, StatusCode::OK);
    for page in ["/editor/fog", "/settings"] {
        let body = ada.get(page).await.body;
        let main = body.split_once("<main").unwrap().1;
        assert!(main.contains(&format!("src=\"{head}\"")), "{page}: {main}");
        assert!(main.contains("copy its address to here"), "{page}: {main}");
    }
    // Who may not upload is not sent there.
    let body = eve.get("/settings").await.body;
    assert!(body.contains("name=\"image\"") && !body.contains("href=\"/images\""), "{body}");
});

/// Leaves, with the articles or without, and lets the fortnight pass.
async fn leave(app: &TestApp, browser: &Browser, name: &str, articles: &str) {
    let fields = [("username", name), ("articles", articles)];
    assert_eq!(browser.call("delete-account", &fields).await.status, StatusCode::OK);
    app.state.clock.advance(15 * DAY);
    let now = app.state.clock.now();
    byline::server::leaving::finish_due(&app.state.db, now).await.unwrap();
    unused::collect(&app.state, now).await.unwrap();
}

story!(who_leaves_takes_their_pictures_along_unless_an_article_stays, |engine| {
    for (articles, status) in [("keep", StatusCode::OK), ("delete", StatusCode::NOT_FOUND)] {
        let app = TestApp::start(engine).await;
        let ada = app.person("ada").await;
        let shown = taken(&ada, &jpeg(500, 5, 15), "").await;
        let other = taken(&ada, &jpeg(500, 5, 16), "").await;
        let body = format!("Enough words. ![]({shown})");
        assert_eq!(write(&ada, &[("body", &body)]).await.status, StatusCode::OK);
        leave(&app, &ada, "ada", articles).await;
        assert_eq!(statuses(&app.browser(), &shown).await, [status; 2], "{articles}");
        assert_eq!(statuses(&app.browser(), &other).await, [StatusCode::NOT_FOUND; 2]);
    }
});

story!(on_a_site_for_members_a_stranger_sees_no_picture, |engine| {
    let app = TestApp::start_with(engine, &["--readers", "members"]).await;
    let ada = app.person("ada").await;
    let path = taken(&ada, &jpeg(50, 5, 17), "").await;
    assert_eq!(file(&app.browser(), &path).await.0, StatusCode::UNAUTHORIZED);
    let shown = ada.bare(Method::GET, &path).send().await.unwrap();
    assert_eq!(shown.status(), StatusCode::OK);
    assert_eq!(shown.headers()["cache-control"], "private, no-store");
});

#[test]
fn what_is_stored_is_opened_again_under_its_own_name() {
    let see_through = RgbaImage::from_fn(700, 300, |x, y| {
        Rgba([u8::try_from(x % 256).unwrap(), u8::try_from(y % 256).unwrap(), 7, 100])
    });
    for file in [
        jpeg(2000, 900, 1),
        encoded(picture(501, 1, 1), ImageFormat::Png),
        encoded(see_through, ImageFormat::Png),
    ] {
        let made = decoding::make(&file, None, MOST).unwrap();
        let (name, widest) = made.forms.last().unwrap().clone();
        let again = decoding::make_again(widest.clone(), name.clone(), MOST).unwrap();
        assert_eq!((&again.name, again.height), (&name, made.height));
        let names = |picture: &decoding::Picture| -> Vec<String> {
            picture.forms.iter().map(|(name, _)| name.to_string()).collect()
        };
        assert_eq!(names(&again), names(&made));
        assert!(again.forms.last().unwrap().1 == widest, "as it was");
    }
}
