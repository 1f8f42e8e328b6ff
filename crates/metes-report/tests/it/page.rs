//! The page: complete, self-contained, and safe whatever names a program uses.

use crate::{MIB, Scratch, block, recorded};
use metes_report::{html, read_capture, write_html};

#[test]
fn it_says_what_the_capture_says_and_needs_nothing_else() {
    let (_file, capture) = recorded("page", |memory| {
        let a = block(memory, 40 * MIB, "multiply");
        drop((block(memory, 24 * MIB, "cast"), a));
    });
    let page = html(&capture).unwrap();
    for words in ["64.0 MiB", "multiply", "67,108,864 bytes", "aria-sort", "prefers-color-scheme", "62.5 %"] {
        assert!(page.contains(words), "{words} is not in the page");
    }
    for outside in ["http://", "https://", " src=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside} is in the page");
    }
    let script = page.split("<script>").nth(1).and_then(|rest| rest.split("</script>").next()).unwrap();
    assert!(script.len() < 10_000, "{} bytes of script", script.len());
    assert!(page.len() < 100_000, "{} bytes", page.len());
}

#[test]
fn names_cannot_leave_their_place() {
    let evil = "</td><script>alert(1)</script>\"'&<img onerror=x>";
    let (file, _) = recorded("evil", |memory| drop(block(memory, MIB, evil)));
    let capture = read_capture(&file.0).unwrap();
    assert_eq!(capture.largest()[0].op, evil, "the name itself is kept");
    let page = html(&capture).unwrap();
    assert!(!page.contains("<script>alert") && !page.contains("<img"), "a name became markup");
    assert!(page.contains("&lt;script&gt;alert(1)"));
}

#[test]
fn an_empty_capture_has_a_page() {
    let (_file, capture) = recorded("empty", |_| {});
    let target = Scratch::new("empty.html");
    write_html(&capture, &target.0).unwrap();
    let page = std::fs::read_to_string(&target.0).unwrap();
    assert!(page.contains("<svg") && !page.contains("NaN") && !page.contains("inf"), "{page}");
    let error = write_html(&capture, "/nowhere/page.html").expect_err("the directory is not there");
    assert!(error.to_string().contains("/nowhere/page.html"));
}
