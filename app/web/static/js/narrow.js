// A long list of choices narrowed by what is typed above it. Without script the list stands alone, grouped.

const whole = new WeakMap();

// A number is meant as the beginning of a provision's own number: 8.2 is not 16.8.2.
function says(label, word) {
  return /^第?[\d.]+$/.test(word) ? label.replace(/^第/, "").startsWith(word.replace(/^第/, "")) : label.includes(word);
}

function narrow(field) {
  const list = document.getElementById(field.dataset.narrows);
  if (!list) return;
  if (!whole.has(list)) whole.set(list, list.cloneNode(true));
  const words = field.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = list.value;
  const kept = whole.get(list).cloneNode(true);
  const fits = (option) => words.every((word) => says(option.textContent.toLowerCase(), word));
  for (const option of kept.querySelectorAll("optgroup option")) {
    if (!fits(option) && option.value !== chosen) option.remove();
  }
  for (const group of kept.querySelectorAll("optgroup")) if (!group.children.length) group.remove();
  list.replaceChildren(...kept.children);
  const left = [...list.querySelectorAll("optgroup option")].filter(fits);
  list.value = words.length && left.length && !left.some((option) => option.value === chosen) ? left[0].value : chosen;
}

function show() {
  for (const field of document.querySelectorAll("[data-narrows][hidden]")) field.hidden = false;
}

show();
document.addEventListener("htmx:afterSwap", show);
document.addEventListener("input", (event) => {
  if (event.target.matches("[data-narrows]")) narrow(event.target);
});
