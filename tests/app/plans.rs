//! How a database would run a statement: along which index, and whether it would sort.

use byline::server::db::Db;
use sqlx::{AssertSqlSafe, Row};

/// What SQLite would do, step by step.
pub async fn on_sqlite(db: &Db, sql: &str) -> Vec<String> {
    let Db::Sqlite { readers, .. } = db else { panic!("not SQLite") };
    let explain = AssertSqlSafe(format!("explain query plan {sql}"));
    let steps = sqlx::query(explain).fetch_all(readers).await.unwrap();
    steps.iter().map(|step| step.get("detail")).collect()
}

/// What PostgreSQL would do with large tables. These are empty; the planner would read them whole,
/// and rightly so.
pub async fn on_postgres(db: &Db, sql: &str) -> String {
    let Db::Postgres(pool) = db else { panic!("not PostgreSQL") };
    let mut connection = pool.acquire().await.unwrap();
    for setting in ["enable_seqscan", "enable_bitmapscan", "enable_sort"] {
        let off = AssertSqlSafe(format!("set {setting} = off"));
        sqlx::query(off).execute(&mut *connection).await.unwrap();
    }
    let explain = AssertSqlSafe(format!("explain {sql}"));
    let steps: Vec<String> = sqlx::query_scalar(explain).fetch_all(&mut *connection).await.unwrap();
    steps.join("\n")
}
