//! [`Brief`]: a hold for work on little data, where noting who holds what would cost more than the work.
//!
//! It is one word of the buffer, added to and taken from again; by whoever is alone ([`crate::turn`]) without a locked
//! instruction. Whoever is in the way is neither waited for nor named: the hold is refused, and the work takes the general
//! way by [`Buffer::guard`], which does both. What this thread holds so is not noted, therefore the work between must not
//! ask for another guard of the same bytes: it would wait for itself.

use crate::borrow::Borrows;
use crate::{Access, Buffer, turn};
use std::marker::PhantomData;

/// A buffer held for one short piece of work, on the thread that took it.
pub struct Brief<'a> {
    borrows: &'a Borrows,
    access: Access,
    _thread: PhantomData<*const ()>,
}

impl Drop for Brief<'_> {
    #[inline]
    fn drop(&mut self) {
        if turn::alone() { self.borrows.end_alone(self.access) } else { self.borrows.end(self.access) }
    }
}

impl Buffer {
    /// Holds the buffer where nobody is in the way, for work that takes no other guard; else `None`.
    ///
    /// ```
    /// use metes_memory::{Access, Buffer, Memory, Request};
    /// let a = Buffer::allocate(&Memory::current(), Request::new(80, "example"))?;
    /// let reading = a.brief(Access::Read);
    /// assert!(reading.is_some() && a.brief(Access::Read).is_some() && a.brief(Access::Write).is_none());
    /// drop(reading);
    /// assert!(a.brief(Access::Write).is_some());
    /// # Ok::<(), metes_memory::Error>(())
    /// ```
    #[inline]
    pub fn brief(&self, access: Access) -> Option<Brief<'_>> {
        let borrows = self.borrows();
        let free = if turn::alone() { borrows.begin_alone(access) } else { borrows.begin(access) };
        free.then(|| Brief { borrows, access, _thread: PhantomData })
    }
}
