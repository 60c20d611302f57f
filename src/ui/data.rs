//! What a page waits for.
//!
//! Leptos makes a resource, with all that follows from it, anew for each type of data: some 8 kB of
//! the browser's code for each. Here all are one resource, of packed data, which is opened where it is
//! shown.

use std::{any::Any, fmt, marker::PhantomData, pin::Pin, str::FromStr, sync::Arc};

use leptos::{prelude::*, server::codee::string::FromToStringCodec};
use serde::{Serialize, de::DeserializeOwned};

use crate::error::Error;

/// What a server function answers, asked for as often as its source changes. What a page was
/// rendered with comes along with it.
pub struct Data<T> {
    resource: Resource<Packed, FromToStringCodec>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Data<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Data<T> {}

/// What can travel.
pub trait Content: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Content for T {}

impl<T: Content> Data<T> {
    /// Of what `ask` answers to what `source` gives.
    pub fn new<S, A>(
        source: impl Fn() -> S + Send + Sync + 'static,
        ask: impl Fn(S) -> A + Send + Sync + 'static,
    ) -> Self
    where
        S: Clone + PartialEq + Send + Sync + 'static,
        A: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let ask = Arc::new(ask);
        let source = move || Source(Arc::new(Question { about: source(), ask: Arc::clone(&ask) }));
        Self { resource: asked(Box::new(source)), of: PhantomData }
    }

    /// The answer, if it is there.
    pub fn get(self) -> Option<Result<T, Error>> {
        self.resource.get().map(|packed| packed.open())
    }

    /// The answer, when it is there.
    pub async fn ready(self) -> Result<T, Error> {
        self.resource.await.open()
    }
}

/// The one place where a resource is made.
fn asked(source: Box<dyn Fn() -> Source + Send + Sync>) -> Resource<Packed, FromToStringCodec> {
    Resource::new_str(source, |source: Source| source.0.ask())
}

/// Something to ask, again whenever it is another one.
#[derive(Clone)]
struct Source(Arc<dyn Ask>);

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        self.0.is_about(other.0.about())
    }
}

/// An answer on its way.
type Coming = Pin<Box<dyn Future<Output = Packed> + Send>>;

trait Ask: Send + Sync {
    fn about(&self) -> &dyn Any;
    fn is_about(&self, other: &dyn Any) -> bool;
    fn ask(&self) -> Coming;
}

struct Question<S, F> {
    about: S,
    ask: Arc<F>,
}

impl<T, S, A, F> Ask for Question<S, F>
where
    T: Content,
    S: Clone + PartialEq + Send + Sync + 'static,
    A: Future<Output = Result<T, Error>> + Send + 'static,
    F: Fn(S) -> A + Send + Sync,
{
    fn about(&self) -> &dyn Any {
        &self.about
    }

    fn is_about(&self, other: &dyn Any) -> bool {
        other.downcast_ref() == Some(&self.about)
    }

    fn ask(&self) -> Coming {
        let answer = (self.ask)(self.about.clone());
        Box::pin(async move { Packed::Value(Arc::new(answer.await)) })
    }
}

/// An answer of whichever type.
#[derive(Clone)]
enum Packed {
    /// As it was asked for here.
    Value(Arc<dyn Answer>),
    /// As it came with the page.
    Json(Arc<str>),
}

impl Packed {
    /// As the type that it is of.
    fn open<T: Content>(&self) -> Result<T, Error> {
        let opened = match self {
            Self::Value(value) => {
                let value: &dyn Any = &**value;
                value.downcast_ref::<Result<T, Error>>().cloned()
            }
            Self::Json(json) => serde_json::from_str(json).ok(),
        };
        // A page of another version than this code.
        opened.unwrap_or(Err(Error::BadRequest))
    }
}

trait Answer: Any + Send + Sync {
    /// What the server writes into the page. The browser writes none, and has no code for it.
    fn to_json(&self) -> Option<String>;
}

impl<T: Content> Answer for Result<T, Error> {
    fn to_json(&self) -> Option<String> {
        if cfg!(feature = "ssr") { serde_json::to_string(self).ok() } else { None }
    }
}

/// What is written into the page, and [read there](FromStr).
impl fmt::Display for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => f.write_str(&value.to_json().ok_or(fmt::Error)?),
            Self::Json(json) => f.write_str(json),
        }
    }
}

impl FromStr for Packed {
    type Err = std::convert::Infallible;

    fn from_str(json: &str) -> Result<Self, Self::Err> {
        Ok(Self::Json(json.into()))
    }
}
