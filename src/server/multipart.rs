//! Forms that bring a file (RFC 7578).

use std::io::Write;

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

    /// What is in it; nothing when that is more than `most` bytes.
    ///
    /// # Errors
    /// When it breaks off.
    pub async fn read(self, most: u64) -> Result<Option<Vec<u8>>, Failure> {
        let mut read = Vec::new();
        Ok(self.read_into(&mut read, most).await?.map(|_| read))
    }

    /// Writes what is in it, and says how much that is; nothing when that is more than `most`
    /// bytes, of which no more are written.
    ///
    /// It is read to its end all the same: a browser that is still sending when the connection
    /// closes shows its own error page and not our answer. The layer outside cuts off what is far
    /// beyond.
    ///
    /// # Errors
    /// When it breaks off, or cannot be written.
    pub async fn read_into(
        mut self,
        out: &mut impl Write,
        most: u64,
    ) -> Result<Option<u64>, Failure> {
        let mut length = 0_u64;
        while let Some(piece) = self.0.chunk().await.map_err(|_| Error::BadRequest)? {
            length = length.saturating_add(piece.len() as u64);
            if length <= most {
                out.write_all(&piece).map_err(anyhow::Error::from)?;
            }
        }
        Ok((length <= most).then_some(length))
    }
}
