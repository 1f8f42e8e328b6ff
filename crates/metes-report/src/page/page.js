"use strict";
// Sorting: a click on a heading sorts its table by that column, a second click turns the order round.
for (const heading of document.querySelectorAll("th")) {
  heading.tabIndex = 0;
  const sort = () => {
    const table = heading.closest("table"), body = table.tBodies[0], column = heading.cellIndex;
    const number = heading.classList.contains("number");
    const before = heading.getAttribute("aria-sort");
    const down = before ? before === "ascending" : number;
    const key = (row) => row.cells[column].dataset.key ?? row.cells[column].textContent.trim();
    const order = number ? (a, b) => Number(key(a)) - Number(key(b)) : (a, b) => key(a).localeCompare(key(b));
    const rows = [...body.rows].sort((a, b) => (down ? order(b, a) : order(a, b)));
    table.querySelectorAll("th").forEach((other) => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...rows);
  };
  heading.addEventListener("click", sort);
  heading.addEventListener("keydown", (event) => { if (event.key === "Enter") sort(); });
}

// Pointing at the timeline: the live bytes at that moment.
const svg = document.querySelector("svg"), tip = document.getElementById("tip"), hair = svg.querySelector(".hair");
const moments = svg.dataset.moments.split(";").filter(Boolean).map((text) => text.split(",").map(Number));

function bytes(count) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let place = 0;
  while (count >= 1024 && place + 1 < units.length) { count /= 1024; place += 1; }
  return `${count.toFixed(place && count < 10 ? 2 : place ? 1 : 0)} ${units[place]}`;
}

function last(x) {
  let low = 0, high = moments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (moments[middle][0] <= x) low = middle; else high = middle - 1;
  }
  return moments[low];
}

svg.addEventListener("pointermove", (event) => {
  if (!moments.length) return;
  const box = svg.getBoundingClientRect();
  const [x, live, time] = last(((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width);
  hair.setAttribute("x1", x);
  hair.setAttribute("x2", x);
  tip.textContent = `${bytes(live)} at ${(time / 1e9).toFixed(3)} s`;
  const left = (x / svg.viewBox.baseVal.width) * box.width;
  tip.style.left = `${Math.min(left + 8, box.width - tip.offsetWidth)}px`;
  tip.style.visibility = hair.style.visibility = "visible";
});
svg.addEventListener("pointerleave", () => { tip.style.visibility = hair.style.visibility = "hidden"; });
