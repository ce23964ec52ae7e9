// Saving what is typed. Every keystroke goes into this browser's storage before anything else and leaves it only when the
// server has confirmed exactly that value; a dead server, a closed tab or a crash costs nothing.

import { token, toast } from "./app.js";

const PAUSE = 500;
const RETRY = [1000, 2000, 4000, 8000, 15000];

export class Autosave {
  constructor({ draft, url, status, onSaved }) {
    this.key = `chengyue:pending:${draft}`;
    this.url = url;
    this.status = status;
    this.onSaved = onSaved;
    const kept = this.restore();
    this.pending = new Map(Object.entries(kept.answers || {}));
    this.seen = new Map(Object.entries(kept.seen || {}));
    this.conflicts = new Map(Object.entries(kept.conflicts || {}));
    this.sending = false;
    this.failures = 0;
    this.oneByOne = false;
    this.timer = 0;
    addEventListener("online", () => this.flush());
    addEventListener("pagehide", () => this.last());
  }

  restore() {
    try {
      return JSON.parse(localStorage.getItem(this.key)) || {};
    } catch {
      return {};
    }
  }

  keep() {
    try {
      const kept = { answers: Object.fromEntries(this.pending), seen: Object.fromEntries(this.seen), conflicts: Object.fromEntries(this.conflicts) };
      if (this.pending.size || this.conflicts.size) localStorage.setItem(this.key, JSON.stringify(kept));
      else localStorage.removeItem(this.key);
    } catch {
      // Storage is full or forbidden: the values are still in memory and are sent as usual.
    }
  }

  // ``seen``: the revision of the answer that the page shows; of an entry that is still waiting, the one it was begun on.
  put(name, value, seen, now = false) {
    if (!this.pending.has(name)) this.seen.set(name, seen);
    this.pending.set(name, value);
    this.keep();
    this.show("pending");
    clearTimeout(this.timer);
    if (now) this.flush();
    else this.timer = setTimeout(() => this.flush(), PAUSE);
  }

  async flush() {
    if (this.sending || !this.pending.size) return;
    clearTimeout(this.timer);
    this.sending = true;
    const sent = this.oneByOne ? new Map([[...this.pending][0]]) : new Map(this.pending);
    if (!this.failures) this.show("saving");
    try {
      const response = await fetch(this.url(), {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token() },
        body: this.body(sent),
      });
      if (response.status < 500) this.failures = 0;
      if ([400, 401, 403].includes(response.status)) return this.show("refused");
      if (response.status === 422 && sent.size > 1) {
        // One entry is refused: the others must not go with it.
        this.oneByOne = true;
        return;
      }
      if (response.status === 404 || response.status === 422 || response.status === 413) {
        toast((await response.json()).message);
        this.forget(sent);
        return;
      }
      if (!response.ok) throw new Error(String(response.status));
      const state = await response.json();
      for (const conflict of state.conflicts) this.conflicts.set(conflict.name, conflict);
      this.forget(sent);
      // What was typed on while the request was under way stands on our own answer, not on one of somebody else.
      for (const name of sent.keys()) if (this.pending.has(name) && !this.conflicts.has(name)) this.seen.set(name, state.revision);
      this.keep();
      this.show(this.pending.size ? "pending" : "idle", state.savedAt);
      this.onSaved(state, sent);
    } catch {
      this.show("offline");
      const wait = RETRY[Math.min(this.failures, RETRY.length - 1)];
      this.failures += 1;
      this.timer = setTimeout(() => this.flush(), wait);
      return;
    } finally {
      this.sending = false;
      if (this.pending.size && !this.failures && this.status.dataset.state !== "refused") setTimeout(() => this.flush(), 0);
      else if (!this.pending.size) this.oneByOne = false;
    }
  }

  body(answers) {
    const seen = Object.fromEntries([...answers.keys()].map((name) => [name, this.seen.get(name) ?? -1]));
    return JSON.stringify({ answers: Object.fromEntries(answers), seen });
  }

  settle(name) {
    this.conflicts.delete(name);
    this.keep();
  }

  forget(sent) {
    for (const [name, value] of sent) {
      if (JSON.stringify(this.pending.get(name)) !== JSON.stringify(value)) continue;
      this.pending.delete(name);
      this.seen.delete(name);
    }
    this.keep();
  }

  // The page goes away: one more try that outlives it. What it does not reach stays in storage.
  last() {
    if (!this.pending.size) return;
    const body = this.body(this.pending);
    if (body.length > 60000) return;
    fetch(this.url(), {
      method: "POST",
      keepalive: true,
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token() },
      body,
    }).catch(() => {});
  }

  show(state, time) {
    this.status.dataset.state = state;
    this.status.textContent = (this.status.dataset[state] || "").replace("{time}", time || "");
  }
}
