// The workspace: questions, paper and findings tied together.

import { token, toast, tooBig } from "./app.js";
import { Autosave } from "./autosave.js";
import { prepare, read, renumber, rowAction, write } from "./fields.js";
import { Paper } from "./paper.js";

const desk = document.getElementById("workspace");
const panes = { paper: document.getElementById("pane-paper"), findings: document.getElementById("pane-findings") };
const dialog = document.getElementById("dialog");
const tools = document.getElementById("provision-tools");
const narrow = matchMedia("(max-width: 960px)");
const questionOf = (name) => document.getElementById(`q-${name}`);

const paper = new Paper({ pane: panes.paper, url: desk.dataset.preview, onValue: goToQuestion, onProvision: offerTools });
const autosave = new Autosave({
  draft: `${desk.dataset.user}:${desk.dataset.draft}`,
  url: () => `${desk.dataset.answers}?chapter=${desk.dataset.chapter}`,
  status: document.getElementById("saved"),
  onSaved: (state, sent) => {
    apply(state, sent);
    for (const conflict of state.conflicts) showConflict(conflict);
    if (state.conflicts.length) toast(desk.dataset.conflict.replace("{label}", state.conflicts[0].label));
    changed();
  },
});

let findingsTimer = 0;
function changed() {
  paper.soon();
  clearTimeout(findingsTimer);
  findingsTimer = setTimeout(() => htmx.trigger(panes.findings, "findings-due"), 350);
}

// ---- what the server says about the questions ----

// ``sent``: what this page has just saved; the answers that it shows are then its own.
function apply(state, sent = new Map()) {
  for (const [name, known] of Object.entries(state.questions)) {
    const question = questionOf(name);
    if (!question) continue;
    question.hidden = !known.applies;
    question.classList.toggle("given", known.given);
    question.classList.toggle("faulty", known.faults.length > 0);
    question.querySelector("[data-reset]").hidden = !known.given;
    const fault = document.getElementById(`e-${name}`);
    const text = known.faults.join("；");
    if (fault.textContent !== text) fault.textContent = text;
    const control = document.getElementById(`f-${name}`);
    if (control) control.setAttribute("aria-invalid", String(known.faults.length > 0));
    const free = known.shown !== null && !autosave.pending.has(name) && !autosave.conflicts.has(name) && !question.contains(document.activeElement);
    if (free) write(question, known.shown);
    if (free || (sent.has(name) && !autosave.conflicts.has(name))) question.dataset.seen = known.revision;
    if (control) control.toggleAttribute("data-default", !known.given && Boolean(known.shown));
  }
  for (const [index, [answered, needed, faults]] of Object.entries(state.progress)) {
    const mark = desk.querySelector(`[data-progress="${index}"]`);
    mark.textContent = needed ? `${answered}/${needed}` : "";
    mark.classList.toggle("done", answered >= needed && !faults);
    mark.classList.toggle("faulty", faults > 0);
  }
  const [answered, needed] = state.total;
  desk.querySelector("[data-total]").textContent = `${answered}/${needed}`;
  const bar = desk.querySelector("[data-total-bar]");
  bar.max = needed || 1;
  bar.value = answered;
  const heading = document.querySelector(".draft-name h1");
  if (state.number) heading.textContent = state.number;
  document.querySelector(".draft-title").textContent = state.title;
  filter();
}

async function reload() {
  const response = await fetch(`${desk.dataset.answers}?chapter=${desk.dataset.chapter}`, { headers: { Accept: "application/json" } });
  if (response.ok) apply(await response.json());
}

// ---- two people, one question ----

function showConflict(conflict) {
  const question = questionOf(conflict.name);
  if (!question) return;
  question.querySelector(".q-conflict")?.remove();
  const box = document.getElementById("conflict").content.firstElementChild.cloneNode(true);
  box.querySelector("[data-by]").textContent = conflict.by;
  box.querySelector("[data-theirs]").textContent = conflict.words || desk.dataset.emptied;
  question.querySelector(".q-head").after(box);
}

function settle(question, mine) {
  const name = question.dataset.question;
  const conflict = autosave.conflicts.get(name);
  question.querySelector(".q-conflict").remove();
  autosave.settle(name);
  question.dataset.seen = conflict.revision;
  if (mine) autosave.put(name, conflict.mine ?? "", conflict.revision, true);
  else {
    write(question, conflict.theirs ?? "");
    reload();
  }
  question.querySelector("input, select, textarea, summary")?.focus();
}

desk.addEventListener("click", (event) => {
  const button = event.target.closest("[data-keep-mine], [data-take-theirs]");
  if (button) settle(button.closest("[data-question]"), button.matches("[data-keep-mine]"));
});

// ---- typing ----

const put = (question, value, now) => autosave.put(question.dataset.question, value, Number(question.dataset.seen), now);

desk.addEventListener("input", (event) => {
  const question = event.target.closest("[data-question]");
  if (!question) return;
  put(question, read(question));
  if (question.dataset.kind === "table") renumber(question);
});

