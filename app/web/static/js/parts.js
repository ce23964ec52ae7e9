// Rows of a form that may be added and taken away: addresses, accounts, licences, contacts.

function addRow(section) {
  const rows = section.querySelector("[data-parts-rows]");
  const taken = [...rows.querySelectorAll("[name]")].map((field) => Number(field.name.split("-")[1]));
  const index = Math.max(-1, ...taken) + 1;
  const row = section.querySelector("template").content.firstElementChild.cloneNode(true);
  for (const part of row.querySelectorAll("[id], [for], [name]")) {
    for (const name of ["id", "for", "name"]) {
      if (part.hasAttribute(name)) part.setAttribute(name, part.getAttribute(name).replace("-__-", `-${index}-`));
    }
  }
  row.querySelector("[data-part-remove]").hidden = false;
  rows.append(row);
  row.querySelector("input, select").focus();
}

for (const button of document.querySelectorAll("[data-part-add], [data-part-remove]")) button.hidden = false;

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-part-add], [data-part-remove]");
  if (!button) return;
  const section = button.closest("[data-parts]");
  if (button.matches("[data-part-add]")) {
    addRow(section);
  } else {
    button.closest("[data-part]").remove();
    section.querySelector("[data-part-add]").focus();
  }
});
