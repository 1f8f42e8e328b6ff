//! A number for the thread that runs, in one instruction where the processor keeps one.
//!
//! In a library that is loaded later, a variable of a thread is found by a call; the address of the thread's own block,
//! which that call starts from, is in a register.

/// An address that no other live thread has; 0 where it takes a call to know one.
#[inline(always)]
pub(super) fn here() -> usize {
    #[cfg(all(target_arch = "x86_64", target_os = "linux", not(miri)))]
    {
        let here: usize;
        // SAFETY: on this system the first word of a thread's block is its own address.
        unsafe {
            std::arch::asm!("mov {}, fs:[0]", out(reg) here, options(nostack, preserves_flags, readonly, pure));
        }
        here
    }
    #[cfg(all(target_arch = "aarch64", target_os = "linux", not(miri)))]
    {
        let here: usize;
        // SAFETY: reads the register of the thread's block, which every program may.
        unsafe {
            std::arch::asm!("mrs {}, tpidr_el0", out(reg) here, options(nostack, preserves_flags, nomem, pure));
        }
        here
    }
    #[cfg(not(all(any(target_arch = "x86_64", target_arch = "aarch64"), target_os = "linux", not(miri))))]
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_that_live_at_once_differ() {
        let mine = here();
        assert_eq!(mine, here());
        let other = std::thread::spawn(here).join().expect("it does not fail");
        assert!(mine != other || mine == 0);
    }
}
