//! Trimming reaches what threads keep: at once on the thread that trims, on the others at their next block.

use metes_memory::{Buffer, Memory, Request};
use std::sync::mpsc::channel;

#[test]
fn other_threads_give_back_at_their_next_block() {
    let memory = Memory::new();
    let block = |size| drop(Buffer::allocate(&memory, Request::new(size, "test")).unwrap());
    let ((ready, kept), (again, go)) = (channel(), channel());
    std::thread::scope(|scope| {
        let thread = scope.spawn(move || {
            [1000, 5000, 20_000].into_iter().for_each(block);
            ready.send(()).unwrap();
            go.recv().unwrap();
            block(1000);
            ready.send(()).unwrap();
            go.recv().unwrap();
        });
        kept.recv().unwrap();
        memory.trim(0);
        let reserved = memory.stats().reserved_bytes;
        assert!(reserved > 0, "a thread keeps blocks, and with them their slabs");
        again.send(()).unwrap();
        kept.recv().unwrap();
        memory.trim(0);
        let left = memory.stats().reserved_bytes;
        assert!(0 < left && left < reserved, "only the slab of the last block: {left} of {reserved}");
        again.send(()).unwrap();
        // Its very end, after which what it kept is given back.
        thread.join().unwrap();
    });
    memory.trim(0);
    assert_eq!(memory.stats().reserved_bytes, 0, "a thread that ended keeps nothing");
}
