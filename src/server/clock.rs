//! Time. Everything that needs to know it is given a [`Clock`] or a [`Timestamp`]; nothing
//! else asks the operating system (clippy.toml forbids it).

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use time::{Date, Month, OffsetDateTime, Time, format_description::well_known::Rfc3339};

use crate::domain::article::When;

/// How long a week is, in microseconds. They are counted from 1970, and so begin on a Thursday.
const WEEK: i64 = 7 * 24 * 3600 * 1_000_000;

/// A moment: microseconds since 1970 in UTC. An integer, because that compares and sorts
/// alike in SQLite and PostgreSQL, which RFC 3339 text with trimmed fractions does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, sqlx::Type)]
#[sqlx(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// That much later.
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(micros(duration)))
    }

    /// That much earlier.
    pub fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(micros(duration)))
    }

    /// Whole seconds from `earlier` to this, rounded up; 0 if this is not later.
    pub fn seconds_since(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0).div_ceil(1_000_000)
    }

    /// Which week it is in, from 1970.
    pub const fn week(self) -> i64 {
        self.0.div_euclid(WEEK)
    }

    /// The first moment of a week.
    pub const fn of_week(week: i64) -> Self {
        Self(week.saturating_mul(WEEK))
    }

    /// Whole seconds since 1970, as RFC 6238 counts its steps.
    pub fn unix_seconds(self) -> u64 {
        u64::try_from(self.0 / 1_000_000).unwrap_or(0)
    }

    /// As bytes that are signed.
    pub fn to_bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }

    /// The moment that [`Timestamp::to_bytes`] was called on.
    pub fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(i64::from_be_bytes(bytes))
    }

    /// What a `datetime-local` input says, where UTC is `zone` minutes ahead of its clock (as
    /// `getTimezoneOffset` has it). `None` for what is no day and time.
    pub fn from_local(typed: &str, zone: i32) -> Option<Self> {
        /// No place on Earth is further from UTC than 14 hours.
        const FURTHEST: i32 = 14 * 60;
        let (day, time) = typed.split_once('T')?;
        let numbers = |text: &str, mark| -> Option<Vec<u16>> {
            text.split(mark).map(|part| part.parse().ok()).collect()
        };
        let [year, month, day] = numbers(day, '-')?[..] else { return None };
        let [hour, minute] = numbers(time.get(..5)?, ':')?[..] else { return None };
        let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
        let date = Date::from_calendar_date(year.into(), month, u8::try_from(day).ok()?).ok()?;
        let time = Time::from_hms(u8::try_from(hour).ok()?, u8::try_from(minute).ok()?, 0).ok()?;
        let seconds = date.with_time(time).assume_utc().unix_timestamp();
        let ahead = (-FURTHEST..=FURTHEST).contains(&zone).then_some(i64::from(zone) * 60)?;
        Some(Self((seconds + ahead).checked_mul(1_000_000)?))
    }

    /// For a `datetime-local` input, in UTC.
    pub fn to_local(self) -> String {
        let at = self.to_offset();
        let (date, hour, minute) = (at.date(), at.hour(), at.minute());
        format!(
            "{:04}-{:02}-{:02}T{hour:02}:{minute:02}",
            date.year(),
            u8::from(date.month()),
            date.day()
        )
    }

    /// As RFC 3339 has it, to the microsecond.
    pub fn to_rfc3339(self) -> String {
        self.to_offset().format(&Rfc3339).unwrap_or_default()
    }

    /// What RFC 3339 text says, or a day alone, which begins at midnight in UTC. `None` for what
    /// is no moment, and for one before 1970, when nothing was written on the web.
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let is_day = text.len() == "2026-11-28".len();
        let whole = if is_day { format!("{text}T00:00:00Z") } else { text.to_owned() };
        let nanoseconds = OffsetDateTime::parse(&whole, &Rfc3339).ok()?.unix_timestamp_nanos();
        let at = i64::try_from(nanoseconds / 1000).ok()?;
        (at >= 0).then_some(Self(at))
    }

    /// For tower-sessions, which speaks of `OffsetDateTime`.
    pub fn to_offset(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// For the date of a letter.
    pub fn to_system(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_micros(u64::try_from(self.0).unwrap_or(0))
    }

    /// For pages.
    pub fn to_when(self) -> When {
        let moment = self.to_offset();
        let whole = moment.replace_nanosecond(0).unwrap_or(moment);
        When {
            iso: whole.format(&Rfc3339).unwrap_or_default(),
            text: format!("{} {} {}", moment.day(), moment.month(), moment.year()),
        }
    }

    /// For pages on which the time of day matters.
    pub fn to_minute(self) -> When {
        let (When { iso, text }, moment) = (self.to_when(), self.to_offset());
        When { iso, text: format!("{text}, {:02}:{:02} UTC", moment.hour(), moment.minute()) }
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// The time of day, and how far it was moved: tests travel, servers do not.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    moved_by: Arc<AtomicI64>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// Now.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks")]
    pub fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(micros(since).saturating_add(self.moved_by.load(Ordering::Relaxed)))
    }

    /// Moves this clock and all its clones forward.
    pub fn advance(&self, by: Duration) {
        self.moved_by.fetch_add(micros(by), Ordering::Relaxed);
    }
}
