//! Counting attempts: all that one request is counted in by one statement, which writes the rows in
//! the order of their keys. So two of these never wait for each other.

use super::Budget;
use crate::{
    error::Error,
    server::{
        clock::Timestamp,
        db::{Db, Tx, reading, within, writing},
        failure::Failure,
    },
};

/// An attempt that was counted, to be given back if it was a good one.
#[must_use]
#[derive(Debug)]
pub struct Taken {
    /// The buckets, each with the end of the window that was counted in.
    from: Vec<(Vec<u8>, Timestamp)>,
    whole: bool,
}

/// As many budgets as one statement below looks after: those of a log-in.
const AT_ONCE: usize = 5;

/// Takes one attempt out of every budget, before the attempt is looked at. Where nothing is left,
/// nothing is written.
///
/// # Errors
/// [`Error::TooMany`] when a budget whose end is told has none left; then none was taken
/// out of the others either.
pub async fn take(db: &Db, budgets: &[Budget], now: Timestamp) -> Result<Taken, Failure> {
    // In the order of their keys: two of these never wait for each other.
    let mut budgets: Vec<&Budget> = budgets.iter().collect();
    budgets.sort_unstable_by(|one, other| one.bucket.cmp(&other.bucket));
    let mut taken = Taken { from: Vec::with_capacity(budgets.len()), whole: true };
    for some in budgets.chunks(AT_ONCE) {
        taken.from.extend(take_all(db, some, now).await?);
    }
    budgets.retain(|budget| !taken.from.iter().any(|(from, _)| *from == budget.bucket));
    taken.whole = budgets.is_empty();
    budgets.retain(|budget| budget.told);
    if budgets.is_empty() {
        return Ok(taken);
    }
    // What others took at the same moment; for a moment they are short of one, which errs on the
    // safe side.
    taken.give_back(db).await?;
    // The last one went to somebody else; it may even be back already.
    let ends = used_up_until(db, &budgets, now).await?;
    Err(too_many(ends.unwrap_or(now), now))
}

/// When the last of the windows ends that have nothing left.
async fn used_up_until(
    db: &Db,
    budgets: &[&Budget],
    now: Timestamp,
) -> sqlx::Result<Option<Timestamp>> {
    const USED_UP: &str = "select max(window_ends_at) from attempts \
         where bucket in ($2, $4, $6, $8, $10) and window_ends_at > $1 and count >= case bucket \
         when $2 then $3 when $4 then $5 when $6 then $7 when $8 then $9 when $10 then $11 end";
    let mut last = None;
    for some in budgets.chunks(AT_ONCE) {
        let ends: Option<Timestamp> = reading!(db, |pool| {
            let mut query = sqlx::query_scalar(USED_UP).bind(now);
            for place in 0..AT_ONCE {
                let budget = some.get(place);
                query = query
                    .bind(budget.map(|budget| &budget.bucket))
                    .bind(budget.map(|budget| i64::from(budget.most)));
            }
            query.fetch_one(pool).await
        })?;
        last = last.max(ends);
    }
    Ok(last)
}

