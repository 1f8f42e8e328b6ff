"use strict";
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

function bytes(count) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let place = 0;
  while (count >= 1024 && place + 1 < units.length) { count /= 1024; place += 1; }
  return `${count.toFixed(place && count < 10 ? 2 : place ? 1 : 0)} ${units[place]}`;
}

const press = (element, act) => {
  element.addEventListener("click", act);
  element.addEventListener("keydown", (event) => { if (event.key === "Enter") act(); });
};

// The last entry of a list, sorted by its first number, that is not behind `x`.
function last(list, x) {
  let low = 0, high = list.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (list[middle][0] <= x) low = middle; else high = middle - 1;
  }
  return list[low];
}

function show(tip, box, x, y, text) {
  tip.textContent = text;
  tip.style.left = `${Math.max(0, Math.min(x + 12, box.width - tip.offsetWidth))}px`;
  tip.style.top = `${y + 14}px`;
  tip.style.visibility = "visible";
}

// Sorting: a click on a heading, another turns the order.
for (const heading of all("th")) {
  press(heading, () => {
    const table = heading.closest("table"), body = table.tBodies[0], column = heading.cellIndex;
    const number = heading.classList.contains("number"), before = heading.getAttribute("aria-sort");
    const down = before ? before === "ascending" : number;
    const key = (row) => row.cells[column].dataset.key ?? row.cells[column].textContent.trim();
    const order = number ? (a, b) => Number(key(a)) - Number(key(b)) : (a, b) => key(a).localeCompare(key(b));
    const rows = [...body.rows].sort((a, b) => (down ? order(b, a) : order(a, b)));
    all("th", table).forEach((other) => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...rows);
  });
}

// Pointing at the timeline: the live bytes at that moment, and whose they are.
const time = document.getElementById("time"), timeTip = document.getElementById("time-tip");
const hair = time.querySelector(".hair"), names = all("#legend li").map((item) => item.textContent.trim());
const moments = time.dataset.moments.split(";").filter(Boolean).map((text) => text.split(",").map(Number));
time.addEventListener("pointermove", (event) => {
  if (!moments.length) return;
  const box = time.getBoundingClientRect(), wide = time.viewBox.baseVal.width;
  const [x, nanos, total, ...live] = last(moments, ((event.clientX - box.left) / box.width) * wide);
  hair.setAttribute("x1", x);
  hair.setAttribute("x2", x);
  hair.style.visibility = "visible";
  const parts = live.map((part, place) => [part, names[place]]).filter(([part]) => part).sort((a, b) => b[0] - a[0]);
  const lines = parts.slice(0, 5).map(([part, name]) => `${bytes(part).padStart(10)}  ${name}`);
  show(timeTip, box, (x / wide) * box.width, event.clientY - box.top, [`${bytes(total)} at ${(nanos / 1e9).toFixed(3)} s`, ...lines].join("\n"));
});
time.addEventListener("pointerleave", () => { timeTip.style.visibility = hair.style.visibility = "hidden"; });

// The flame graph: a frame that is clicked takes the whole width, with those above it.
const frames = all("#flame .frame").map((element) => [element, ...element.dataset.at.split(",").map(Number)]);
for (const [element, left, width, depth] of frames) {
  press(element, () => {
    for (const [other, otherLeft, otherWidth, otherDepth] of frames) {
      const around = otherDepth < depth && otherLeft <= left + 1e-3 && otherLeft + otherWidth >= left + width - 1e-3;
      const inside = otherDepth >= depth && otherLeft >= left - 1e-3 && otherLeft + otherWidth <= left + width + 1e-3;
      other.hidden = !around && !inside;
      other.classList.toggle("around", around);
      other.style.left = `${around ? 0 : ((otherLeft - left) / width) * 100}%`;
      other.style.width = `${around ? 100 : (otherWidth / width) * 100}%`;
    }
  });
}

// The memory map: which moment, and what lies where.
for (const button of all(".tabs button")) {
  press(button, () => {
    all(".tabs button").forEach((other) => other.setAttribute("aria-selected", String(other === button)));
    all(".map").forEach((map) => { map.hidden = map.id !== button.dataset.map; });
  });
}
for (const map of all(".map")) {
  const svg = map.querySelector("svg"), tip = map.querySelector(".tip"), words = JSON.parse(map.querySelector("script").textContent);
  const boxes = svg.dataset.boxes.split(";").filter(Boolean).map((text) => {
    const [from, to, size, address, word] = text.split(",");
    return [Number(from), Number(to), Number(size), address, words[word]];
  });
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect(), scale = 1000 / box.width;
    const x = (event.clientX - box.left) * scale, row = Math.floor(((event.clientY - box.top) * scale) / 13);
    const found = boxes.length ? last(boxes, row * 1000 + x) : undefined;
    if (!found || found[1] < row * 1000 + x) { tip.style.visibility = "hidden"; return; }
    show(tip, box, event.clientX - box.left, event.clientY - box.top, `${bytes(found[2])}  ${found[4]}\n0x${found[3]}`);
  });
  svg.addEventListener("pointerleave", () => { tip.style.visibility = "hidden"; });
}
