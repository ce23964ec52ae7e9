// A paper being drafted: its questions are saved as they are typed, its text and its checks follow.

import { Autosave } from "./autosave.js";
import { prepare, read, renumber, rowAction, write } from "./fields.js";
import { Paper } from "./paper.js";

const desk = document.getElementById("paper-desk");
const previewPane = document.getElementById("pane-preview");
const questionOf = (name) => desk.querySelector(`#paper-questions [data-question="${CSS.escape(name)}"]`);

const preview = new Paper({ pane: previewPane, url: desk.dataset.preview, onValue: goToQuestion, onProvision: () => {} });
const autosave = new Autosave({
  draft: `${desk.dataset.user}:paper-${desk.dataset.paper}`,
  url: () => desk.dataset.answers,
  status: document.getElementById("saved"),
  onSaved: (state) => {
    apply(state);
    changed();
  },
});

// Answers of a paper carry no revision of their own.
const put = (question, value, now = false) => autosave.put(question.dataset.question, value, 0, now);

let timer = 0;
function changed() {
  preview.soon();
  clearTimeout(timer);
  timer = setTimeout(() => window.htmx.trigger(document.body, "paper-changed"), 300);
}

// ---- what the server says about the questions

function apply(state) {
  for (const [name, known] of Object.entries(state.questions)) {
    const question = questionOf(name);
    if (!question) continue;
    question.hidden = !known.applies;
    question.classList.toggle("given", known.given);
    question.classList.toggle("faulty", known.faults.length > 0);
    question.querySelector("[data-reset]").hidden = !known.given;
    const fault = question.querySelector(".q-fault");
    const text = known.faults.join("；");
    if (fault.textContent !== text) fault.textContent = text;
    const control = question.querySelector(`#${CSS.escape(`f-${name}`)}`);
    if (control) control.setAttribute("aria-invalid", String(known.faults.length > 0));
    if (known.shown !== null && !autosave.pending.has(name) && !question.contains(document.activeElement)) write(question, known.shown);
  }
  for (const group of desk.querySelectorAll("#paper-questions .group")) group.hidden = !group.querySelector(".q:not([hidden])");
}

async function reload() {
  const response = await fetch(desk.dataset.answers, { headers: { Accept: "application/json" } });
  if (response.ok) apply(await response.json());
}

// ---- typing

const inForm = (target) => {
  const question = target.closest("[data-question]");
  return question && question.closest("#paper-questions") ? question : null;
};

desk.addEventListener("input", (event) => {
  const question = inForm(event.target);
  if (!question) return;
  put(question, read(question));
  if (question.dataset.kind === "table") renumber(question);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-picker]")) event.target.parentElement.querySelector("input").value = event.target.value;
  const question = inForm(event.target);
  if (question) put(question, read(question), true);
});

desk.addEventListener("focusin", (event) => {
  const question = inForm(event.target);
  if (question) preview.show(question.dataset.question);
});

desk.addEventListener("focusout", (event) => {
  const question = inForm(event.target);
  if (question && !autosave.pending.size && !question.contains(event.relatedTarget)) setTimeout(reload, 200);
});

desk.addEventListener("submit", (event) => {
  if (event.target.matches(".questionnaire")) event.preventDefault();
});

desk.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches(".questionnaire input")) {
    event.preventDefault();
    event.target.dispatchEvent(new Event("change", { bubbles: true }));
  }
});

// ---- tabs and panes

export function tab(name) {
  const tabs = [...desk.querySelectorAll('[role="tab"]')];
  if (!tabs.some((t) => t.dataset.tab === name)) return;
  for (const button of tabs) {
    const chosen = button.dataset.tab === name;
    button.setAttribute("aria-selected", String(chosen));
    button.tabIndex = chosen ? 0 : -1;
    document.getElementById(`pane-${button.dataset.tab}`).hidden = !chosen;
  }
  if (name === "preview") preview.reachable();
}

export function pane(name) {
  desk.dataset.pane = name;
  tab(name);
  for (const button of desk.querySelectorAll("[data-pane-to]")) button.setAttribute("aria-pressed", String(button.dataset.paneTo === name));
}

desk.querySelector('[role="tablist"]').addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step) return;
  const tabs = [...desk.querySelectorAll('[role="tab"]')];
  const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
  tab(next.dataset.tab);
  next.focus();
});

function goToQuestion(name) {
  const question = questionOf(name);
  if (!question) return;
  pane("fill");
  question.scrollIntoView({ block: "center" });
  const control = question.querySelector("input, select, textarea, summary");
  if (control) control.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const data = button.dataset;
  if (data.tab) tab(data.tab);
  else if (data.paneTo) pane(data.paneTo);
  else if (data.gotoQuestion) goToQuestion(data.gotoQuestion);
  else if ("pickDate" in data) pickDate(button.parentElement);
  else if ("reset" in data && inForm(button)) reset(inForm(button));
  else if (button.matches("[data-row-add], [data-row-remove], [data-row-up], [data-row-down]")) {
    const question = rowAction(button);
    if (question && inForm(button)) put(question, read(question), true);
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
  const response = await fetch(location.pathname, { headers: { Accept: "text/html" } });
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("paper-questions");
  if (fresh) document.getElementById("paper-questions").replaceWith(fresh);
  prepare(desk);
}

// ---- how much stands in the way

document.addEventListener("htmx:afterSettle", () => {
  const found = desk.querySelector("[data-blocking]");
  if (!found) return;
  for (const place of desk.querySelectorAll("[data-blocking-count]")) {
    const count = Number(found.dataset.blocking);
    place.innerHTML = "";
    if (!count) continue;
    const mark = document.createElement("span");
    mark.className = "count error";
    mark.textContent = count;
    place.append(mark);
  }
});
document.body.addEventListener("amendment-changed", () => preview.soon());

prepare(desk);
for (const [name, value] of autosave.pending) {
  const question = questionOf(name);
  if (question && value !== null) write(question, value);
}
preview.refresh();
reload();
autosave.flush();
