//! Budgets nest, and what outlives them stays charged.

use metes_memory::{Buffer, By, Memory, Request, Scope};

fn take(memory: &Memory, size: usize) -> metes_memory::Result<Buffer> {
    Buffer::allocate(memory, Request::new(size, "test"))
}

#[test]
fn the_inner_and_the_outer_limit_both_hold() {
    let memory = Memory::new();
    let outer = Scope::new(Some(1000), "outer");
    outer.run(|| {
        let held = take(&memory, 600).unwrap();
        let inner = Scope::new(Some(500), "inner");
        inner.run(|| {
            let error = take(&memory, 501).err().unwrap();
            assert!(error.message().contains("inner"), "{error}");
            let error = take(&memory, 450).err().unwrap();
            assert!(error.message().contains("outer"), "{error}");
            assert_eq!((inner.used().0, outer.used().0), (0, 600), "a refusal charges nobody");
            take(&memory, 400).unwrap();
        });
        assert_eq!(inner.used(), (0, 400));
        drop(held);
    });
    assert_eq!(outer.used().0, 0);
    assert!(take(&memory, 5000).is_ok());
}

#[test]
fn a_block_is_credited_where_it_was_charged() {
    let memory = Memory::new();
    let scope = Scope::new(Some(1000), "load");
    let escaped = scope.run(|| take(&memory, 800).unwrap());
    assert!(scope.run(|| take(&memory, 300)).is_err());
    std::thread::spawn(move || drop(escaped)).join().unwrap();
    assert_eq!(scope.used(), (0, 800));
    assert!(scope.run(|| take(&memory, 300)).is_ok());
}

#[test]
fn a_panic_leaves_the_scope() {
    let scope = Scope::new(Some(10), "panics");
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| scope.run(|| panic!("on purpose"))));
    assert!(Scope::current().is_none());
}

#[test]
fn scopes_of_one_name_are_one_holder_and_charged_apart() {
    let memory = Memory::new();
    let scopes: Vec<Scope> = (0..50).map(|_| Scope::new(Some(100), "step")).collect();
    let held: Vec<Buffer> = scopes.iter().map(|scope| scope.run(|| take(&memory, 80).unwrap())).collect();
    assert!(scopes.iter().all(|scope| scope.used() == (80, 80)));
    let holders = memory.live(By::Scope);
    assert_eq!((holders.len(), holders[0].name.as_str(), holders[0].bytes, holders[0].count), (1, "step", 4000, 50));
    drop(scopes);
    drop(held);
    assert!(memory.live(By::Scope).is_empty());
}
