// What the page knows: a bounded number of incidents and how healing stands. Pure.

import { GROUPS, isIn, statusWords } from "./words.js";

/** A page of the list, and how many incidents are kept at most: the page stays open for weeks. */
export const PAGE = 50;
export const MOST = 1_000;
/** How many changes are told one by one; more are told as a number. */
const TOLD = 3;

const ASKS_FOR_EARS = new Set(["resolved", "escalated", "awaiting_approval", "mitigated", "advised", "dismissed"]);

export class Model {
  #incidents = new Map();
  healing = null;
  cursor = "";
  /** Set when what is known is of an earlier epoch, or something was missed. */
  isOld = false;
  /** Where the service goes on with older ones, for each filter that it was asked with; null when it has none. */
  #next = new Map();

  get size() {
    return this.#incidents.size;
  }

  get(id) {
    return this.#incidents.get(id);
  }

  /** Newest first; ids are made of their time. */
  get all() {
    return [...this.#incidents.values()].sort(byAge);
  }

  forget() {
    this.#incidents.clear();
    this.#next.clear();
    this.isOld = false;
  }

  /** Whether the service was asked with a place's filter, and where it goes on. */
  wasAsked = (place) => this.#next.has(filterOf(place));
  next = (place) => this.#next.get(filterOf(place)) ?? null;
  goOn = (place, next) => this.#next.set(filterOf(place), next ?? null);

  /** Takes incidents over, and answers what is worth telling. An answer that is older than what is known changes nothing. */
  take(incidents) {
    const changes = [];
    for (const incident of incidents) {
      const known = this.#incidents.get(incident.id);
      if (known && (known.position > incident.position || (known.position === incident.position && !known.isPartial))) continue;
      this.#incidents.set(incident.id, incident);
      if (!known) changes.push({ incident, isNew: true });
      else if ((known.heard ?? known.status) !== incident.status && ASKS_FOR_EARS.has(incident.status)) changes.push({ incident, isNew: false });
    }
    this.#bound();
    return changes;
  }

  #bound() {
    if (this.size <= MOST) return;
    for (const incident of this.all.slice(MOST)) this.#incidents.delete(incident.id);
  }

  /** Takes over what an event tells; answers whether that is all there is to show of it. */
  hear({ incident, position, status, occurrences, step }) {
    const known = this.#incidents.get(incident);
    if (!known) return false;
    if (known.position >= position) return true;
    this.#incidents.set(incident, { ...known, position, status, occurrences, isPartial: true, heard: known.heard ?? known.status });
    return status === known.status && Boolean(step);
  }

  get targets() {
    return [...new Set(this.all.map((incident) => incident.target))].sort();
  }

  /** What a place's filters leave. */
  matching({ status, target, q }) {
    const words = q.toLowerCase().split(/\s+/).filter(Boolean);
    return this.all.filter((incident) => {
      if (!isIn(status, incident) || (target && incident.target !== target)) return false;
      const text = textOf(incident);
      return words.every((word) => text.includes(word));
    });
  }

  /** How many belong to each group. */
  get counts() {
    const counts = Object.fromEntries(GROUPS.map(([name]) => [name, 0]));
    for (const incident of this.#incidents.values()) {
      for (const [name, , holds] of GROUPS) if (holds(incident.status)) counts[name] += 1;
    }
    return counts;
  }
}

const filterOf = ({ status, target }) => `${status}|${target}`;
const byAge = (a, b) => (a.detected_at === b.detected_at ? compare(b.id, a.id) : compare(b.detected_at, a.detected_at));
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

function textOf(incident) {
  const { code, target, id, detection, plan, status } = incident;
  const parts = [code, target, id, status, statusWords(incident), detection?.message, detection?.reason, plan?.root_cause];
  return parts.filter(Boolean).join("\n").toLowerCase();
}

/** What a screen reader is told of changes. */
export function announcement(changes) {
  if (changes.length === 0) return "";
  if (changes.length > TOLD) return `${changes.length} incidents changed.`;
  return changes.map(({ incident, isNew }) => `${isNew ? "New incident" : statusWords(incident)}: ${incident.code} in ${incident.target}.`).join(" ");
}
