//! What is logged while somebody listens.

use std::{
    io::Write,
    sync::{Arc, LazyLock, Mutex},
};

use tracing::{Dispatch, Level, subscriber::DefaultGuard};

/// With one subscriber alone, tracing takes the word of whichever thread meets an event first for
/// whether anybody listens, and remembers it: a story beside this one could silence it. With two
/// it asks them both.
static SECOND: LazyLock<Dispatch> =
    LazyLock::new(|| Dispatch::new(tracing::subscriber::NoSubscriber::new()));

/// Everything that is logged on this thread.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Listens until the guard is dropped to what is as grave as that.
    pub fn listen(level: Level) -> (Self, DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_writer(move || writer.clone())
            .finish();
        LazyLock::force(&SECOND);
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// All of it until now.
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
