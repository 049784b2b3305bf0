//! Who reads. Each flux in XML has a thread of its own; the threads that none has help with those that
//! are left. Two files shared between two threads would only take each other's place in the caches.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

/// Flux in XML being read in this process.
static LUS: AtomicUsize = AtomicUsize::new(0);

/// A flux being read, until it is dropped.
pub(super) struct Lecture(());

impl Lecture {
    pub(super) fn commencer() -> Self {
        LUS.fetch_add(1, Ordering::Relaxed);
        Self(())
    }

    /// Whether threads are free.
    pub(super) fn aidee(&self) -> bool {
        LUS.load(Ordering::Relaxed) < rayon::current_num_threads()
    }
}

impl Drop for Lecture {
    fn drop(&mut self) {
        LUS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Does two things, at once when there is help.
pub(super) fn deux<A: Send, B: Send>(
    aidee: bool,
    une: impl FnOnce() -> A + Send,
    autre: impl FnOnce() -> B + Send,
) -> (A, B) {
    if aidee { rayon::join(une, autre) } else { (une(), autre()) }
}

/// Does the same thing of each, in order or at once when there is help; the answers are in order.
pub(super) fn chacun<T: Send, R: Send>(aidee: bool, tous: Vec<T>, faire: impl Fn(T) -> R + Send + Sync) -> Vec<R> {
    if aidee { tous.into_par_iter().map(faire).collect() } else { tous.into_iter().map(faire).collect() }
}
