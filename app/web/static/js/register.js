// The register: short addresses, menus that close, and the keyboard kept where hits were swapped in.

const form = document.getElementById("register-form");

form?.addEventListener("formdata", (event) => {
  for (const [name, value] of [...event.formData]) {
    if (!value) event.formData.delete(name);
  }
  if (event.formData.getAll("col").join(" ") === form.dataset.usual.trim()) event.formData.delete("col");
  if (![...event.formData].length) event.formData.append("all", "1");
});

const menus = [...document.querySelectorAll("details.drop")];

for (const menu of menus) {
  menu.addEventListener("toggle", () => {
    if (!menu.open) return;
    for (const other of menus) if (other !== menu) other.open = false;
  });
}

document.addEventListener("click", (event) => {
  for (const menu of menus) if (menu.open && !menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = menus.find((menu) => menu.open);
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  const hits = event.detail.elt.closest?.(".hit.all") || document.querySelector(".hit.all:not([data-seen])");
  if (hits) {
    hits.dataset.seen = "1";
    hits.focus({ preventScroll: true });
  }
});
