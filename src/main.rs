//! The `byline` command.

use std::{
    ffi::OsString,
    io::{IsTerminal, Read},
    process::ExitCode,
};

use anyhow::{Context, bail};
use byline::{
    domain::{
        email::EmailAddress,
        field::{Field, Problem},
        password::Password,
        role::Role,
        username::Username,
    },
    error::Error,
    server::{
        clock::Clock,
        config::{Config, Database},
        db::Db,
        failure::Failure,
        passwords::Passwords,
        seed,
        serve::serve,
        users::{self, NewUser},
    },
};
use clap::{Args, Parser, Subcommand};

/// Write and read articles on the web under accounts you can trust. Without a command: serve.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the site
    Serve(Box<Config>),
    /// Bring the database schema up to date and stop
    Migrate(Database),
    /// Make and look after accounts
    #[command(subcommand)]
    User(UserCommand),
    /// Fill the database with people and articles to measure with
    Seed(Seed),
}

#[derive(Subcommand)]
enum UserCommand {
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
}

#[derive(Args)]
struct Create {
    /// Letters a to z, digits, hyphens and underscores
    username: String,
    /// The e-mail address
    email: String,
    /// reader, author, editor or administrator
    #[arg(long, default_value = "author", value_parser = parse_role)]
    role: Role,
    #[command(flatten)]
    named: Common,
}

#[derive(Args)]
struct SetRole {
    /// Whose
    username: String,
    /// reader, author, editor or administrator
    #[arg(value_parser = parse_role)]
    role: Role,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct Named {
    /// Whose
    username: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct Common {
    #[command(flatten)]
    database: Database,
    /// The fewest characters of a new password, 8 to 64
    #[arg(long, env = "BYLINE_PASSWORD_MIN", value_name = "N", default_value_t = 12,
          value_parser = clap::value_parser!(u8).range(8..=64))]
    password_min: u8,
}

#[derive(Args)]
struct Seed {
    /// How many people; each has the password "correct horse battery"
    #[arg(long, default_value_t = 50)]
    users: u32,
    /// How many articles, spread over them
    #[arg(long, default_value_t = 200)]
    articles: u32,
    #[command(flatten)]
    database: Database,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("byline: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Without a command it serves: that is how `cargo leptos watch` and `serve` start it.
fn parse() -> Cli {
    let mut args: Vec<OsString> = std::env::args_os().collect();
    if args.len() == 1 {
        args.push("serve".into());
    }
    Cli::parse_from(args)
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(config) => serve(*config).await,
        Command::Migrate(database) => open(&database).await.map(|_| ()),
        Command::User(command) => run_user(command).await,
        Command::Seed(args) => {
            let db = open(&args.database).await?;
            seed::seed(&db, &Clock::system(), args.users, args.articles).await?;
            db.close().await;
            Ok(())
        }
    }
}

async fn run_user(command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Create(args) => create(args).await,
        UserCommand::SetRole(args) => {
            let db = open(&args.common.database).await?;
            done(users::set_role(&db, &args.username, args.role).await, &args.username)
        }
        UserCommand::Deactivate(args) => {
            let db = open(&args.common.database).await?;
            done(users::set_active(&db, &args.username, false).await, &args.username)
        }
        UserCommand::Activate(args) => {
            let db = open(&args.common.database).await?;
            done(users::set_active(&db, &args.username, true).await, &args.username)
        }
        UserCommand::ResetPassword(args) => {
            let db = open(&args.common.database).await?;
            let hash = Passwords::new()?.hash(&read_password(args.common.password_min)?).await?;
            done(users::set_password(&db, &args.username, &hash).await, &args.username)
        }
    }
}

async fn create(args: Create) -> anyhow::Result<()> {
    let username = Username::parse(&args.username).map_err(|p| told(Field::Username, p))?;
    let email = EmailAddress::parse(&args.email).map_err(|p| told(Field::Email, p))?;
    let db = open(&args.named.database).await?;
    let password_hash = Passwords::new()?.hash(&read_password(args.named.password_min)?).await?;
    let new = NewUser { username, email, password_hash, role: args.role };
    match users::create(&db, &new, Clock::system().now()).await {
        Ok(_) => {
            println!("{} can log in now.", args.username);
            Ok(())
        }
        Err(Failure::Refused(Error::Invalid(problems))) => {
            bail!(problems.iter().map(|(f, p)| p.text(*f)).collect::<Vec<_>>().join(" "))
        }
        Err(other) => done(Err(other), &args.username),
    }
}

async fn open(database: &Database) -> anyhow::Result<Db> {
    let db = Db::open(&database.url).await?;
    db.migrate().await?;
    Ok(db)
}

fn done(outcome: Result<(), Failure>, username: &str) -> anyhow::Result<()> {
    match outcome {
        Ok(()) => {
            println!("Done.");
            Ok(())
        }
        Err(Failure::Refused(Error::NotFound)) => bail!("there is no account named {username}"),
        Err(Failure::Refused(error)) => bail!(error),
        Err(Failure::Away(cause) | Failure::Broken(cause)) => Err(cause),
    }
}

/// Asked for without an echo, or one line of standard input; never an argument, which every
/// process on the machine could read.
fn read_password(min: u8) -> anyhow::Result<Password> {
    let typed = if std::io::stdin().is_terminal() {
        rpassword::prompt_password("Password: ").context("cannot read the password")?
    } else {
        let mut line = String::new();
        std::io::stdin()
            .read_to_string(&mut line)
            .context("cannot read the password from standard input")?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    Password::parse_new(typed, usize::from(min)).map_err(|p| told(Field::Password, p))
}

fn told(field: Field, problem: Problem) -> anyhow::Error {
    anyhow::anyhow!(problem.text(field))
}

fn parse_role(name: &str) -> Result<Role, String> {
    Role::from_name(name).ok_or_else(|| "give reader, author, editor or administrator".into())
}
