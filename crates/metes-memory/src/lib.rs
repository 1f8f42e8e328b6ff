//! Bytes: where they come from, who holds them, how many may live.
//!
//! Every array byte comes from a [`Source`], or is booked by [`Within`]; the default stack is Ledger over Pool over Budget
//! over System, assembled in [`Memory::with_limit`]. Each layer is one small file and adds one thing. Nothing here knows
//! what an array is. Left out: moving live buffers, and sources that spill to files.

mod books;
mod borrow;
mod brief;
mod budget;
mod buffer;
mod classes;
mod copies;
mod counter;
mod decay;
mod error;
mod failing;
mod fork;
mod held;
mod hooks;
mod large;
mod layout;
mod ledger;
mod limits;
mod map;
mod memory;
mod observer;
mod pool;
pub mod raw;
mod scope;
mod scratch;
mod sharers;
mod shelf;
mod site;
mod slab;
mod slots;
mod source;
mod sync;
mod system;
pub mod testing;
mod thread_cache;
mod turn;
mod within;

pub use borrow::Access;
pub use brief::Brief;
pub use budget::Budget;
pub use buffer::{Buffer, Guards};
pub use classes::class_bytes;
pub use copies::{Cause, Copied, Denial, Reason, Widened, copied, copies, copying, forget_copies, widening, widenings};
pub use counter::Counter;
pub use decay::{decay_in_background, set_decay};
pub use error::{Error, ErrorKind, Refusal, Result, Shortage};
pub use failing::Failing;
pub use fork::survive_forks;
pub use hooks::{Hooks, ask_on_failure, set_hooks, tell_pressure_at};
pub use layout::{Run, RunState};
pub use ledger::{By, Holder, Ledger};
pub use limits::{available_memory, machine_memory, parse_size, resident, size_text};
pub use map::{MapAdvice, MapMode, is_mapped};
pub use memory::{Charge, Memory, Stats};
pub use observer::{Event, Observer};
pub use pool::Pool;
pub use scope::{Scope, scope_name, set_scope_provider};
pub use scratch::Need;
pub use site::{SITE_BYTES, intern_called, intern_site, set_site_provider, site_name, site_stack, with_site};
pub use source::{Block, Request, Source, Tag};
pub use system::{MAPPED_BYTES, System};
#[cfg(not(loom))]
pub use turn::{Apart, come_back, go_apart, take_turns};
pub use within::Within;

/// What the model checker looks at from outside.
#[cfg(loom)]
pub mod model {
    pub use crate::borrow::{Borrows, Hold};
    pub use crate::sharers::Sharers;
    pub use crate::slots::Slots;
    pub use crate::turn::Turns;
}