desk.addEventListener("change", (event) => {
  if (event.target.matches("[data-upload]")) return upload(event.target);
  if (event.target.matches("[data-picker]")) event.target.parentElement.querySelector("input").value = event.target.value;
  const question = event.target.closest("[data-question]");
  if (question) put(question, read(question), true);
});

desk.addEventListener("focusin", (event) => {
  const question = event.target.closest("[data-question]");
  if (!question) return;
  for (const other of desk.querySelectorAll(".q.current")) other.classList.remove("current");
  question.classList.add("current");
  if (!narrow.matches) paper.show(question.dataset.question);
  else paper.focused = question.dataset.question;
});

desk.addEventListener("focusout", (event) => {
  const question = event.target.closest("[data-question]");
  if (question && !autosave.pending.size && !question.contains(event.relatedTarget)) tidy(question);
});

// A figure that was typed plainly gets its thousands separators once the person has moved on.
let tidying = 0;
function tidy() {
  clearTimeout(tidying);
  tidying = setTimeout(() => reload(), 200);
}

desk.addEventListener("submit", (event) => {
  if (event.target.matches(".questionnaire")) event.preventDefault();
});

desk.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches(".questionnaire input")) {
    event.preventDefault();
    event.target.dispatchEvent(new Event("change", { bubbles: true }));
  }
});

function filter(kind) {
  const form = desk.querySelector(".questionnaire");
  if (kind) {
    form.dataset.filtered = kind;
    for (const button of desk.querySelectorAll("[data-filter]")) button.setAttribute("aria-pressed", String(button.dataset.filter === kind));
  }
  const wanted = { all: ".q:not([hidden])", needed: ".q.needed:not([hidden])", given: ".q.given:not([hidden])" }[form.dataset.filtered];
  for (const group of form.querySelectorAll(".group")) group.hidden = form.dataset.filtered !== "all" && !group.querySelector(wanted);
  form.querySelector(".nothing").hidden = form.dataset.filtered === "all" || Boolean(form.querySelector(wanted));
}

// ---- moving about ----

