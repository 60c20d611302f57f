//! What is logged while somebody listens.

use std::{
    fmt::{Debug, Write as _},
    sync::{Arc, LazyLock, Mutex},
};

use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::DefaultGuard,
};

/// With one subscriber alone, tracing takes the word of whichever thread meets an event first for
/// whether anybody listens, and remembers it: a story beside this one could silence it. With two
/// it asks them both.
static SECOND: LazyLock<Dispatch> =
    LazyLock::new(|| Dispatch::new(tracing::subscriber::NoSubscriber::new()));

/// Everything that is logged on this thread: events, and whatever a span says.
///
/// Spans are not told apart. tracing-subscriber's registry would, and is not made for one that is
/// heard on some threads only, as those of the database are not.
#[derive(Clone)]
pub struct Log {
    most: Level,
    text: Arc<Mutex<String>>,
}

impl Log {
    /// Listens until the guard is dropped to what is as grave as that.
    pub fn listen(most: Level) -> (Self, DefaultGuard) {
        let log = Self { most, text: Arc::default() };
        LazyLock::force(&SECOND);
        (log.clone(), tracing::subscriber::set_default(log))
    }

    /// All of it until now, a line each.
    pub fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }

    fn line(&self, said_by: &str, record: impl FnOnce(&mut Line)) {
        let mut line = Line(said_by.to_owned());
        record(&mut line);
        let mut text = self.text.lock().unwrap();
        text.push_str(&line.0);
        text.push('\n');
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.most
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.line(span.metadata().target(), |line| span.record(line));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        self.line("", |line| values.record(line));
    }

    fn event(&self, event: &Event<'_>) {
        self.line(event.metadata().target(), |line| event.record(line));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        write!(self.0, " {}={value}", field.name()).unwrap();
    }
}
