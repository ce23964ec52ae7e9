// The contract as paper: refreshed after every saved answer without losing the reader's place, and tied to the questions.

export class Paper {
  constructor({ pane, url, onValue, onProvision }) {
    this.pane = pane;
    this.url = url;
    this.timer = 0;
    this.abort = null;
    pane.addEventListener("click", (event) => {
      if (event.target.closest("#provision-tools")) return;
      const link = event.target.closest("a[href^='#']");
      if (link) {
        event.preventDefault();
        const target = document.getElementById(link.getAttribute("href").slice(1));
        if (target) this.reveal(target);
        return;
      }
      const value = event.target.closest("[data-variable]");
      if (value) return onValue(value.dataset.variable);
      const place = event.target.closest("p[data-id]");
      onProvision(place && !event.target.closest(".cover, .party") ? place : null);
    });
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), 120);
  }

  async refresh() {
    if (this.abort) this.abort.abort();
    this.abort = new AbortController();
    let text;
    try {
      const response = await fetch(this.url, { signal: this.abort.signal, headers: { "HX-Request": "true" } });
      if (!response.ok) throw new Error(String(response.status));
      text = await response.text();
    } catch (error) {
      if (error.name !== "AbortError") this.timer = setTimeout(() => this.refresh(), 3000);
      return;
    }
    const fresh = new DOMParser().parseFromString(text, "text/html").body.firstElementChild;
    const anchor = this.anchor();
    this.mark(fresh);
    this.pane.replaceChildren(fresh);
    this.pane.setAttribute("aria-busy", "false");
    this.reachable();
    if (anchor) this.restore(anchor);
    if (this.focused) this.show(this.focused, false);
    this.pane.dispatchEvent(new CustomEvent("paper-ready", { bubbles: true }));
  }

  // What scrolls by itself must be reachable by keyboard.
  reachable() {
    for (const table of this.pane.querySelectorAll("table.grid, .wide")) {
      if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
      else table.removeAttribute("tabindex");
    }
  }

  // The first place in view and how far from the top it stands.
  anchor() {
    const top = this.pane.getBoundingClientRect().top;
    for (const place of this.pane.querySelectorAll("[data-id]")) {
      const box = place.getBoundingClientRect();
      if (box.bottom > top && box.height) return { id: place.dataset.id, offset: box.top - top };
    }
    return null;
  }

  restore({ id, offset }) {
    const place = this.place(id);
    if (!place) return;
    this.pane.scrollTop += place.getBoundingClientRect().top - this.pane.getBoundingClientRect().top - offset;
  }

  mark(sheet) {
    for (const id of (sheet.dataset.deviated || "").split(" ").filter(Boolean)) {
      const place = sheet.querySelector(`[data-id="${CSS.escape(id)}"]`);
      if (place) place.classList.add("deviated");
    }
  }

  place(id) {
    return this.pane.querySelector(`[data-id="${CSS.escape(id)}"]`);
  }

  // Light up every place that prints a variable; scroll to the first that is not in view.
  show(variable, scroll = true) {
    this.focused = variable;
    for (const old of this.pane.querySelectorAll(".lit")) old.classList.remove("lit");
    const name = CSS.escape(variable);
    let found = [...this.pane.querySelectorAll(`[data-variable="${name}"]`)];
    if (!found.length) found = [...this.pane.querySelectorAll(`[data-variables~="${name}"]`)];
    if (!found.length) return false;
    for (const place of found) place.classList.add("lit");
    if (scroll) this.reveal(this.home(found), false);
    return true;
  }

  // The cover repeats what the body says; the body is where the value lives.
  home(found) {
    return found.find((place) => !place.closest(".cover")) || found[0];
  }

  // Bring a place to the top of the pane at once.
  jump(target) {
    this.pane.scrollTop += target.getBoundingClientRect().top - this.pane.getBoundingClientRect().top - 24;
  }

  reveal(target, flash = true) {
    const box = target.getBoundingClientRect();
    const view = this.pane.getBoundingClientRect();
    if (box.top < view.top + 40 || box.bottom > view.bottom - 40) {
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      this.pane.scrollTo({ top: this.pane.scrollTop + box.top - view.top - view.height / 3, behavior: calm ? "auto" : "smooth" });
    }
    if (!flash) return;
    target.classList.add("flash");
    setTimeout(() => target.classList.remove("flash"), 2000);
  }
}
