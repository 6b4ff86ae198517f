// Being told of changes: a stream of events while it can be had, and asking now and then while it cannot.

import * as api from "./api.js";

/** What the stream calls its events, besides `resync` and `bye`. */
const EVENTS = [
  "hello", "created", "analyzed", "healing_start", "healing_progress", "healing_complete", "healing_failed",
  "processing_delay", "resolved", "updated", "healing_paused", "healing_resumed", "reset", "resync", "ping",
];
/** Between two questions while there is no stream, milliseconds. */
export const POLL = 5_000;
/** The service says something every 25 s; a stream that is silent for so long is dead, though nobody said so. */
const SILENT = 60_000;
const CHECK = 10_000;
/** A page that nobody looks at gives its connection back after this long: a browser has six for all its tabs. */
const UNSEEN = 30_000;
/** The pause before a lost stream is opened again: it doubles. */
const RETRY_MIN = 1_000;
const RETRY_MAX = 30_000;

/** Follows the stream. `change(event)` is told of each, `look()` asks for everything and answers whether that worked,
 * `state(name)` is told how it stands: `live`, `connecting`, `polling` or `away`. */
export class Live {
  #source = null;
  #after = "";
  #failed = 0;
  #heard = 0;
  #timers = new Map();
  #on = false;

  constructor({ change, look, state }) {
    Object.assign(this, { change, look, state });
    document.addEventListener("visibilitychange", () => this.#seen());
  }

  /** Begins after an event's id; what happened since then is told at once. */
  begin(after) {
    this.end();
    this.#on = true;
    this.#failed = 0;
    this.#after = after || "";
    this.#open();
    this.#later("check", CHECK, () => this.#check());
  }

  end() {
    this.#on = false;
    this.#close();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Tries again at once. */
  again() {
    if (!this.#on) return;
    this.#failed = 0;
    this.#open();
  }

  #open() {
    this.#close();
    this.#stop("retry");
    this.state("connecting");
    const source = api.stream(this.#after);
    this.#source = source;
    source.addEventListener("open", () => this.#opened());
    source.addEventListener("error", () => this.#lost(source));
    for (const name of EVENTS) source.addEventListener(name, (event) => this.#told(name, event));
    source.addEventListener("bye", () => this.#lost(source, true));
  }

  #opened() {
    this.#failed = 0;
    this.#heard = Date.now();
    this.#stop("poll");
    this.state("live");
    this.#seen();
  }

  #told(name, event) {
    this.#heard = Date.now();
    this.#remember(event);
    if (name === "ping") return;
    let data = null;
    try {
      data = JSON.parse(event.data);
    } catch {
      // An event whose content is not understood still says that something changed.
    }
    this.change({ name, data });
  }

  #remember(event) {
    if (event.lastEventId) this.#after = event.lastEventId;
  }

  /** The browser tries again by itself when a connection breaks; when it was refused, or the service said good-bye, we do. */
  #lost(source, closed = source.readyState === EventSource.CLOSED) {
    if (source !== this.#source || !this.#on) return;
    if (!this.#timers.has("poll")) {
      this.state("connecting");
      this.#later("poll", 0, () => this.#poll());
    }
    if (!closed) return;
    this.#close();
    const pause = Math.min(RETRY_MAX, RETRY_MIN * 2 ** this.#failed);
    this.#failed += 1;
    this.#later("retry", pause * (0.75 + Math.random() / 2), () => this.#open());
  }

  async #poll() {
    const answered = await this.look();
    if (!this.#on || this.#source?.readyState === EventSource.OPEN) return this.#stop("poll");
    this.state(answered ? "polling" : "away");
    this.#later("poll", POLL, () => this.#poll());
  }

  #check() {
    if (this.#source?.readyState === EventSource.OPEN && Date.now() - this.#heard > SILENT) this.#open();
    this.#later("check", CHECK, () => this.#check());
  }

  #seen() {
    if (!this.#on) return;
    this.#stop("unseen");
    if (document.hidden) this.#later("unseen", UNSEEN, () => this.#close());
    else if (!this.#source && !this.#timers.has("retry")) this.#open();
  }

  #close() {
    this.#source?.close();
    this.#source = null;
  }

  #later(name, ms, act) {
    this.#stop(name);
    this.#timers.set(name, setTimeout(() => {
      // The poll's own entry stays while its answer is awaited, so that it is not begun twice.
      if (name !== "poll") this.#timers.delete(name);
      act();
    }, ms));
  }

  #stop(name) {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}