async function openChapter(query, push = true) {
  const url = `${desk.dataset.base}?${query}`;
  let page;
  try {
    const response = await fetch(url, { headers: { Accept: "text/html" } });
    if (!response.ok) throw new Error(String(response.status));
    page = new DOMParser().parseFromString(await response.text(), "text/html");
  } catch {
    toast(document.body.dataset.offline);
    return false;
  }
  const source = page.getElementById("workspace");
  document.getElementById("questions").replaceWith(page.getElementById("questions"));
  desk.dataset.chapter = source.dataset.chapter;
  for (const link of desk.querySelectorAll(".chapters [data-chapter-link]")) {
    if (link.dataset.chapterLink === desk.dataset.chapter) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  desk.querySelector(".fill").scrollTop = 0;
  if (push) history.pushState({}, "", `${desk.dataset.base}?chapter=${desk.dataset.chapter}`);
  begin();
  return true;
}

addEventListener("resize", () => paper.reachable());
addEventListener("popstate", () => openChapter(location.search.slice(1) || "chapter=0", false));

async function goToQuestion(name) {
  if (!questionOf(name)) await openChapter(`variable=${encodeURIComponent(name)}`);
  const question = questionOf(name);
  if (!question) return;
  filter("all");
  pane("fill");
  const control = question.querySelector("input, select, textarea, summary") || question.querySelector("button");
  question.scrollIntoView({ block: "center" });
  if (control) control.focus({ preventScroll: true });
}

function goToPlace(id) {
  tab("paper");
  pane("paper");
  const place = paper.place(id);
  if (place) paper.reveal(place);
}

function tab(name) {
  for (const [key, shown] of Object.entries(panes)) {
    const button = document.getElementById(`tab-${key}`);
    shown.hidden = key !== name;
    button.setAttribute("aria-selected", String(key === name));
    button.tabIndex = key === name ? 0 : -1;
  }
  if (name === "paper") paper.reachable();
}

// On a narrow screen one pane is shown at a time.
function pane(name) {
  desk.dataset.pane = name === "findings" ? "paper" : name;
  if (name === "findings" || name === "paper") tab(name);
  for (const button of desk.querySelectorAll("[data-pane-to]")) button.setAttribute("aria-pressed", String(button.dataset.paneTo === name));
}

desk.querySelector(".side-tabs").addEventListener("keydown", (event) => {
  if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
  const next = panes.paper.hidden ? "paper" : "findings";
  tab(next);
  document.getElementById(`tab-${next}`).focus();
});

document.addEventListener("click", (event) => {
  const target = event.target;
  const link = target.closest("a[data-chapter-link]");
  if (link && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    openChapter(`chapter=${link.dataset.chapterLink}`).then((opened) => {
      if (!opened) return;
      pane("fill");
      showChapter();
    });
    return;
  }
  const button = target.closest("button");
  if (!button) return;
  const data = button.dataset;
  if (data.filter) filter(data.filter);
  else if (button.role === "tab" || button.getAttribute("role") === "tab") tab(button.id.replace("tab-", ""));
  else if (data.paneTo) pane(data.paneTo);
  else if (data.gotoPlace) goToPlace(data.gotoPlace);
  else if (data.gotoQuestion) goToQuestion(data.gotoQuestion);
  else if (data.deviate) openDialog(data.deviate);
  else if ("closeDialog" in data) dialog.close();
  else if ("pickDate" in data) pickDate(button.parentElement);
  else if ("reset" in data) reset(button.closest("[data-question]"));
  else if (button.matches("[data-row-add], [data-row-remove], [data-row-up], [data-row-down]")) {
    const question = rowAction(button);
    if (question) put(question, read(question), true);
  }
});

function pickDate(field) {
  const [text, picker] = field.querySelectorAll("input");
  picker.value = /^\d{4}-\d{2}-\d{2}$/.test(text.value) ? text.value : "";
  picker.showPicker();
}

async function reset(question) {
  put(question, null);
  await autosave.flush();
  const name = question.dataset.question;
  await openChapter(`chapter=${desk.dataset.chapter}`, false);
  const again = questionOf(name);
  if (again) again.scrollIntoView({ block: "center" });
}

// ---- deviations from the paper ----

let chosen = null;
function offerTools(place) {
  for (const old of panes.paper.querySelectorAll(".chosen-provision")) old.classList.remove("chosen-provision");
  chosen = place;
  tools.hidden = !place;
  if (!place) return;
  place.classList.add("chosen-provision");
  place.after(tools);
}

function openDialog(kind) {
  const url = `${desk.dataset.deviation}?provision=${encodeURIComponent(chosen.dataset.id)}&kind=${kind}`;
  htmx.ajax("GET", url, { target: dialog, swap: "innerHTML" }).then(() => {
    if (!dialog.open) dialog.showModal();
  });
}

panes.paper.addEventListener("paper-ready", () => {
  tools.hidden = true;
  document.body.append(tools);
  chosen = null;
});

document.body.addEventListener("close-dialog", () => dialog.close());
document.body.addEventListener("draft-changed", () => {
  reload();
  changed();
});
document.body.addEventListener("tables-changed", () => {
  const result = document.getElementById("upload-result").innerHTML;
  openChapter(`chapter=${desk.dataset.chapter}`, false).then(() => {
    document.getElementById("upload-result").innerHTML = result;
  });
});

// ---- findings ----

panes.findings.addEventListener("htmx:beforeSwap", (event) => {
  const writing = panes.findings.querySelector("textarea");
  const timed = event.detail.requestConfig.verb === "get";
  if (timed && writing && panes.findings.contains(document.activeElement) && document.activeElement.matches("textarea")) {
    event.detail.shouldSwap = false;
  }
});

panes.findings.addEventListener("htmx:afterSettle", () => {
  const found = panes.findings.querySelector(".findings");
  if (!found) return;
  const { countsError, countsWarn } = found.dataset;
  for (const place of desk.querySelectorAll(".tab-counts")) {
    place.replaceChildren();
    for (const [kind, count] of [["error", countsError], ["warn", countsWarn]]) {
      if (count === "0") continue;
      const badge = document.createElement("span");
      badge.className = `count ${kind}`;
      badge.textContent = count;
      place.append(badge);
    }
  }
});

panes.findings.addEventListener("input", (event) => {
  if (!event.target.matches("[data-count]")) return;
  const letters = event.target.value.replace(/\s/g, "").length;
  event.target.nextElementSibling.textContent = `${letters} / ${event.target.dataset.count}`;
});

// ---- upload ----

async function upload(input) {
  if (!input.files.length || tooBig(input)) return;
  const body = new FormData();
  body.append("file", input.files[0]);
  const result = document.getElementById("upload-result");
  result.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(input.dataset.upload, { method: "POST", body, headers: { "X-CSRFToken": token(), "HX-Request": "true" } });
    const text = await response.text();
    if (response.ok) result.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
    else toast(JSON.parse(text).message);
    for (const name of (response.headers.get("HX-Trigger") || "").split(",").map((part) => part.trim()).filter(Boolean)) {
      document.body.dispatchEvent(new Event(name));
    }
  } catch {
    toast(document.body.dataset.offline);
  }
  result.removeAttribute("aria-busy");
  input.value = "";
}

// ---- beginning ----

function begin() {
  prepare(desk);
  for (const [name, value] of autosave.pending) {
    const question = questionOf(name);
    if (question && value !== null) write(question, value);
  }
  for (const [name, conflict] of autosave.conflicts) {
    const question = questionOf(name);
    if (!question) continue;
    write(question, conflict.mine ?? "");
    showConflict(conflict);
  }
  htmx.process(document.getElementById("questions"));
  filter();
}

// A page opened in the middle of the questionnaire shows the paper at the same chapter.
function showChapter() {
  const place = paper.place(`ch.${desk.dataset.chapter}`);
  if (place && !narrow.matches && !panes.paper.hidden) paper.jump(place);
}

begin();
if (location.hash === "#findings") pane("findings");
paper.refresh().then(() => (desk.dataset.focus ? goToQuestion(desk.dataset.focus) : showChapter()));
autosave.flush();
