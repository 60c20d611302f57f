//! Where in a long list to begin: of each list it is kept how many were published in which week, so
//! that a page far from both ends is looked for in its week alone.

use std::time::Duration;

use super::{
    tallies::Scope,
    walking::{End, Way},
};
use crate::server::{
    clock::Timestamp,
    db::{Db, reading},
};

/// The part of a list that is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Nothing earlier is.
    pub since: Timestamp,
    /// Nor anything later.
    pub until: Timestamp,
    /// How many entries of it are walked past.
    pub past: i64,
}

impl Part {
    /// All that has appeared.
    pub const fn whole(way: Way, now: Timestamp) -> Self {
        Self { since: Timestamp::of_week(0), until: now, past: way.past }
    }

    /// What lies from that week's end on, which is walked from; so many entries lie before that end.
    fn from_week(week: i64, before: i64, way: Way, later: i64, now: Timestamp) -> Self {
        let whole = Self::whole(way, now);
        match way.end {
            End::First => Self {
                until: now.min(Timestamp::of_week(week + 1).before(Duration::from_micros(1))),
                // In a week that is not over those that appear later are not walked past.
                past: (way.past + later - before).min(way.past),
                ..whole
            },
            End::Last => Self { since: Timestamp::of_week(week), past: way.past - before, ..whole },
        }
    }
}

/// Adds up weeks from one end until one has the entry that so many come before.
macro_rules! week_sql {
    ($order:literal) => {
        concat!(
            "select week, upto - n from (select week, n, cast(sum(n) over (order by week",
            $order,
            ") as bigint) as upto from (select week, public + case when $2 then members else 0 end as n \
             from weeks where scope = $1) w) t where upto > $3 and upto - n <= $3 limit 1"
        )
    };
}

/// The statement that finds the week, and how many entries lie before it: `$1` is the scope, `$2`
/// whether those for members are counted, and `$3` how many are passed. It reads neighbouring
/// entries of one index and ends with the week that it looks for, of which there is no other.
pub const fn sql(end: End) -> &'static str {
    match end {
        End::First => week_sql!(" desc"),
        End::Last => week_sql!(""),
    }
}

/// The part of a list in which the way ends soonest. `later` of those that are counted appear after
/// `now`, before all others.
///
/// # Errors
/// When the database cannot be read.
pub async fn part(
    db: &Db,
    scope: &Scope,
    members: bool,
    way: Way,
    later: i64,
    now: Timestamp,
) -> sqlx::Result<Part> {
    if !way.is_long() {
        return Ok(Part::whole(way, now));
    }
    let counted = match way.end {
        End::First => way.past + later,
        End::Last => way.past,
    };
    let week: Option<(i64, i64)> = reading!(db, |pool| {
        let week = sqlx::query_as(sql(way.end)).bind(scope.key()).bind(members).bind(counted);
        week.fetch_optional(pool).await
    })?;
    // None has it where an article has just gone: the way is as good without.
    Ok(week.map_or(Part::whole(way, now), |(week, before)| {
        Part::from_week(week, before, way, later, now)
    }))
}
