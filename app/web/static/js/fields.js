// Reading and writing the controls of a question, and editing table rows.

const rowsOf = (question) => [...question.querySelectorAll(":scope > [data-rows] > [data-row]")];

function rowValue(row) {
  const cells = {};
  for (const cell of row.querySelectorAll("[data-cell]")) if (cell.value.trim()) cells[cell.dataset.cell] = cell.value;
  return cells;
}

// The raw answer a question's controls hold: text, a list, a mapping, or rows. Empty text means "not answered".
export function read(question) {
  switch (question.dataset.kind) {
    case "choice": {
      const select = question.querySelector("select");
      if (select) return select.value;
      const chosen = question.querySelector("input:checked");
      return chosen ? chosen.value : "";
    }
    case "many":
      return [...question.querySelectorAll("input:checked")].map((input) => input.value);
    case "list":
      return question.querySelector("textarea").value.split("\n").map((line) => line.trim()).filter(Boolean);
    case "contact": {
      const fields = {};
      for (const input of question.querySelectorAll("[data-field]")) if (input.value.trim()) fields[input.dataset.field] = input.value;
      return Object.keys(fields).length ? fields : "";
    }
    case "table":
      return rowsOf(question).map(rowValue).filter((row) => Object.keys(row).length);
    default:
      return question.querySelector("input, textarea").value;
  }
}

// Put a raw answer back into the controls (after a reload, or when the server knows better).
export function write(question, value) {
  const kind = question.dataset.kind;
  if (kind === "choice") {
    const select = question.querySelector("select");
    if (select) select.value = value;
    else for (const input of question.querySelectorAll("input")) input.checked = input.value === value;
  } else if (kind === "many") {
    for (const input of question.querySelectorAll("input")) input.checked = Array.isArray(value) && value.includes(input.value);
  } else if (kind === "list") {
    question.querySelector("textarea").value = Array.isArray(value) ? value.join("\n") : value;
  } else if (kind === "contact") {
    for (const input of question.querySelectorAll("[data-field]")) input.value = (value && value[input.dataset.field]) || "";
  } else if (kind === "table") {
    const holder = question.querySelector(":scope > [data-rows]");
    if (!holder || !Array.isArray(value)) return;
    holder.replaceChildren();
    for (const cells of value) {
      const row = blankRow(question);
      for (const cell of row.querySelectorAll("[data-cell]")) cell.value = cells[cell.dataset.cell] || "";
      row.open = false;
      holder.append(row);
    }
    renumber(question);
  } else {
    const input = question.querySelector("input, textarea");
    if (input.value !== value) input.value = value;
  }
}

const blankRow = (question) => question.querySelector(":scope > template").content.querySelector("[data-row]").cloneNode(true);

export function renumber(question) {
  rowsOf(question).forEach((row, index, all) => {
    row.querySelector(".row-no").textContent = index + 1;
    row.querySelector("[data-row-up]").disabled = index === 0;
    row.querySelector("[data-row-down]").disabled = index === all.length - 1;
    const texts = [...row.querySelectorAll("input[data-cell], textarea[data-cell]")].map((c) => c.value.trim()).filter(Boolean);
    if (texts.length) row.querySelector(".row-summary").textContent = texts.slice(0, 2).join("　").slice(0, 60);
  });
}

export function prepare(root) {
  for (const question of root.querySelectorAll('[data-kind="table"]')) if (rowsOf(question).length) renumber(question);
}

// Row buttons; true when the rows of ``question`` changed and must be saved.
export function rowAction(button) {
  const question = button.closest("[data-question]");
  const row = button.closest("[data-row]");
  if (button.matches("[data-row-add]")) {
    const added = blankRow(question);
    question.querySelector(":scope > [data-rows]").append(added);
    renumber(question);
    added.querySelector("[data-cell]").focus();
    return null;
  }
  if (button.matches("[data-row-remove]")) {
    const next = row.nextElementSibling || row.previousElementSibling;
    row.remove();
    (next ? next.querySelector("summary") : question.querySelector("[data-row-add]")).focus();
  } else if (button.matches("[data-row-up]") && row.previousElementSibling) {
    row.previousElementSibling.before(row);
    button.focus();
  } else if (button.matches("[data-row-down]") && row.nextElementSibling) {
    row.nextElementSibling.after(row);
    button.focus();
  } else {
    return null;
  }
  renumber(question);
  return question;
}
