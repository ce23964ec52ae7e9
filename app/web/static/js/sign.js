// The ceremony of signing: which pages have been before the reader's eyes, the pad, and one press only.

const reading = document.querySelector("[data-reading]");
if (reading) watch(reading);
const form = document.querySelector("[data-signing]");
if (form) prepare(form);
for (const each of document.querySelectorAll("form[data-once]")) each.addEventListener("submit", once);

function once(event) {
  const button = event.target.querySelector("button:not([type=button])");
  if (event.defaultPrevented || !button) return;
  if (button.disabled) { event.preventDefault(); return; }
  // After the browser has gathered the entries, so that none is lost.
  setTimeout(() => { button.disabled = true; if (button.dataset.busy) button.textContent = button.dataset.busy; }, 0);
}

function watch(root) {
  const total = Number(root.dataset.pages);
  const seen = new Set();
  let told = Number(root.dataset.read), timer = 0, busy = false;
  for (let n = 1; n <= told; n++) seen.add(n);
  const show = () => {
    document.querySelector("[data-read-count]").textContent = String(told);
    document.querySelector("[data-read-bar] progress").value = told;
    const done = told >= total;
    document.querySelector("[data-unread]").hidden = done;
    document.querySelector("[data-next]").disabled = !done;
  };
  const upto = () => { let n = told; while (seen.has(n + 1)) n++; return n; };
  const tell = async () => {
    timer = 0;
    const n = upto();
    if (busy || n <= told) return;
    busy = true;
    try {
      const answer = await fetch(root.dataset.reading, {
        method: "POST", headers: { "X-CSRFToken": root.dataset.csrf }, body: new URLSearchParams({ upto: String(n), script: "1" }),
      });
      if (answer.ok) { told = Math.max(told, (await answer.json()).read); show(); }
    } catch { /* offline for a moment: told again with the next page, or at the next try below */ }
    busy = false;
    if (upto() > told && !timer) timer = setTimeout(tell, 1500);
  };
  const note = (number) => { seen.add(number); if (!timer) timer = setTimeout(tell, told ? 500 : 50); };
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      const leaf = entry.target.parentElement, image = leaf.querySelector("img"), number = Number(leaf.dataset.page);
      watcher.unobserve(entry.target);
      if (image.complete && image.naturalWidth) note(number);
      else image.addEventListener("load", () => note(number), { once: true });
    }
  });
  for (const mark of root.querySelectorAll(".leaf-mark")) watcher.observe(mark);
  for (const image of root.querySelectorAll("img")) image.addEventListener("error", () => again(image));
  show();
}

function again(image) {
  const tries = Number(image.dataset.tries || 0);
  if (tries >= 4) return;
  image.dataset.tries = String(tries + 1);
  setTimeout(() => { image.src = `${image.src.split("?")[0]}?again=${tries + 1}`; }, 1000 * (tries + 1));
}

function prepare(form) {
  const canvas = form.querySelector("[data-pad]");
  if (!canvas) return;
  let pad = null;
  const kinds = [...form.querySelectorAll("[name=kind]")];
  const chosen = () => kinds.find((k) => k.checked).value;
  const fit = () => {
    const ratio = Math.max(window.devicePixelRatio || 1, 1), data = pad ? pad.toData() : [];
    const width = canvas.offsetWidth;
    if (!width || canvas.width === Math.round(width * ratio)) return;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(canvas.offsetHeight * ratio);
    canvas.getContext("2d").scale(ratio, ratio);
    if (pad) { pad.clear(); pad.fromData(data); }
  };
  const open = () => {
    for (const box of form.querySelectorAll("[data-kind]")) box.hidden = box.dataset.kind !== chosen();
    fit();
  };
  const start = () => { pad = new window.SignaturePad(canvas, { penColor: "rgb(15, 23, 66)", minWidth: 0.8, maxWidth: 2.6 }); open(); };
  if (window.SignaturePad) start(); else window.addEventListener("load", start);
  for (const each of kinds) each.addEventListener("change", open);
  window.addEventListener("resize", fit);
  form.querySelector("[data-clear]").addEventListener("click", () => pad && pad.clear());
  const typed = form.querySelector("[name=typed]"), sample = form.querySelector("[data-sample]");
  typed.addEventListener("input", () => { sample.textContent = typed.value; });
  form.addEventListener("submit", (event) => {
    const missing = form.querySelector("[data-missing]");
    missing.hidden = true;
    if (chosen() !== "drawn") return;
    if (!pad || pad.isEmpty()) {
      event.preventDefault();
      missing.textContent = form.dataset.empty;
      missing.hidden = false;
      return;
    }
    const strokes = pad.toData().map((s) => s.points.map((p) => [Math.round(p.x * 10) / 10, Math.round(p.y * 10) / 10]));
    form.elements.strokes.value = JSON.stringify(strokes);
  }, { capture: true });
}
