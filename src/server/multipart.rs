//! Forms that bring a file (RFC 7578).

use axum::{body::Body, http::HeaderMap, http::header};
use multer::{Field, Multipart};

use super::failure::Failure;
use crate::error::Error;

/// A form as it comes in, part by part.
pub struct Form(Multipart<'static>);

impl Form {
    /// Begins to read one; nothing when the request brings none.
    pub fn begin(headers: &HeaderMap, body: Body) -> Option<Self> {
        let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let boundary = multer::parse_boundary(kind).ok()?;
        Some(Self(Multipart::new(body.into_data_stream(), boundary)))
    }

    /// The next part; nothing at the end.
    ///
    /// # Errors
    /// When what comes is no form.
    pub async fn next(&mut self) -> Result<Option<Part>, Failure> {
        let part = self.0.next_field().await.map_err(|_| Error::BadRequest)?;
        Ok(part.map(Part))
    }
}

/// A field of a form. What of it is not read is passed over when the next one is asked for.
pub struct Part(Field<'static>);

impl Part {
    /// What the form calls it.
    pub fn name(&self) -> &str {
        self.0.name().unwrap_or_default()
    }

    /// The media type that the browser made of the file's name.
    pub fn declared(&self) -> Option<String> {
        self.0.content_type().map(|kind| kind.essence_str().to_owned())
    }

    /// What is in it; nothing when that is more than `most` bytes, of which no more are kept.
    ///
    /// It is read to its end all the same: a browser that is still sending when the connection
    /// closes shows its own error page and not our answer. The layer outside cuts off what is far
    /// beyond.
    ///
    /// # Errors
    /// When it breaks off.
    pub async fn read(mut self, most: usize) -> Result<Option<Vec<u8>>, Failure> {
        let (mut kept, mut whole) = (Vec::new(), true);
        while let Some(piece) = self.0.chunk().await.map_err(|_| Error::BadRequest)? {
            whole = whole && kept.len() + piece.len() <= most;
            if whole {
                kept.extend_from_slice(&piece);
            } else {
                kept = Vec::new();
            }
        }
        Ok(whole.then_some(kept))
    }
}
