// Comments beside the text: each thread stands level with its provision where there is room, below it where there is not.

import { toast } from "./app.js";

const page = document.getElementById("text-page");
const paper = document.getElementById("paper");
const margin = document.getElementById("margin");
const notes = document.getElementById("margin-notes");
const whole = document.getElementById("whole");
const mayComment = page.hasAttribute("data-may-comment");
const wide = matchMedia("(min-width: 1081px)");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const GAP = 10;
let active = null;

// ---- places of the paper

const places = [...paper.querySelectorAll("p.art, p.par, p.itm, p.sub, p.preamble, .row")].filter((e) => e.dataset.id);
const byId = new Map(places.map((e) => [e.dataset.id, e]));
for (const place of places) place.tabIndex = -1;

const placeOf = (card) => byId.get(card.dataset.place);
const cards = () => [...page.querySelectorAll(".note")].filter((c) => placeOf(c) && !c.closest(".margin-top"));

function scrollTo(target) {
  target.scrollIntoView({ block: "center", behavior: calm.matches ? "auto" : "smooth" });
}

// ---- where the cards stand

// Level with their provisions, none over another; the one that is being read or written has the first choice.
function beside() {
  const top = notes.getBoundingClientRect().top;
  const list = cards().map((card) => ({ card, want: placeOf(card).getBoundingClientRect().top - top, height: card.offsetHeight }));
  const order = new Map(places.map((p, i) => [p, i]));
  list.sort((a, b) => order.get(placeOf(a.card)) - order.get(placeOf(b.card)));
  const chosen = Math.max(list.findIndex((x) => x.card === active), 0);
  let floor = 0;
  for (const item of list) {
    item.at = Math.max(item.want, floor);
    floor = item.at + item.height + GAP;
  }
  // Then the chosen one goes level and pushes those above it up, as far as there is room.
  if (active && list.length) {
    list[chosen].at = Math.max(list[chosen].want, list.slice(0, chosen).reduce((sum, x) => sum + x.height + GAP, 0));
    for (let i = chosen - 1; i >= 0; i--) list[i].at = Math.min(list[i].at, list[i + 1].at - list[i].height - GAP);
    for (let i = chosen + 1; i < list.length; i++) list[i].at = Math.max(list[i].want, list[i - 1].at + list[i - 1].height + GAP);
  }
  for (const { card, at } of list) card.style.top = `${Math.max(at, 0)}px`;
  const last = list[list.length - 1];
  notes.style.height = last ? `${last.at + last.height + 40}px` : "0";
}

// Below their provision, behind a line that says how many there are.
function below() {
  for (const card of cards()) {
    card.style.top = "";
    slotOf(placeOf(card)).querySelector(".slot-cards").append(card);
  }
  notes.style.height = "";
  for (const slot of paper.querySelectorAll(".slot")) {
    const inside = slot.querySelectorAll(".note");
    if (!inside.length) {
      slot.remove();
      continue;
    }
    const threads = slot.querySelectorAll(".thread").length;
    slot.querySelector(".slot-open").hidden = !threads;
    slot.querySelector(".slot-open").textContent = page.dataset.marks.replace("{count}", threads);
    if (slot.querySelector(".new-comment")) open(slot, true);
  }
}

function slotOf(place) {
  const next = place.nextElementSibling;
  if (next && next.classList.contains("slot")) return next;
  const slot = document.createElement("div");
  slot.className = "slot";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "slot-open";
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => open(slot, button.getAttribute("aria-expanded") !== "true"));
  const inside = document.createElement("div");
  inside.className = "slot-cards";
  inside.hidden = true;
  slot.append(button, inside);
  place.after(slot);
  return slot;
}

function open(slot, wanted) {
  slot.querySelector(".slot-open").setAttribute("aria-expanded", String(wanted));
  slot.querySelector(".slot-cards").hidden = !wanted;
}

function layout() {
  if (wide.matches) {
    for (const card of cards()) if (card.parentElement !== notes) notes.append(card);
    for (const slot of paper.querySelectorAll(".slot")) slot.remove();
    beside();
  } else below();
  for (const place of places) place.classList.remove("commented");
  for (const card of cards()) placeOf(card).classList.add("commented");
}

function activate(card, { scroll = false } = {}) {
  if (active) {
    active.classList.remove("active");
    if (placeOf(active)) placeOf(active).classList.remove("lit-place");
  }
  active = card;
  if (!card) return layout();
  card.classList.add("active");
  const place = placeOf(card);
  if (place) place.classList.add("lit-place");
  const slot = card.closest(".slot");
  if (slot) open(slot, true);
  if (wide.matches) beside();
  if (scroll && place) scrollTo(place);
}

// ---- a new comment

const add = document.createElement("button");
add.type = "button";
add.className = "add-comment button small";
add.textContent = page.dataset.add;
add.tabIndex = -1; // by keyboard it is Enter on the provision
add.hidden = true;
let aimed = null;

function aim(place) {
  if (!mayComment || place === aimed) return;
  aimed = place;
  add.hidden = !place;
  if (place) {
    add.setAttribute("aria-label", `${page.dataset.add} ${place.textContent.trim().slice(0, 24)}`);
    add.style.top = `${place.getBoundingClientRect().top - paper.getBoundingClientRect().top}px`;
  }
}

