// What every page needs: messages, confirmation before something is lost, size limits of uploads.

export const token = () => document.querySelector('meta[name="csrf-token"]').content;

export function toast(message) {
  const box = document.createElement("p");
  box.className = "toast-note";
  box.textContent = message;
  document.getElementById("toasts").append(box);
  setTimeout(() => box.remove(), 8000);
}

export function tooBig(input) {
  const size = [...(input.files || [])].reduce((sum, file) => sum + file.size, 0);
  if (!input.dataset.maxMb || size <= Number(input.dataset.maxMb) * 1048576) return false;
  toast(input.dataset.tooBig);
  input.value = "";
  return true;
}

document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

document.addEventListener("change", (event) => {
  if (event.target.matches('input[type="file"][data-max-mb]:not([data-upload])')) tooBig(event.target);
  if (event.target.matches('input[type="file"]')) {
    const shown = document.querySelector(`output[for="${event.target.id}"]`);
    const files = event.target.files;
    if (shown && files.length) shown.textContent = files.length > 1 ? event.target.dataset.many.replace("{count}", files.length) : files[0].name;
  }
});

document.addEventListener("htmx:responseError", (event) => {
  let message = document.body.dataset.failed;
  try {
    message = JSON.parse(event.detail.xhr.responseText).message || message;
  } catch {
    // Not one of our answers; the general message stands.
  }
  toast(message);
});

document.addEventListener("htmx:sendError", () => toast(document.body.dataset.offline));

// Tabs that don't fit scroll sideways; the current one is in sight.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
