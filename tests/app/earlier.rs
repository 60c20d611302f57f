//! Databases as an earlier release left them.

use std::{fs, path::Path};

use byline::server::db::{Db, Tx};
use sqlx::migrate::Migrator;
use uuid::Uuid;

/// A database with the schema as it was before a step of it.
pub async fn before(step: &str, url: &str) -> Db {
    let older = tempfile::tempdir().unwrap();
    let db = Db::open(url).await.unwrap();
    let engine = match db {
        Db::Sqlite { .. } => "migrations/sqlite",
        Db::Postgres(_) => "migrations/postgres",
    };
    for folder in ["migrations", engine] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for file in fs::read_dir(folder).unwrap().map(|file| file.unwrap()) {
            let name = file.file_name().into_string().unwrap();
            if name.ends_with(".sql") && *name < *step {
                fs::copy(file.path(), older.path().join(name)).unwrap();
            }
        }
    }
    let older = Migrator::new(older.path()).await.unwrap();
    match &db {
        Db::Sqlite { writer, .. } => older.run(writer).await.unwrap(),
        Db::Postgres(pool) => older.run(pool).await.unwrap(),
    }
    db
}

/// An account of that key, and that security stamp.
pub const USER: &str = "insert into users (id, username, email, username_key, email_key, password_hash, \
     active, security_stamp, created_at) \
     select $1, 'Ada', 'ada@example.org', 'ada', 'ada@example.org', '', true, $2, 1 where $3 = ''";
/// An article of that key and author, of that status, and a number.
pub const ARTICLE: &str = "insert into articles (id, author_id, slug, title, description, body, html, minutes, \
     visibility, status, version, created_at, updated_at, published_at) \
     values ($1, $2, 'old-' || $4, 'Old ' || $4, '', 'In the harbour.', '<p>In the harbour.</p>', 1, \
     'public', $3, 1, 1, 1, 1)";

/// Inserts a row whose columns do not depend on the engine.
pub async fn insert(tx: &mut Tx, sql: &'static str, id: Uuid, other: Uuid, text: &str, n: u32) {
    let n = n.to_string();
    match tx {
        Tx::Sqlite(tx) => {
            let query = sqlx::query(sql).bind(id).bind(other).bind(text);
            let query = if sql.contains("$4") { query.bind(n) } else { query };
            query.execute(&mut **tx).await.unwrap();
        }
        Tx::Postgres(tx) => {
            let stamp = other.as_bytes().to_vec();
            let query = sqlx::query(sql).bind(id);
            let query = if sql == USER { query.bind(stamp) } else { query.bind(other) };
            let query = query.bind(text);
            let query = if sql.contains("$4") { query.bind(n) } else { query };
            query.execute(&mut **tx).await.unwrap();
        }
    }
}
