// The amendment editor: a provision or a value of the text is chosen, changed in a dialog, and everything beside it follows.

import { toast, token } from "./app.js";
import { prepare, read } from "./fields.js";
import { Paper } from "./paper.js";
import { pane } from "./papers.js";

const desk = document.getElementById("paper-desk");
const textPane = document.getElementById("pane-text");
const dialog = document.getElementById("dialog");
const tools = document.getElementById("provision-tools");
const changes = document.getElementById("changes");
const editable = !desk.hasAttribute("data-read-only");

class AmendedText extends Paper {
  mark(sheet) {
    for (const kind of ["changed", "added", "struck"]) {
      for (const id of (sheet.dataset[kind] || "").split(" ").filter(Boolean)) {
        const place = sheet.querySelector(`[data-id="${CSS.escape(id)}"]`);
        if (place) place.classList.add("amended", kind);
      }
    }
    if (editable) for (const place of sheet.querySelectorAll("p[data-id]")) if (!place.closest(".cover, .party")) place.tabIndex = 0;
  }
}

const text = new AmendedText({ pane: textPane, url: desk.dataset.text, onValue: editValue, onProvision: offerTools });

// ---- choosing a place

let chosen = null;
function offerTools(place) {
  for (const old of textPane.querySelectorAll(".chosen-provision")) old.classList.remove("chosen-provision");
  chosen = editable ? place : null;
  tools.hidden = !chosen;
  if (!chosen) return;
  chosen.classList.add("chosen-provision");
  chosen.after(tools);
}

textPane.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("p[data-id]")) return;
  event.preventDefault();
  offerTools(event.target);
  tools.querySelector("button").focus();
});

// The fresh text takes the place of the one the tools stood in; what was chosen stays chosen.
textPane.addEventListener("paper-ready", () => {
  const id = chosen && chosen.dataset.id;
  document.body.append(tools);
  offerTools(id ? text.place(id) : null);
});

// ---- the dialog

function open(query) {
  if (!editable) return;
  window.htmx.ajax("GET", `${desk.dataset.edit}?${query}`, { target: dialog, swap: "innerHTML" }).then(() => {
    prepare(dialog);
    if (!dialog.open) dialog.showModal();
    const field = dialog.querySelector("textarea, [data-question] input, [data-question] select, [data-question] summary");
    if (field) field.focus();
  });
}

function editValue(name) {
  open(`variable=${encodeURIComponent(name)}`);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const data = button.dataset;
  if (data.editKind) open(`place=${encodeURIComponent(chosen.dataset.id)}&kind=${data.editKind}`);
  else if (data.editValue) editValue(data.editValue);
  else if (data.gotoPlace) goToPlace(data.gotoPlace);
  else if ("closeDialog" in data) dialog.close();
});

function goToPlace(id) {
  pane("text");
  const place = text.place(id);
  if (place) text.reveal(place);
}

dialog.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-value-form]");
  if (!form) return;
  event.preventDefault();
  const question = form.querySelector("[data-question]");
  const button = form.querySelector("button.primary");
  button.disabled = true;
  try {
    const response = await fetch(form.dataset.url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token() },
      body: JSON.stringify({ answers: { [question.dataset.question]: read(question) } }),
    });
    const said = await response.json();
    if (response.ok) {
      dialog.close();
      window.htmx.trigger(document.body, "amendment-changed");
    } else if (said.faults) {
      question.classList.add("faulty");
      question.querySelector(".q-fault").textContent = said.faults.join("；");
    } else toast(said.message || document.body.dataset.failed);
  } catch {
    toast(document.body.dataset.offline);
  } finally {
    button.disabled = false;
  }
});

document.body.addEventListener("close-dialog", () => dialog.close());
document.body.addEventListener("amendment-changed", () => {
  text.soon();
  const search = document.getElementById("find-value");
  if (search) search.value = "";
  document.getElementById("value-choice")?.replaceChildren();
});

// ---- how many edits there are

changes.addEventListener("htmx:afterSettle", () => {
  const found = changes.querySelector("[data-edits]");
  if (!found) return;
  for (const place of desk.querySelectorAll("[data-edit-count]")) {
    place.textContent = "";
    if (found.dataset.edits === "0") continue;
    const mark = document.createElement("span");
    mark.className = "count info";
    mark.textContent = found.dataset.edits;
    place.append(mark);
  }
});

text.refresh();
