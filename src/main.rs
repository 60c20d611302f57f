//! The `byline` command.

mod arguments;

use std::{
    fs::{self, File, OpenOptions},
    io::{BufReader, BufWriter, IsTerminal, Read},
    os::unix::fs::OpenOptionsExt,
    process::ExitCode,
};

use anyhow::{Context, anyhow, bail};
use arguments::{
    Articles, Command, Common, CopyTo, Create, Delete, Export, ImportFile, Invite, Named, Seed,
    SetRole, UserCommand,
};
use byline::{
    domain::{
        email::EmailAddress,
        field::{Field, Problem},
        password::Password,
        transfer::Outcome,
        username::Username,
    },
    error::Error,
    server::{
        administration,
        audit::By,
        clock::Clock,
        config::{Database, NewPasswords},
        db::{Db, copying},
        factors,
        failure::Failure,
        images::shelf::Shelf,
        invitations, leaving,
        passwords::{
            Passwords,
            known::{self, OwnNames},
        },
        seed,
        serve::serve,
        transfer::{
            export::{self, Exported},
            import::{Import, Site, Whose},
            unpacking::Limits,
        },
        users::{self, NewUser},
    },
};

/// The system's allocator keeps what each thread has freed: the 19 MiB that a password hash takes,
/// once for each of dozens of threads. This one gives them back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match run(arguments::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("byline: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(config) => serve(*config).await,
        Command::Migrate(database) => with(&database, async |_| Ok(())).await,
        Command::User(command) => run_user(command).await,
        Command::Invite(Invite { origin, database }) => {
            with(&database, async |db| {
                let now = Clock::system().now();
                let token = invitations::make_for_the_site(db, now).await?;
                println!("{}", invitations::link(origin.as_str(), token.expose()));
                Ok(())
            })
            .await
        }
        Command::Export(args) => export_all(args).await,
        Command::Import(args) => import_all(args).await,
        Command::Copy(args) => copy_all(args).await,
        Command::Seed(Seed { users, articles, database }) => {
            with(&database, async |db| seed::seed(db, &Clock::system(), users, articles).await)
                .await
        }
    }
}

/// The file is its owner's alone, and there when it is whole.
async fn export_all(args: Export) -> anyhow::Result<()> {
    let Export { file, with_accounts, images, database } = args;
    let mut options = OpenOptions::new();
    let made = options.write(true).create_new(true).mode(0o600).open(&file);
    let out = made.with_context(|| format!("cannot make {}", file.display()))?;
    let exported = with(&database, async |db| {
        let shelf = Shelf::open(&images, &database)?;
        let out = BufWriter::new(out);
        let Exported { articles, pictures, versions, comments, favorites, follows } =
            export::export(db, &shelf, out, with_accounts).await?;
        println!(
            "{articles} articles, {versions} versions, {pictures} pictures, {comments} comments, \
             {favorites} favourites and {follows} follows are in {}.",
            file.display()
        );
        Ok(())
    });
    let exported = exported.await;
    if exported.is_err() {
        let _ = fs::remove_file(&file);
    }
    exported
}

async fn import_all(args: ImportFile) -> anyhow::Result<()> {
    /// Far beyond a site of a hundred thousand articles.
    const LIMITS: Limits = Limits { files: 1_000_000, bytes: 64 * 1024 * 1024 * 1024 };
    let ImportFile { file, author, dry_run, images, database } = args;
    let opened = File::open(&file).with_context(|| format!("cannot open {}", file.display()))?;
    with(&database, async |db| {
        let whose = match &author {
            Some(name) => {
                let found = users::find_named(db, name).await?;
                Whose::Of(found.with_context(|| format!("there is no account named {name}"))?)
            }
            None => Whose::Signed(unknown_password().await?),
        };
        let clock = Clock::system();
        let shelf = Shelf::open(&images, &database)?;
        let site = Site { db, clock: &clock, shelf: &shelf, images: &images };
        let import = Import::new(site, whose, dry_run);
        let taken = import.take(BufReader::new(opened), LIMITS).await;
        let report = taken.map_err(|failure| cause(failure, ""))?;
        for line in &report.lines {
            if let Outcome::Skipped(reason) = &line.outcome {
                println!("{}: {}", line.file, reason.text());
            }
        }
        println!("{}", report.text());
        Ok(())
    })
    .await
}

async fn copy_all(CopyTo { to, database }: CopyTo) -> anyhow::Result<()> {
    let to = Database { url: to };
    with(&database, async |from| {
        with(&to, async |to| {
            let mut all = 0;
            copying::copy(from, to, |table, rows| {
                println!("{table}: {rows}");
                all += rows;
            })
            .await?;
            println!(
                "{all} rows were copied. Serve from there with DATABASE_URL, the same key file and \
                 the same pictures; what is written here from now on stays here."
            );
            Ok(())
        })
        .await
    })
    .await
}

