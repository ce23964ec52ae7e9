// The comparison: folds that open in place, and the way from change to change by keyboard.

import { toast } from "./app.js";

const text = document.getElementById("redline");
const stepper = document.getElementById("stepper");
const at = stepper.querySelector("[data-at]");
let current = -1;

// ---- folds

function openable(root) {
  for (const fold of root.querySelectorAll("p.fold[data-count]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "fold-open";
    button.textContent = text.dataset.open.replace("{count}", fold.dataset.count);
    button.addEventListener("click", () => unfold(fold, button));
    fold.replaceChildren(button);
  }
}

async function unfold(fold, button) {
  button.disabled = true;
  const url = `${text.dataset.part}&first=${fold.dataset.first}&count=${fold.dataset.count}`;
  try {
    const response = await fetch(url, { headers: { "HX-Request": "true" } });
    if (!response.ok) throw new Error(String(response.status));
    const part = new DOMParser().parseFromString(await response.text(), "text/html").body;
    const pieces = [...part.children];
    (fold.closest(".pair") || fold).replaceWith(...pieces);
    reachable(text);
    if (pieces[0]) {
      pieces[0].tabIndex = -1;
      pieces[0].focus({ preventScroll: true });
    }
  } catch {
    button.disabled = false;
    toast(document.body.dataset.offline);
  }
}

// ---- from change to change

// A moved provision counts where it went; what only follows a renumbering is passed over, unless there is nothing else.
function stops() {
  const all = [...text.querySelectorAll('[data-change]:not([data-change="unchanged"], tr)')].filter((e) => !e.id.startsWith("rd-old-") || e.dataset.change === "removed");
  const greater = all.filter((e) => !e.hasAttribute("data-minor"));
  return greater.length ? greater : all;
}

function step(by) {
  const all = stops();
  if (!all.length) return;
  const here = all.indexOf(document.activeElement);
  current = here >= 0 ? here + by : current + by;
  current = (current + all.length) % all.length;
  go(all[current], all.length);
}

function go(target, count) {
  for (const old of text.querySelectorAll(".at-change")) old.classList.remove("at-change");
  target.classList.add("at-change");
  target.tabIndex = -1;
  target.focus({ preventScroll: true });
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  target.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
  at.textContent = `${current + 1} / ${count}`;
}

function typing(target) {
  return target.closest("input, select, textarea, [contenteditable]");
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "n" || event.key === "p") {
    event.preventDefault();
    step(event.key === "n" ? 1 : -1);
  }
});
stepper.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step]");
  if (button) step(Number(button.dataset.step));
});
document.addEventListener("click", (event) => {
  const link = event.target.closest('.changes a[href^="#rd-"]');
  const target = link && document.getElementById(link.getAttribute("href").slice(1));
  if (!target) return;
  event.preventDefault();
  const all = stops();
  current = all.indexOf(target);
  if (current >= 0) return go(target, all.length);
  target.tabIndex = -1;
  target.focus({ preventScroll: true });
  target.scrollIntoView({ block: "center" });
});

// What scrolls by itself must be reachable by keyboard.
function reachable(root) {
  for (const part of root.querySelectorAll(".wide, .scroll, table.grid")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
    else part.removeAttribute("tabindex");
  }
}

openable(text);
reachable(document);
addEventListener("resize", () => reachable(document));
const count = stops().length;
stepper.hidden = !count;
at.textContent = count ? `– / ${count}` : "";