/// Takes one out of each that has one left: the same as [`Budget::take_one`], for all in one
/// statement; out of none when one whose end is told has nothing left. Gives those, with the ends
/// of their windows.
async fn take_all(
    db: &Db,
    budgets: &[&Budget],
    now: Timestamp,
) -> sqlx::Result<Vec<(Vec<u8>, Timestamp)>> {
    const TAKE: &str = "with asked (bucket, ends_at, most, told) as (values ($2, $3, $4, $5), ($6, $7, $8, $9), \
         ($10, $11, $12, $13), ($14, $15, $16, $17), ($18, $19, $20, $21)) \
         insert into attempts (bucket, window_ends_at, count) \
         select bucket, ends_at, 1 from asked where bucket is not null and not exists \
         (select 1 from asked as used_up join attempts on attempts.bucket = used_up.bucket \
         where used_up.told and attempts.window_ends_at > $1 and attempts.count >= used_up.most) \
         on conflict (bucket) do update set \
         count = case when attempts.window_ends_at <= $1 then 1 else attempts.count + 1 end, \
         window_ends_at = case when attempts.window_ends_at <= $1 then excluded.window_ends_at else attempts.window_ends_at end \
         where attempts.window_ends_at <= $1 \
         or attempts.count < (select most from asked where asked.bucket = attempts.bucket) \
         returning bucket, window_ends_at";
    writing!(db, |pool| {
        let mut query = sqlx::query_as(TAKE).bind(now);
        for place in 0..AT_ONCE {
            let budget = budgets.get(place);
            query = query
                .bind(budget.map(|budget| &budget.bucket))
                .bind(budget.map(|budget| now.after(budget.window)))
                .bind(budget.map(|budget| i64::from(budget.most)))
                .bind(budget.map(|budget| budget.told));
        }
        query.fetch_all(pool).await
    })
}

fn too_many(ends: Timestamp, now: Timestamp) -> Failure {
    Error::TooMany { retry_after_s: ends.seconds_since(now).max(1) }.into()
}

/// What was taken is put back: the attempt was a good one. Only that one, nobody else's failures,
/// and only into the window it came from: one that began since is another's. It inserts so that
/// the rows are held in the order in which they are written here, as [`take`] holds them; where the
/// row is gone, an ended window with nothing in it waits for the sweep.
const GIVE_BACK: &str = "insert into attempts (bucket, window_ends_at, count) \
     select column1, column2, 0 from (values ($1, $2), ($3, $4), ($5, $6), ($7, $8), ($9, $10)) as given \
     where column1 is not null \
     on conflict (bucket) do update set count = attempts.count - 1 \
     where attempts.window_ends_at = excluded.window_ends_at and attempts.count > 0";

/// Binds what was taken to [`GIVE_BACK`] and runs it.
macro_rules! give_back {
    ($some:expr, $executor:expr) => {{
        let mut query = sqlx::query(GIVE_BACK);
        for place in 0..AT_ONCE {
            let from = $some.get(place);
            query = query.bind(from.map(|(bucket, _)| bucket)).bind(from.map(|(_, ends)| *ends));
        }
        query.execute($executor).await.map(|_| ())
    }};
}

impl Taken {
    /// Whether every budget had one left: only then may the attempt succeed.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Puts back what was taken.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn give_back(self, db: &Db) -> sqlx::Result<()> {
        for some in self.from.chunks(AT_ONCE) {
            writing!(db, |pool| give_back!(some, pool))?;
        }
        Ok(())
    }

    /// Puts back what was taken, in the transaction of what the attempt was for. Last in it: other
    /// people's attempts are counted in some of the same rows.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn give_back_within(self, tx: &mut Tx) -> sqlx::Result<()> {
        for some in self.from.chunks(AT_ONCE) {
            within!(&mut *tx, |c| give_back!(some, c))?;
        }
        Ok(())
    }
}

/// Takes back whatever was counted in those budgets.
///
/// # Errors
/// When the database cannot be written.
pub async fn forgive(tx: &mut Tx, budgets: &[Budget]) -> sqlx::Result<()> {
    const FORGIVE: &str = "delete from attempts where bucket = $1";
    let mut buckets: Vec<&Vec<u8>> = budgets.iter().map(|budget| &budget.bucket).collect();
    buckets.sort_unstable();
    for bucket in buckets {
        within!(&mut *tx, |c| sqlx::query(FORGIVE).bind(bucket).execute(c).await.map(|_| ()))?;
    }
    Ok(())
}

/// Throws away the windows that have ended.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget_ended(db: &Db, now: Timestamp) -> sqlx::Result<()> {
    const FORGET: &str = "delete from attempts where window_ends_at <= $1";
    writing!(db, |pool| sqlx::query(FORGET).bind(now).execute(pool).await.map(|_| ()))
}