/// The hash of a password that nobody knows: whoever has it asks for a mail to set one.
async fn unknown_password() -> anyhow::Result<String> {
    let password = format!("{0}{0}", uuid::Uuid::new_v4().simple());
    let password = Password::parse_given(password).map_err(|p| told(Field::Password, p))?;
    Passwords::new()?.hash(&password).await.map_err(|failure| cause(failure, ""))
}

async fn run_user(command: UserCommand) -> anyhow::Result<()> {
    let now = Clock::system().now();
    match command {
        UserCommand::Create(args) => create(args).await,
        UserCommand::SetRole(SetRole { username, role, common }) => {
            change(&username, &common, async |db| users::set_role(db, &username, role, now).await)
                .await
        }
        UserCommand::Deactivate(Named { username, common }) => {
            change(&username, &common, async |db| {
                users::set_active(db, &username, false, now).await
            })
            .await
        }
        UserCommand::Activate(Named { username, common }) => {
            change(&username, &common, async |db| users::set_active(db, &username, true, now).await)
                .await
        }
        UserCommand::EndSessions(Named { username, common }) => {
            change(&username, &common, async |db| {
                let by = By::command_line(now);
                administration::end_sessions(db, &by, &username, true).await.map(|_| ())
            })
            .await
        }
        UserCommand::Delete(Delete { username, articles, common }) => {
            let keep = articles == Articles::Keep;
            change(&username, &common, async |db| {
                leaving::delete_now(db, &username, keep, now).await
            })
            .await
        }
        UserCommand::ResetFactors(Named { username, common }) => {
            change(&username, &common, async |db| factors::reset(db, &username, now).await).await
        }
        UserCommand::ResetPassword(Named { username, common }) => {
            change(&username, &common, async |db| {
                let (name, email) = users::names(db, &username).await?.ok_or(Error::NotFound)?;
                let names = OwnNames::new(&name, &email, None);
                let password = read_password(common.new_passwords, &names)?;
                let hash = Passwords::new()?.hash(&password).await?;
                users::set_password(db, &username, &hash, now).await
            })
            .await
        }
    }
}

async fn create(Create { username, email, role, common }: Create) -> anyhow::Result<()> {
    let username = Username::parse(&username).map_err(|p| told(Field::Username, p))?;
    let email = EmailAddress::parse(&email).map_err(|p| told(Field::Email, p))?;
    let name = username.as_str().to_owned();
    let names = OwnNames::new(&name, email.as_str(), None);
    with(&common.database, async |db| {
        let password = read_password(common.new_passwords, &names)?;
        let password_hash = Passwords::new()?.hash(&password).await.map_err(|f| cause(f, &name))?;
        let new = NewUser { username, email, password_hash, role };
        users::create_by_command(db, &new, Clock::system().now())
            .await
            .map_err(|f| cause(f, &name))?;
        println!("{name} can log in now.");
        Ok(())
    })
    .await
}

async fn change(
    username: &str,
    common: &Common,
    job: impl AsyncFnOnce(&Db) -> Result<(), Failure>,
) -> anyhow::Result<()> {
    with(&common.database, async |db| {
        job(db).await.map_err(|failure| cause(failure, username))?;
        println!("Done.");
        Ok(())
    })
    .await
}

/// Opens the database, brings its schema up to date, does that and closes it.
async fn with(
    database: &Database,
    job: impl AsyncFnOnce(&Db) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let db = Db::open(&database.url).await?;
    let outcome = async {
        db.migrate().await?;
        job(&db).await
    };
    let outcome = outcome.await;
    db.close().await;
    outcome
}

fn cause(failure: Failure, username: &str) -> anyhow::Error {
    match failure {
        Failure::Refused(Error::NotFound) => anyhow!("there is no account named {username}"),
        Failure::Refused(Error::Invalid(problems)) => {
            anyhow!(problems.iter().map(|(f, p)| p.text(*f)).collect::<Vec<_>>().join(" "))
        }
        Failure::Refused(error) => error.into(),
        Failure::Away(cause) | Failure::Broken(cause) => cause,
    }
}

/// Asked for twice without an echo, or one line of standard input; never an argument, which every
/// process on the machine could read.
fn read_password(rules: NewPasswords, names: &OwnNames) -> anyhow::Result<Password> {
    let typed = if std::io::stdin().is_terminal() {
        let typed = rpassword::prompt_password("Password: ").context("cannot read the password")?;
        let again =
            rpassword::prompt_password("Once more: ").context("cannot read the password")?;
        if typed != again {
            bail!("the two passwords are not the same");
        }
        typed
    } else {
        let mut line = String::new();
        std::io::stdin()
            .read_to_string(&mut line)
            .context("cannot read the password from standard input")?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    known::parse_new(typed, rules, names).map_err(|p| told(Field::Password, p))
}

fn told(field: Field, problem: Problem) -> anyhow::Error {
    anyhow!(problem.text(field))
}
