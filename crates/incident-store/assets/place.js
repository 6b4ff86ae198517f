// Where the reader is: all of it stands in the URL's hash, so that it can be bookmarked, sent, and gone back to. Pure.

const FILTERS = ["status", "target", "q"];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The place that a hash names; what is not understood is left out. */
export function placeOf(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const place = { incident: null, status: "", target: "", q: "" };
  for (const name of FILTERS) place[name] = (given.get(name) ?? "").slice(0, 200);
  const incident = given.get("incident") ?? "";
  if (UUID.test(incident)) place.incident = incident.toLowerCase();
  return place;
}

/** The hash of a place. */
export function hashOf(place) {
  const told = new URLSearchParams();
  for (const name of [...FILTERS, "incident"]) if (place[name]) told.set(name, place[name]);
  const text = told.toString();
  return `#${text}`;
}
