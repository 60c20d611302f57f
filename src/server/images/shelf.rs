//! Where the files of pictures are: a folder, or a bucket that speaks S3.

use std::{
    fs, os::unix::fs::DirBuilderExt, path::PathBuf, str::FromStr, sync::Arc, time::Duration,
};

use anyhow::{Context, anyhow, bail};
use axum::body::Body;
use object_store::{
    ClientOptions, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    local::LocalFileSystem,
    path::Path,
    prefix::PrefixStore,
};
use sqlx::sqlite::SqliteConnectOptions;
use url::Url;

use crate::{
    domain::image::ImageName,
    server::config::{BUCKET_TIMEOUT, BucketSettings, Database, ImageSettings},
};

/// For how long a request is tried again that a store has refused for the moment. Shorter than
/// [`BUCKET_TIMEOUT`], so that a store that says nothing is asked once.
const RETRIES: Duration = Duration::from_secs(10);

/// The files.
#[derive(Clone, Debug)]
pub struct Shelf(Arc<dyn ObjectStore>);

/// A file that is being read.
pub struct Opened {
    /// How long it is.
    pub length: u64,
    /// What is in it.
    pub body: Body,
}

impl Shelf {
    /// Opens the place that `BYLINE_IMAGES` names; a folder is made when it is not there.
    ///
    /// # Errors
    /// One sentence that says what cannot be had.
    pub fn open(images: &ImageSettings, database: &Database) -> anyhow::Result<Self> {
        match images.place.as_deref() {
            Some(place) if place.starts_with("s3://") => Self::bucket(place, &images.bucket),
            Some(folder) => Self::folder(folder.into()),
            None => Self::folder(beside_the_database(&database.url)),
        }
    }

    fn folder(folder: PathBuf) -> anyhow::Result<Self> {
        let cannot = || format!("cannot use the folder {} (BYLINE_IMAGES)", folder.display());
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).with_context(cannot)?;
        let files = LocalFileSystem::new_with_prefix(&folder).with_context(cannot)?;
        // What the database says is there must be there after a power failure.
        Ok(Self(Arc::new(files.with_fsync(true))))
    }

    fn bucket(place: &str, settings: &BucketSettings) -> anyhow::Result<Self> {
        let url = Url::parse(place).context(
            "BYLINE_IMAGES is not a folder and not an address such as s3://bucket/prefix",
        )?;
        let Some(bucket) = url.host_str() else { bail!("BYLINE_IMAGES names no bucket") };
        // Some other part of the program may have chosen it: it is the same one.
        _ = rustls::crypto::ring::default_provider().install_default();
        // From the environment comes how a machine in Amazon's cloud gets a key by its role.
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .with_client_options(patience(settings.allow_http))
            .with_retry(RetryConfig { retry_timeout: RETRIES, ..RetryConfig::default() });
        for (key, value) in [
            (AmazonS3ConfigKey::AccessKeyId, &settings.key),
            (AmazonS3ConfigKey::SecretAccessKey, &settings.secret),
            (AmazonS3ConfigKey::Region, &settings.region),
            (AmazonS3ConfigKey::Endpoint, &settings.endpoint),
        ] {
            if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
                builder = builder.with_config(key, value);
            }
        }
        let store = builder.build().context("BYLINE_IMAGES names a bucket that cannot be used")?;
        Ok(Self(Arc::new(PrefixStore::new(store, url.path().trim_matches('/')))))
    }

    /// Writes a file there that says what the place is, and reads it: a place that cannot be used
    /// is found at the start and not by the first author.
    ///
    /// # Errors
    /// One sentence that says what cannot be done.
    pub async fn check(&self) -> anyhow::Result<()> {
        const SIGN: &[u8] = b"Byline keeps pictures here.\n";
        let sign = Path::from("byline.txt");
        self.0.put(&sign, PutPayload::from_static(SIGN)).await.map_err(unusable)?;
        let found = self.0.get(&sign).await.map_err(unusable)?;
        found.bytes().await.map_err(unusable)?;
        Ok(())
    }

    /// Puts a file there, whole or not at all; the same one again changes nothing.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn put(&self, name: &ImageName, bytes: Vec<u8>) -> anyhow::Result<()> {
        let written = self.0.put(&path_of(name), PutPayload::from(bytes)).await;
        written.map(|_| ()).with_context(|| format!("cannot store the picture {name}"))
    }

    /// Whether a file of that name is there.
    ///
    /// # Errors
    /// When that cannot be found out.
    pub async fn has(&self, name: &ImageName) -> anyhow::Result<bool> {
        match self.0.head(&path_of(name)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error).with_context(|| format!("cannot read the picture {name}")),
        }
    }

    /// The file of that name.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn open_file(&self, name: &ImageName) -> anyhow::Result<Option<Opened>> {
        match self.0.get(&path_of(name)).await {
            Ok(found) => Ok(Some(Opened {
                length: found.meta.size,
                body: Body::from_stream(found.into_stream()),
            })),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read the picture {name}")),
        }
    }

    /// All of a file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn read(&self, name: &ImageName) -> anyhow::Result<Option<Vec<u8>>> {
        match self.0.get(&path_of(name)).await {
            Ok(found) => Ok(Some(found.bytes().await?.into())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read the picture {name}")),
        }
    }

    /// Takes a file away, if it is there.
    ///
    /// # Errors
    /// When that fails.
    pub async fn delete(&self, name: &ImageName) -> anyhow::Result<()> {
        match self.0.delete(&path_of(name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error).with_context(|| format!("cannot delete the picture {name}")),
        }
    }
}

/// What keeps the place from being used, in one line: what a store answers has many.
fn unusable(error: object_store::Error) -> anyhow::Error {
    use object_store::Error::{NotFound, PermissionDenied, Unauthenticated};
    let why = match error {
        NotFound { .. } => "there is no such bucket".to_owned(),
        PermissionDenied { .. } | Unauthenticated { .. } => {
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY do not open it".to_owned()
        }
        other => other.to_string().lines().next().unwrap_or_default().to_owned(),
    };
    anyhow!("cannot use the place for pictures (BYLINE_IMAGES): {why}")
}

/// A store that says nothing is given up. One that is read slowly is not: whoever looks at the
/// picture may have a slow telephone.
fn patience(allow_http: bool) -> ClientOptions {
    ClientOptions::new()
        .with_allow_http(allow_http)
        .with_timeout_disabled()
        .with_read_timeout(BUCKET_TIMEOUT)
}

/// The folder `images` beside a SQLite file; for PostgreSQL, in the folder where the program runs.
fn beside_the_database(url: &str) -> PathBuf {
    let file =
        url.starts_with("sqlite").then(|| SqliteConnectOptions::from_str(url).ok()).flatten();
    let folder = file.and_then(|file| file.get_filename().parent().map(ToOwned::to_owned));
    folder.unwrap_or_default().join("images")
}

/// In folders by the first digits of the hash: some file systems are slow with many in one.
fn path_of(name: &ImageName) -> Path {
    Path::from_iter([&name.hash[..2], name.to_string().as_str()])
}
