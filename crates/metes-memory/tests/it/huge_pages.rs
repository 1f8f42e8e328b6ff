//! Large mappings of our own ask the kernel for huge pages; smaller ones do not.

use metes_memory::{Buffer, Memory, Request, Result};

/// The flags that the kernel keeps for the mapping around an address; `None` where it has no huge pages at all.
fn flags_at(address: usize) -> Option<String> {
    std::fs::metadata("/sys/kernel/mm/transparent_hugepage/enabled").ok()?;
    let text = std::fs::read_to_string("/proc/self/smaps").ok()?;
    let mut inside = false;
    for line in text.lines() {
        if let Some((start, end)) = line.split(' ').next().and_then(|range| range.split_once('-'))
            && let (Ok(start), Ok(end)) = (usize::from_str_radix(start, 16), usize::from_str_radix(end, 16))
        {
            inside = (start..end).contains(&address);
        }
        if let Some(flags) = line.strip_prefix("VmFlags:").filter(|_| inside) {
            return Some(flags.to_owned());
        }
    }
    panic!("the mapping of a live block is listed");
}

#[test]
fn large_mappings_ask_for_huge_pages() -> Result<()> {
    let memory = Memory::new();
    let large = Buffer::allocate(&memory, Request::new(8 << 20, "test"))?;
    let Some(flags) = flags_at(large.as_ptr() as usize + (4 << 20)) else { return Ok(()) };
    assert!(flags.split_whitespace().any(|flag| flag == "hg"), "{flags}");
    Ok(())
}
