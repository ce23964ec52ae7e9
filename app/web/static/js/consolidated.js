// The slider over the days of a contract, and the history of the provision that is chosen in its text.

const form = document.getElementById("as-of");
const range = document.getElementById("day-range");
const day = document.getElementById("day");
const box = document.getElementById("consolidated-box");
const files = document.getElementById("copy-files");
const first = Date.parse(`${form.dataset.first}T00:00:00Z`);
const turns = form.dataset.turns.split(" ").filter(Boolean).map(Number);
const DAY = 86400000;

const iso = (offset) => new Date(first + offset * DAY).toISOString().slice(0, 10);
// Between two turning days the text is the same; only crossing one asks the server while the slider moves.
const stretch = (offset) => turns.filter((turn) => turn <= offset).length;

let shown = stretch(Number(range.value));
let asked = day.value;
function ask() {
  if (!day.value || day.value === asked) return;
  asked = day.value;
  shown = stretch(Number(range.value));
  const address = new URL(location.href);
  address.searchParams.set("on", day.value);
  history.replaceState({}, "", address);
  const target = new URL(files.href);
  target.searchParams.set("on", day.value);
  files.href = target;
  window.htmx.trigger(box, "day-changed");
}

range.addEventListener("input", () => {
  day.value = iso(Number(range.value));
  range.setAttribute("aria-valuetext", day.value);
  const now = stretch(Number(range.value));
  if (now !== shown) ask();
});
range.addEventListener("change", ask);

function choose(value) {
  day.value = value;
  range.value = Math.round((Date.parse(`${value}T00:00:00Z`) - first) / DAY);
  range.setAttribute("aria-valuetext", value);
  ask();
}

day.addEventListener("change", () => day.value && choose(day.value));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (day.value) choose(day.value);
});
form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-day]");
  if (button) choose(button.dataset.day);
});

// ---- places that an amendment changed, and their history

function mark() {
  const inner = document.getElementById("consolidated");
  const marked = new Set(inner.dataset.marked.split(" ").filter(Boolean));
  for (const place of inner.querySelectorAll("p[data-id], .row[data-id], table[data-id]")) {
    const id = place.dataset.id.replace(/#table$/, "");
    place.classList.toggle("amended", marked.has(id));
    if (place.matches("p, .row")) place.tabIndex = marked.has(id) ? 0 : -1;
  }
}

function tell(place) {
  for (const old of box.querySelectorAll(".lit-place")) old.classList.remove("lit-place");
  place.classList.add("lit-place");
  const owner = place.matches("table") ? place.closest("section").querySelector("p[data-id]") : place;
  const above = place.matches("table") ? before(place) || owner : owner;
  window.htmx.ajax("GET", `${box.dataset.history}?place=${encodeURIComponent(above.dataset.id)}`, { target: "#history", swap: "innerHTML" });
}

// The provision that a table belongs to stands before it.
function before(table) {
  let found = table.closest(".wide") || table;
  while (found && !found.matches("p[data-id]")) found = found.previousElementSibling;
  return found;
}

box.addEventListener("click", (event) => {
  if (event.target.closest("a")) return;
  const place = event.target.closest("p[data-id], .row[data-id], table[data-id]");
  if (place) tell(place);
});
box.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-id]")) tell(event.target);
});
box.addEventListener("htmx:afterSwap", mark);
mark();
