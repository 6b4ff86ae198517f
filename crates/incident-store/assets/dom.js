// Making elements. Text becomes text: nothing here, nor anywhere else, turns a string into markup.

/** An element with attributes, listeners (`onclick`) and children; what is null, undefined or false is left out. */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "vars") for (const [key, set] of Object.entries(value)) element.style.setProperty(key, set);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

/** Puts children in place of those that are there. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** The element with an id. */
export const $ = (id) => document.getElementById(id);

/** Sets text only where it is another, so that a screen reader is not told twice and a selection stays. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A list of terms, those marked `wide` over the whole width; pairs without a value are left out. */
export function facts(...pairs) {
  const there = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h("dl", { class: "facts" }, there.map(([term, value, form]) => h("div", { class: form }, h("dt", {}, term), h("dd", {}, value))));
}

/** Text that may scroll sideways: it can be reached and scrolled with the keyboard. */
export function scroller(label, attributes, ...children) {
  return h("div", { ...attributes, class: `scroller ${attributes?.class ?? ""}`.trim(), role: "region", "aria-label": label, tabindex: "0" }, ...children);
}

/** A part that opens; whether it was open survives being drawn again. */
export function folded(key, summary, ...children) {
  return h("details", { "data-key": key }, h("summary", {}, summary), ...children);
}
