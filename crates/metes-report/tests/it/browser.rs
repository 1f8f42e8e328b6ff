//! The page in a real browser: it renders, stretches frames, sorts, changes maps. Where no Chromium is found on the PATH,
//! or named by `METES_BROWSER`, the test says so and looks at nothing.

use crate::{MIB, Scratch, block, recorded};
use metes_memory::{intern_site, with_site};
use metes_report::html;
use std::path::{Path, PathBuf};
use std::process::Command;

const NAMES: &[&str] = &["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome"];

fn browser() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let named = std::env::var_os("METES_BROWSER").map(PathBuf::from);
    let found = std::env::split_paths(&path).flat_map(|dir| NAMES.iter().map(move |name| dir.join(name)));
    named.into_iter().chain(found).find(|file| file.is_file())
}

/// What a reader does, and what they see, as lines of a text.
const READER: &str = r##"
const seen = [];
const frames = [...document.querySelectorAll("#flame .frame")];
const width = (element) => Math.round(element.getBoundingClientRect().width);
const find = (text) => frames.find((frame) => frame.textContent.includes(text));
const whole = width(document.getElementById("flame"));
const close = (a, b) => Math.abs(a - b) <= 2;
for (const frame of frames) frame.style.transition = "none";
seen.push(`frames ${frames.length > 4}`, `narrow ${width(find("second.py")) < whole / 2}`);
find("second.py").click();
seen.push(`stretched ${close(width(find("second.py")), whole)}`, `others ${find("first.py").hidden}`);
frames[0].click();
seen.push(`back ${width(find("second.py")) < whole / 2 && !find("first.py").hidden}`);
const table = document.querySelector("#holders ~ .scroll table"), heading = table.tHead.rows[0].cells[0];
const column = () => [...table.tBodies[0].rows].map((row) => Number(row.cells[0].dataset.key));
const sorted = (list, sign) => list.every((value, place) => !place || sign * (value - list[place - 1]) >= 0);
heading.click();
seen.push(`down ${sorted(column(), -1)}`);
heading.click();
seen.push(`up ${sorted(column(), 1) && column().length > 2}`);
const tabs = document.querySelectorAll(".tabs button"), maps = document.querySelectorAll(".map");
tabs[1].click();
seen.push(`map ${maps[0].hidden && !maps[1].hidden && maps[1].querySelectorAll("path.run").length > 1}`);
const time = document.getElementById("time"), box = time.getBoundingClientRect();
time.dispatchEvent(new PointerEvent("pointermove", { clientX: box.left + box.width / 2, clientY: box.top + 20 }));
seen.push(`tip ${/B at .* s/.test(document.getElementById("time-tip").textContent)}`);
const svg = maps[1].querySelector("svg"), place = svg.getBoundingClientRect();
svg.dispatchEvent(new PointerEvent("pointermove", { clientX: place.left + 5, clientY: place.top + 3 }));
seen.push(`run ${maps[1].querySelector(".tip").textContent.includes("0x")}`);
const color = getComputedStyle(document.body).backgroundColor;
seen.push(`ground ${color}`);
document.body.innerHTML = `<pre id="seen">${seen.join("\n")}</pre>`;
"##;

fn look(browser: &Path, page: &Path, more: &[&str]) -> String {
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,900", "--dump-dom"])
        .args(more)
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("the browser starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let seen = text.split("<pre id=\"seen\">").nth(1).and_then(|rest| rest.split("</pre>").next());
    seen.unwrap_or_else(|| panic!("the script did not run:\n{}", String::from_utf8_lossy(&output.stderr))).to_owned()
}

#[test]
fn the_page_does_what_it_promises() {
    let Some(browser) = browser() else {
        println!("no Chromium was found: the page was not looked at");
        return;
    };
    let (_file, capture) = recorded("browser", |memory| {
        let site = |file: &str| intern_site(&format!("main.py:1 <module>\n{file}"), 2, "f");
        let made = [("first.py", 20 * MIB), ("second.py", 6 * MIB), ("third.py", MIB)];
        let held: Vec<_> = made.map(|(file, size)| with_site(site(file), || block(memory, size, "add"))).into();
        let small: Vec<_> = (0..500).map(|_| block(memory, 500, "zeros")).collect();
        std::thread::sleep(std::time::Duration::from_millis(80));
        drop(small);
        std::mem::forget(held);
    });
    let page = Scratch::new("browser.html");
    let text = html(&capture).unwrap().replace("</body>", &format!("<script>{{{READER}}}</script></body>"));
    std::fs::write(&page.0, text).unwrap();
    let light = look(&browser, &page.0, &["--blink-settings=preferredColorScheme=1"]);
    assert!(!light.contains("false") && light.lines().count() == 11, "{light}");
    let dark = look(&browser, &page.0, &["--blink-settings=preferredColorScheme=0"]);
    let ground = |seen: &str| seen.lines().last().unwrap().to_owned();
    assert!(ground(&light).contains("253"), "{light}");
    assert!(ground(&dark).contains("20, 23, 26"), "{dark}");
}
