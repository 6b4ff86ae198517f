// A unified diff as a table of lines. Added and removed lines are told by their sign and by words, not only by colour.

import { h, scroller } from "./dom.js";
import { count } from "./words.js";

/** How many lines are drawn; the bound of a diff is the target's, this one is the page's. */
const MOST = 2_000;

/** The lines of a diff, each with its kind and its numbers in the old and the new file. Pure. */
export function linesOf(diff) {
  const lines = [];
  let [before, after] = [0, 0];
  let inHunk = false;
  for (const text of String(diff ?? "").split("\n")) {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(text);
    if (hunk) {
      [before, after, inHunk] = [Number(hunk[1]), Number(hunk[2]), true];
      lines.push({ kind: "hunk", text });
    } else if (text.startsWith("diff --git ")) {
      inHunk = false;
      lines.push({ kind: "file", text: text.replace(/^diff --git a\/.* b\//, "") });
    } else if (!inHunk) {
      if (/^(new file|deleted file|rename|similarity)/.test(text)) lines.push({ kind: "hunk", text });
    } else if (text.startsWith("+")) lines.push({ kind: "added", text: text.slice(1), after: after++ });
    else if (text.startsWith("-")) lines.push({ kind: "removed", text: text.slice(1), before: before++ });
    else if (text.startsWith("\\")) lines.push({ kind: "hunk", text });
    else if (text !== "") lines.push({ kind: "same", text: text.slice(1), before: before++, after: after++ });
  }
  return lines;
}

const SIGNS = { added: ["+", "added"], removed: ["−", "removed"], same: [" ", ""] };

/** The diff, drawn. */
export function drawDiff(diff) {
  const lines = linesOf(diff);
  const counts = (kind) => lines.filter((line) => line.kind === kind).length;
  const rows = lines.slice(0, MOST).map((line) => {
    if (!SIGNS[line.kind]) return h("tr", { class: line.kind }, h("td", { colspan: "4" }, line.text));
    const [sign, words] = SIGNS[line.kind];
    return h(
      "tr", { class: line.kind },
      h("td", { class: "number" }, line.before ?? ""),
      h("td", { class: "number" }, line.after ?? ""),
      h("td", { class: "sign" }, h("span", { "aria-hidden": "true" }, sign), words ? h("span", { class: "unseen" }, `${words}: `) : null),
      h("td", { class: "code" }, line.text),
    );
  });
  const head = h("thead", { class: "unseen" }, h("tr", {}, ["Line before", "Line after", "Change", "Text"].map((words) => h("th", { scope: "col" }, words))));
  return [
    h("p", { class: "hint" }, `${count(counts("added"), "line", "lines")} added, ${counts("removed")} removed`),
    scroller("The change, line by line", {}, h("table", { class: "diff" }, head, h("tbody", {}, rows))),
    lines.length > MOST ? h("p", { class: "hint" }, `${lines.length - MOST} more lines are not shown`) : null,
  ];
}
