//! Helpers that have just helped and look whether more comes: waking a thread takes longer than adding a megabyte.
//!
//! They look for as long as that takes, then they sleep in the pool. Whatever is offered to one of them is taken: who stops
//! looking does so under the lock under which offers are made. Where the lock is taken, as in the child of a fork perhaps for
//! ever, the pool does without.

use crate::job::Job;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

/// How often who waits for others, or for work, looks before it sleeps: as long as waking it would take.
pub(crate) const LOOKS: usize = 2000;

struct Looking {
    /// Whose helpers they are: threads do not live on in the child of a fork.
    process: u32,
    helpers: usize,
    /// Never more than there are helpers.
    offers: Vec<Arc<Job>>,
}

static LOOKING: Mutex<Looking> = Mutex::new(Looking { process: 0, helpers: 0, offers: Vec::new() });

/// How many offers there are, to be looked at without the lock.
static OFFERS: AtomicUsize = AtomicUsize::new(0);

impl Looking {
    fn take(&mut self) -> Option<Arc<Job>> {
        let job = self.offers.pop()?;
        self.helpers -= 1;
        self.tell();
        Some(job)
    }

    fn tell(&self) {
        OFFERS.store(self.offers.len(), Ordering::Relaxed);
    }
}

/// Does something to those who look, now or not at all.
fn with<T>(act: impl FnOnce(&mut Looking) -> T) -> Option<T> {
    let mut looking = match LOOKING.try_lock() {
        Ok(looking) => looking,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => return None,
    };
    let process = std::process::id();
    if looking.process != process {
        *looking = Looking { process, helpers: 0, offers: Vec::new() };
    }
    Some(act(&mut looking))
}

/// Offers a job to at most `most` helpers who look for one; returns to how many.
pub(crate) fn offer(job: &Arc<Job>, most: usize) -> usize {
    with(|looking| {
        let count = most.min(looking.helpers - looking.offers.len());
        looking.offers.extend(std::iter::repeat_n(job, count).cloned());
        looking.tell();
        count
    })
    .unwrap_or(0)
}

/// Takes back what nobody has taken of a job.
pub(crate) fn withdraw(job: &Arc<Job>) {
    with(|looking| {
        looking.offers.retain(|offer| !Arc::ptr_eq(offer, job));
        looking.tell();
    });
}

/// Begins to look, which only [`serve`] ends; `false` where that is not to be.
pub(crate) fn begin() -> bool {
    with(|looking| looking.helpers += 1).is_some()
}

/// Helps with a job, and with those that follow soon.
pub(crate) fn serve(mut job: Arc<Job>) {
    while job.help() {
        match found() {
            Some(next) => job = next,
            None => return,
        }
    }
}

/// What is offered while this thread looks.
fn found() -> Option<Arc<Job>> {
    for _ in 0..LOOKS {
        if OFFERS.load(Ordering::Relaxed) > 0
            && let Some(Some(job)) = with(Looking::take)
        {
            return Some(job);
        }
        std::hint::spin_loop();
    }
    let mut looking = LOOKING.lock().unwrap_or_else(PoisonError::into_inner);
    let job = looking.take();
    if job.is_none() {
        looking.helpers -= 1;
    }
    job
}
