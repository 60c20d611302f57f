//! The site's key: what encrypts and signs what the database alone must not be able to give away.
//!
//! It lies in a file of its own, so that a copy of the database opens nothing; what it is used for
//! are keys derived from it, one for each purpose.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    path::Path,
};

use anyhow::{Context, ensure};
use data_encoding::HEXLOWER;
use hkdf::Hkdf;
use sha2::Sha256;

/// 32 random bytes. It has no `Debug`, `Display` or `Serialize`, so it cannot be printed by
/// accident.
#[derive(Clone)]
pub struct SiteKey([u8; 32]);

impl SiteKey {
    /// Reads the file; makes it, readable by its owner alone, when it is not there.
    ///
    /// # Errors
    /// When the file cannot be read or made, or holds anything but 64 hexadecimal digits.
    pub fn read_or_make(file: &Path) -> anyhow::Result<Self> {
        match fs::read_to_string(file) {
            Ok(text) => Self::parse(&text)
                .with_context(|| format!("{} is not a key of Byline", file.display())),
            Err(error) if error.kind() == ErrorKind::NotFound => Self::make(file)
                .with_context(|| format!("cannot make the key file {}", file.display())),
            Err(error) => {
                Err(error).with_context(|| format!("cannot read the key file {}", file.display()))
            }
        }
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let bytes = HEXLOWER.decode(text.trim().as_bytes()).ok();
        let bytes: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
        Ok(Self(
            bytes.context(
                "it should hold 64 hexadecimal digits, as `openssl rand -hex 32` prints",
            )?,
        ))
    }

    fn make(file: &Path) -> anyhow::Result<Self> {
        let mut key = [0_u8; 32];
        getrandom::fill(&mut key).context("the system gives no random numbers")?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let made = options.open(file);
        match made {
            Ok(mut opened) => {
                writeln!(opened, "{}", HEXLOWER.encode(&key))?;
                opened.sync_all()?;
                Ok(Self(key))
            }
            // Another process was faster: its key is the site's.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let text = fs::read_to_string(file)?;
                ensure!(!text.is_empty(), "another process is writing it; start once more");
                Self::parse(&text)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The key for one purpose (HKDF-SHA-256, RFC 5869): what one of them is used for says
    /// nothing about another.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut key = [0_u8; 32];
        let derived = Hkdf::<Sha256>::new(None, &self.0).expand(purpose.as_bytes(), &mut key);
        // HKDF refuses lengths above 255 times 32 bytes, and no other.
        debug_assert!(derived.is_ok());
        key
    }
}
