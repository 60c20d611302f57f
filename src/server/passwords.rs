//! Hashing passwords: how strongly, and how many at once. Which may be chosen is in [`known`].

pub mod known;
mod queue;

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::Context;
use argon2::{
    Algorithm, Argon2, Block, Params, PasswordHash, Version,
    password_hash::{PasswordHasher, phc::Output},
};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use self::queue::{Place, Queue};
use super::{
    attempts::prefix,
    failure::{Failure, unavailable},
};
use crate::domain::password::Password;

/// OWASP's first choice for argon2id (Password Storage Cheat Sheet; ASVS 5.0, appendix C):
/// 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// How many may wait for each core. A hash takes some 30 ms, so the last of them waits half a
/// second; in a longer queue all get their answers too late, and each holds a connection.
const WAITING_PER_CORE: usize = 16;

/// Hashes and verifies, in threads of its own, as many at once as there are cores: a flood
/// of log-ins queues up instead of eating all memory and starving every other page. Whoever
/// finds the queue full is sent away at once.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    turns: Arc<Semaphore>,
    /// Everybody who has a turn or waits for one.
    queue: Queue,
    /// A hash of nothing anybody knows, to be verified when there is no account.
    decoy: Arc<str>,
    /// What passwords are compared in, kept for the next: clearing 19 MiB anew for each costs a
    /// tenth of the hash. As many as there are turns, and used for nothing else.
    memory: Arc<Mutex<Vec<Vec<Block>>>>,
    work: Arc<AtomicU64>,
    filled: Arc<AtomicU64>,
}

/// What came of comparing a password with a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is not the password, or there is no account.
    Wrong,
    /// It is.
    Right,
    /// It is, and the hash is weaker than today's: hash it again.
    RightButWeak,
}

impl Passwords {
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn new() -> anyhow::Result<Self> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut nothing = [0_u8; 32];
        getrandom::fill(&mut nothing).context("the system gives no random numbers")?;
        let decoy = argon2.hash_password(&nothing)?.to_string().into();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let turns = Arc::new(Semaphore::new(cores));
        let queue = Queue::new(cores * (1 + WAITING_PER_CORE));
        let (memory, work, filled) = Default::default();
        Ok(Self { argon2, turns, queue, decoy, memory, work, filled })
    }

    /// A new hash in PHC format, with a salt of its own.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::error::Error::Unavailable) when too many wait already;
    /// else only when the system is out of memory or randomness.
    pub async fn hash(&self, password: &Password) -> Result<String, Failure> {
        let password = normalised(password);
        let place = self.queue.enter(None);
        self.in_turn(place, self.argon2.clone(), move |argon2| {
            Ok(argon2.hash_password(password.as_bytes())?.to_string())
        })
        .await
    }

    /// Compares, for whoever asks from that address. Without an account the same work is done
    /// against a decoy, so that neither the clock nor the processor tells whether there is one.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::error::Error::Unavailable) when too many wait already, or
    /// too many from there; else only when the system is out of memory.
    pub async fn verify(
        &self,
        password: &Password,
        stored: Option<&str>,
        from: IpAddr,
    ) -> Result<Verdict, Failure> {
        let password = normalised(password);
        let known = stored.is_some();
        let hash = PasswordHash::new(stored.unwrap_or(&self.decoy))
            .map_err(|e| anyhow::anyhow!("a stored password hash is damaged: {e}"))?;
        let Ok(argon2) = maker(&hash) else { return Ok(Verdict::Wrong) };
        let memory = self.memory.clone();
        let place = self.queue.enter(Some(prefix(from)));
        self.in_turn(place, argon2, move |argon2| {
            let kept = || memory.lock().unwrap_or_else(PoisonError::into_inner);
            let mut blocks = kept().pop().unwrap_or_default();
            let right = is_right(argon2, password.as_bytes(), &hash, &mut blocks);
            let right = right.unwrap_or(false);
            kept().push(blocks);
            Ok(match (right && known, is_weak(&hash)) {
                (false, _) => Verdict::Wrong,
                (true, false) => Verdict::Right,
                (true, true) => Verdict::RightButWeak,
            })
        })
        .await
    }

    /// How many times argon2 has run: tests compare the work of two requests with it.
    pub fn work(&self) -> u64 {
        self.work.load(Ordering::Relaxed)
    }

    /// How many blocks of memory argon2 has filled, which is what a hash costs: tests see by it that
    /// no hash is a cheaper one.
    pub fn filled(&self) -> u64 {
        self.filled.load(Ordering::Relaxed)
    }

    /// The queue: tests fill it.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Does a job that hashes once, with that, when its turn has come.
    async fn in_turn<T: Send + 'static>(
        &self,
        place: Option<Place>,
        argon2: Argon2<'static>,
        job: impl FnOnce(&Argon2<'static>) -> anyhow::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let Some(place) = place else {
            tracing::warn!(event = "password_queue_full");
            return Err(unavailable().into());
        };
        let turn = self.turns.clone().acquire_owned().await.map_err(anyhow::Error::from)?;
        self.work.fetch_add(1, Ordering::Relaxed);
        self.filled.fetch_add(cost(argon2.params()), Ordering::Relaxed);
        // Turn and place go along: a caller that gives up does not free a turn still in use.
        let done = tokio::task::spawn_blocking(move || {
            let _held = (place, turn);
            job(&argon2)
        });
        Ok(done.await.map_err(anyhow::Error::from)??)
    }
}

/// Whether a text is a hash that a log-in can be compared with: argon2id in PHC format.
pub fn is_hash(text: &str) -> bool {
    PasswordHash::new(text).is_ok_and(|hash| hash.algorithm.as_str() == "argon2id")
}

/// Whether two passwords are one, from whichever keyboards.
pub fn are_same(one: &Password, other: &Password) -> bool {
    normalised(one) == normalised(other)
}

/// The same characters typed on another keyboard must be the same password
/// (NIST SP 800-63B, 3.1.1.2).
fn normalised(password: &Password) -> String {
    password.expose().nfc().collect()
}

/// argon2 as it made that hash, which may have been weaker than today's.
fn maker(hash: &PasswordHash) -> anyhow::Result<Argon2<'static>> {
    let algorithm = Algorithm::try_from(hash.algorithm.as_str())?;
    let version = hash.version.map(Version::try_from).transpose()?.unwrap_or_default();
    Ok(Argon2::new(algorithm, version, Params::try_from(hash)?))
}

/// Compares as argon2's own `verify_password` does, in memory that is there already. What was in
/// it does not matter: the first pass writes each block before it reads it.
fn is_right(
    argon2: &Argon2<'_>,
    password: &[u8],
    hash: &PasswordHash,
    memory: &mut Vec<Block>,
) -> anyhow::Result<bool> {
    let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else { return Ok(false) };
    memory.resize(memory.len().max(argon2.params().block_count()), Block::new());
    let mut out = vec![0; expected.len()];
    argon2.hash_password_into_with_memory(password, salt, &mut out, memory)?;
    // In constant time, as `Output` does.
    Ok(Output::new(&out)? == *expected)
}

/// How many blocks are filled for a hash.
fn cost(params: &Params) -> u64 {
    u64::from(params.m_cost()) * u64::from(params.t_cost())
}

fn is_weak(hash: &PasswordHash) -> bool {
    let Ok(params) = Params::try_from(hash) else { return true };
    hash.algorithm.as_str() != "argon2id"
        || params.m_cost() < MEMORY_KIB
        || params.t_cost() < PASSES
}
