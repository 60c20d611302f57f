//! What the `byline` command is told.

use std::{ffi::OsString, path::PathBuf};

use byline::{
    domain::role::Role,
    server::config::{Config, Database, ImageSettings, NewPasswords, Origin},
};
use clap::{
    Args, CommandFactory, Parser, Subcommand, ValueEnum,
    error::{ContextKind, ContextValue},
};

/// Write and read articles on the web under accounts you can trust. Without a command: serve.
#[derive(Parser)]
#[command(version)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Run the site
    Serve(Box<Config>),
    /// Bring the database schema up to date and stop
    Migrate(Database),
    /// Make and look after accounts
    #[command(subcommand)]
    User(UserCommand),
    /// Print a link with which one person can register, within two weeks
    Invite(Invite),
    /// Write all articles with their versions, pictures, people and what readers made to a zip, which an empty site imports byte by byte
    Export(Export),
    /// Take in what is in such a zip, or articles from a site of the RealWorld kind
    Import(ImportFile),
    /// Copy everything into an empty database, be it of the other kind
    Copy(CopyTo),
    /// Fill the database with people and articles to measure with
    Seed(Seed),
}

#[derive(Subcommand)]
pub enum UserCommand {
    /// Make an account; the password is asked for, or read from standard input
    Create(Create),
    /// Give an account a role in place of the one it has
    SetRole(SetRole),
    /// Shut an account out: it cannot log in, and its sessions end
    Deactivate(Named),
    /// Let a deactivated account in again
    Activate(Named),
    /// Give an account another password, asked for or read from standard input
    ResetPassword(Named),
    /// Switch an account's second factors off, for somebody who has lost them
    ResetFactors(Named),
    /// End all sessions of an account
    EndSessions(Named),
    /// Delete an account for good, at once
    Delete(Delete),
}

#[derive(Args)]
pub struct Delete {
    /// Whose
    pub username: String,
    /// What becomes of what they published; drafts are deleted in any case
    #[arg(long, value_name = "WHAT", default_value = "keep")]
    pub articles: Articles,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Articles {
    /// It stays, signed by "a former member"
    Keep,
    /// It is deleted too
    Delete,
}

#[derive(Args)]
pub struct Create {
    /// Letters a to z, digits, hyphens and underscores
    pub username: String,
    /// The e-mail address
    pub email: String,
    /// reader, author, editor or administrator
    #[arg(long, default_value = "author", value_parser = parse_role)]
    pub role: Role,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Args)]
pub struct SetRole {
    /// Whose
    pub username: String,
    /// reader, author, editor or administrator
    #[arg(value_parser = parse_role)]
    pub role: Role,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Args)]
pub struct Named {
    /// Whose
    pub username: String,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Args)]
pub struct Common {
    #[command(flatten)]
    pub database: Database,
    #[command(flatten)]
    pub new_passwords: NewPasswords,
}

#[derive(Args)]
pub struct Invite {
    /// The site's address, as `serve` is told it
    #[arg(
        long,
        env = "BYLINE_ORIGIN",
        value_name = "URL",
        default_value = "http://127.0.0.1:3000"
    )]
    pub origin: Origin,
    #[command(flatten)]
    pub database: Database,
}

#[derive(Args)]
pub struct Export {
    /// Where to; it must not exist
    #[arg(default_value = "byline.zip")]
    pub file: PathBuf,
    /// With the hashes of passwords, of accounts without a second factor: they log in as before
    #[arg(long)]
    pub with_accounts: bool,
    #[command(flatten)]
    pub images: ImageSettings,
    #[command(flatten)]
    pub database: Database,
}

#[derive(Args)]
pub struct ImportFile {
    /// A zip of Markdown files, or the JSON of a list of articles
    pub file: PathBuf,
    /// Whose all articles shall be; without it, of whoever signed each
    #[arg(long = "as", value_name = "NAME")]
    pub author: Option<String>,
    /// Only say what would be imported
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub images: ImageSettings,
    #[command(flatten)]
    pub database: Database,
}

#[derive(Args)]
pub struct CopyTo {
    /// Where to, as DATABASE_URL says where from
    #[arg(env = "BYLINE_COPY_TO", value_name = "TO", hide_env_values = true)]
    pub to: String,
    #[command(flatten)]
    pub database: Database,
}

#[derive(Args)]
pub struct Seed {
    /// How many people; each has the password "correct horse battery"
    #[arg(long, default_value_t = 50)]
    pub users: u32,
    /// How many articles, spread over them
    #[arg(long, default_value_t = 200)]
    pub articles: u32,
    #[command(flatten)]
    pub database: Database,
}

/// Reads what the command is told, or says what is wrong with it and ends. Without a command it serves: that is how `cargo leptos watch` and `serve` start it.
pub fn parse() -> Cli {
    let mut args: Vec<OsString> = std::env::args_os().collect();
    if args.len() == 1 {
        args.push("serve".into());
    }
    Cli::try_parse_from(args).unwrap_or_else(|mut error| {
        if let Some(tip) = variable_of(&error) {
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
        }
        error.exit()
    })
}

/// Where a wrong value may come from, when it is not on the command line: clap names only
/// the option.
fn variable_of(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let mut command = Cli::command();
    // Only then does an argument know how it is written.
    command.build();
    let all = command.get_subcommands().flat_map(|one| one.get_subcommands().chain([one]));
    let variable = all
        .flat_map(|one| one.get_arguments())
        .find(|argument| argument.to_string() == *option)?
        .get_env()?
        .to_str()?;
    std::env::var_os(variable)?;
    Some(format!("it may come from the environment, where {variable} is set"))
}

fn parse_role(name: &str) -> Result<Role, String> {
    Role::from_name(name).ok_or_else(|| "give reader, author, editor or administrator".into())
}