async function begin(id) {
  const old = document.getElementById("new-comment");
  if (old) {
    const text = old.querySelector("textarea");
    if (text.value.trim() && old.dataset.place !== id) {
      toast(page.dataset.unsaved);
      activate(old, { scroll: true });
      return text.focus({ preventScroll: true });
    }
    if (old.dataset.place === id) return text.focus();
    old.remove();
  }
  const holder = document.createElement("div");
  (id ? notes : whole).prepend(holder);
  await window.htmx.ajax("GET", `${page.dataset.new}&place=${encodeURIComponent(id)}`, { target: holder, swap: "outerHTML" });
  const form = document.getElementById("new-comment");
  if (!form) return;
  layout();
  activate(form);
  form.querySelector("textarea").focus({ preventScroll: wide.matches });
  if (!wide.matches) scrollTo(form);
}

function cancel(form) {
  const place = placeOf(form);
  form.remove();
  activate(null);
  if (place) place.focus({ preventScroll: true });
  else document.querySelector("[data-comment-whole]").focus();
}

// ---- what people do

document.addEventListener("click", (event) => {
  const target = event.target;
  if (target.closest("[data-comment-whole]")) return begin("");
  if (target.closest("[data-cancel]")) return cancel(target.closest(".note"));
  const goto = target.closest("[data-goto]");
  if (goto) {
    const place = byId.get(goto.dataset.goto);
    activate(goto.closest(".note"));
    if (place) {
      scrollTo(place);
      place.focus({ preventScroll: true });
    }
    return;
  }
  const link = target.closest(".paper a[href^='#']");
  if (link) {
    const place = document.getElementById(link.getAttribute("href").slice(1));
    if (place) {
      event.preventDefault();
      scrollTo(place);
    }
    return;
  }
  const card = target.closest(".note");
  if (card) {
    if (card !== active) activate(card);
    return;
  }
  const place = target.closest("[data-id]");
  if (place && byId.get(place.dataset.id) === place) {
    const first = cards().find((c) => placeOf(c) === place);
    if (first) activate(first);
    if (!wide.matches) aim(place);
  }
});
add.addEventListener("click", () => aimed && begin(aimed.dataset.id));
paper.addEventListener("mouseover", (event) => {
  const place = event.target.closest("[data-id]");
  if (place && byId.get(place.dataset.id) === place) aim(place);
});
paper.addEventListener("focusin", (event) => {
  const place = event.target.closest("[data-id]");
  if (place && byId.get(place.dataset.id) === place) aim(place);
});
page.addEventListener("focusin", (event) => {
  const card = event.target.closest(".note");
  if (card && card !== active) activate(card);
});

// By keyboard: the arrows go from provision to provision, Enter comments, Escape gives a comment up.
paper.addEventListener("keydown", (event) => {
  if (event.target.closest(".note, button, a")) return;
  const here = places.indexOf(document.activeElement);
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const seen = here < 0 ? places.findIndex((p) => p.getBoundingClientRect().bottom > 60) : here + (event.key === "ArrowDown" ? 1 : -1);
    const next = places[Math.min(Math.max(seen, 0), places.length - 1)];
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter" && here >= 0 && mayComment) {
    event.preventDefault();
    begin(places[here].dataset.id);
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.closest(".new-comment") && !event.target.value) cancel(event.target.closest(".note"));
});

// A reply under an internal comment is internal; what was swapped in takes the place of what it replaced.
document.addEventListener("htmx:afterSettle", (event) => {
  const id = event.detail.elt && event.detail.elt.id;
  const card = id && id.startsWith("thread-") ? document.getElementById(id) : null;
  const empty = margin.querySelector(".margin-empty");
  if (card && empty) empty.remove();
  layout();
  if (!card) return;
  activate(card);
  const fault = card.querySelector("textarea[name=text]");
  if (card.querySelector(".q-fault") && fault) fault.focus({ preventScroll: true });
  else card.focus({ preventScroll: true });
});
page.addEventListener("toggle", (event) => {
  layout();
  const reply = event.target.matches("details.reply[open]") && event.target.querySelector("textarea");
  if (reply) reply.focus({ preventScroll: true });
}, true);
addEventListener("beforeunload", (event) => {
  const text = document.querySelector("#new-comment textarea");
  if (text && text.value.trim()) event.preventDefault();
});

// What scrolls by itself must be reachable by keyboard.
function reachable() {
  for (const part of paper.querySelectorAll("table.grid, .wide")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
    else part.removeAttribute("tabindex");
  }
}

paper.append(add);
reachable();
addEventListener("resize", reachable);
layout();
const watch = new ResizeObserver(layout);
watch.observe(paper);
watch.observe(document.getElementById("margin-top"));
wide.addEventListener("change", layout);
const wanted = location.hash.startsWith("#thread-") && document.getElementById(location.hash.slice(1));
if (wanted) {
  activate(wanted, { scroll: true });
  wanted.focus({ preventScroll: true });
}
