//! The queue in front of argon2: how many may wait, and how many from one address.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A queue with an end.
#[derive(Clone)]
pub struct Queue {
    places: Arc<Semaphore>,
    taken: Taken,
    most_of_one: usize,
}

/// How many places each address has that has any.
type Taken = Arc<Mutex<HashMap<String, usize>>>;

/// Somebody's place. It is free again when this is dropped.
pub struct Place {
    _place: OwnedSemaphorePermit,
    _share: Option<Share>,
}

struct Share {
    taken: Taken,
    address: String,
}

impl Queue {
    /// A queue with so many places. One address has at most half of them: good log-ins are counted
    /// by nothing else, and whoever sends as many as they can leaves room for everybody else's.
    pub fn new(places: usize) -> Self {
        let most_of_one = places.div_ceil(2);
        Self { places: Arc::new(Semaphore::new(places)), taken: Taken::default(), most_of_one }
    }

    /// A place, of an address where one is told; `None` when there is none for it.
    pub fn enter(&self, address: Option<String>) -> Option<Place> {
        let _share = match address {
            Some(address) => Some(self.share(address)?),
            None => None,
        };
        let _place = self.places.clone().try_acquire_owned().ok()?;
        Some(Place { _place, _share })
    }

    fn share(&self, address: String) -> Option<Share> {
        let mut taken = lock(&self.taken);
        let so_far = taken.entry(address.clone()).or_default();
        if *so_far >= self.most_of_one {
            return None;
        }
        *so_far += 1;
        Some(Share { taken: self.taken.clone(), address })
    }

    /// Its places: tests fill it with them.
    pub fn places(&self) -> Arc<Semaphore> {
        self.places.clone()
    }

    /// How many of them one address may have.
    pub const fn most_of_one(&self) -> usize {
        self.most_of_one
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        match taken.get_mut(&self.address) {
            Some(so_far) if *so_far > 1 => *so_far -= 1,
            _ => drop(taken.remove(&self.address)),
        }
    }
}

fn lock(taken: &Taken) -> MutexGuard<'_, HashMap<String, usize>> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_half_and_leaves_nothing_behind() {
        let queue = Queue::new(5);
        let one = || queue.enter(Some("192.0.2.1".into()));
        let places: Vec<Place> = (0..9).filter_map(|_| one()).collect();
        assert_eq!(places.len(), 3);
        let other = queue.enter(Some("192.0.2.2".into()));
        assert!(other.is_some() && queue.enter(None).is_some());
        drop(places);
        assert!(one().is_some());
        drop(other);
        assert_eq!(*lock(&queue.taken), HashMap::new());
        assert_eq!(queue.places().available_permits(), 5);
    }
}
