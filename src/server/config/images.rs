//! Where pictures are.

use std::fmt;

use clap::{ArgAction, Args, builder::BoolishValueParser};

/// Where pictures are, and how large they may be.
#[derive(Args, Clone, Debug)]
pub struct ImageSettings {
    /// Where uploaded pictures are: a folder, made when it is not there, or s3://BUCKET/PREFIX.
    /// When it is not given: the folder `images` beside the file of SQLite, or for PostgreSQL in
    /// the current folder
    #[arg(long = "images", env = "BYLINE_IMAGES", value_name = "PLACE")]
    pub place: Option<String>,

    /// How the bucket is reached
    #[command(flatten)]
    pub bucket: BucketSettings,

    /// The most bytes of a picture that is uploaded
    #[arg(long = "image-limit", env = "BYLINE_IMAGE_LIMIT", value_name = "BYTES", default_value_t = 10_485_760,
          value_parser = clap::value_parser!(u64).range(65_536..=67_108_864))]
    pub most_bytes: u64,

    /// The most pixels of a picture that is uploaded. Each takes four bytes of memory while it is
    /// read, one large picture at a time
    #[arg(long = "image-pixels", env = "BYLINE_IMAGE_PIXELS", value_name = "N", default_value_t = 40_000_000,
          value_parser = clap::value_parser!(u64).range(1_000_000..=40_000_000))]
    pub most_pixels: u64,
}

/// How the bucket is reached that pictures are in: by the variables that programs for such stores
/// have in common.
#[derive(Args, Clone)]
pub struct BucketSettings {
    /// The key that may read, write and delete in the bucket for pictures. When it is not given:
    /// the role of the machine in Amazon's cloud
    #[arg(
        long = "aws-access-key-id",
        env = "AWS_ACCESS_KEY_ID",
        value_name = "KEY",
        hide_env_values = true
    )]
    pub key: Option<String>,

    /// The secret of that key
    #[arg(
        long = "aws-secret-access-key",
        env = "AWS_SECRET_ACCESS_KEY",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub secret: Option<String>,

    /// The region of the bucket; when it is not given, us-east-1
    #[arg(long = "aws-region", env = "AWS_REGION", value_name = "REGION")]
    pub region: Option<String>,

    /// The address of a store that is not Amazon's
    #[arg(long = "aws-endpoint", env = "AWS_ENDPOINT", value_name = "URL")]
    pub endpoint: Option<String>,

    /// Whether that address may be one without TLS
    #[arg(long = "aws-allow-http", env = "AWS_ALLOW_HTTP", value_name = "BOOL", default_value = "false",
          action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub allow_http: bool,
}

/// It holds the secret.
impl fmt::Debug for BucketSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BucketSettings")
    }
}
