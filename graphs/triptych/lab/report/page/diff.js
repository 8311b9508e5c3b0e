// Two texts side by side: the longest common subsequence of their lines.

const MOST_LINES = 2000;

// Steps [kind, left line, right line], kind one of "same", "gone", "new", "changed"; null where the
// texts are too long to be compared while someone waits.
function diffLines(left, right) {
  let head = 0;
  while (head < left.length && head < right.length && left[head] === right[head]) head += 1;
  let tail = 0;
  while (tail < left.length - head && tail < right.length - head
    && left[left.length - 1 - tail] === right[right.length - 1 - tail]) tail += 1;
  const a = left.slice(head, left.length - tail);
  const b = right.slice(head, right.length - tail);
  if (a.length > MOST_LINES || b.length > MOST_LINES) return null;
  const steps = [];
  for (let i = 0; i < head; i += 1) steps.push(["same", i, i]);
  for (const [kind, i, j] of middle(a, b)) {
    steps.push([kind, i === null ? null : head + i, j === null ? null : head + j]);
  }
  for (let i = tail; i > 0; i -= 1) steps.push(["same", left.length - i, right.length - i]);
  return paired(steps);
}

function middle(a, b) {
  const wide = b.length + 1;
  const best = new Uint16Array((a.length + 1) * wide);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      best[i * wide + j] = a[i] === b[j]
        ? best[(i + 1) * wide + j + 1] + 1
        : Math.max(best[(i + 1) * wide + j], best[i * wide + j + 1]);
    }
  }
  const steps = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) steps.push(["same", i++, j++]);
    else if (j >= b.length || (i < a.length && best[(i + 1) * wide + j] >= best[i * wide + j + 1])) {
      steps.push(["gone", i++, null]);
    } else steps.push(["new", null, j++]);
  }
  return steps;
}

// Lines that went and lines that came in their place stand beside each other.
function paired(steps) {
  const out = [];
  for (let at = 0; at < steps.length;) {
    if (steps[at][0] === "same") {
      out.push(steps[at++]);
      continue;
    }
    const gone = [];
    const come = [];
    while (at < steps.length && steps[at][0] !== "same") {
      (steps[at][0] === "gone" ? gone : come).push(steps[at++]);
    }
    for (let n = 0; n < Math.max(gone.length, come.length); n += 1) {
      const i = n < gone.length ? gone[n][1] : null;
      const j = n < come.length ? come[n][2] : null;
      out.push([j === null ? "gone" : i === null ? "new" : "changed", i, j]);
    }
  }
  return out;
}

// A line with the part marked in which it differs from the other one.
function marked(tag, line, other) {
  if (other === null) return el(tag, {}, line);
  let head = 0;
  while (head < line.length && head < other.length && line[head] === other[head]) head += 1;
  let tail = 0;
  while (tail < line.length - head && tail < other.length - head
    && line[line.length - 1 - tail] === other[other.length - 1 - tail]) tail += 1;
  if (head + tail < line.length / 3) return el(tag, {}, line);
  const end = line.length - tail;
  return el(tag, {}, line.slice(0, head), el("b", {}, line.slice(head, end)), line.slice(end));
}

function diffTable(name, before, after, wide) {
  const left = before === undefined ? [] : before.replace(/\n$/, "").split("\n");
  const right = after === undefined ? [] : after.replace(/\n$/, "").split("\n");
  const steps = diffLines(left, right);
  if (steps === null) {
    const both = [before, after].map((text) => el("pre", { tabindex: "0" }, text));
    return el("div", {}, el("p", { class: "note" }, `${name} is too long to be compared here.`), ...both);
  }
  const body = el("tbody", {});
  if (wide) sideBySide(body, steps, left, right);
  else oneColumn(body, steps, left, right);
  const same = steps.every(([kind]) => kind === "same");
  const caption = el("caption", {}, el("code", {}, name), same ? " – the same in both" : "");
  const table = el("table", { class: wide ? "diff" : "diff one" }, caption, body);
  return el("div", { class: "code", tabindex: "0", role: "region", "aria-label": name }, table);
}

const lineNumber = (at) => el("td", { class: "line" }, at === null ? "" : String(at + 1));

function sideBySide(body, steps, left, right) {
  for (const [kind, i, j] of steps) {
    const first = i === null ? null : left[i];
    const second = j === null ? null : right[j];
    body.append(el("tr", { class: kind },
      lineNumber(i), half("del", "gone", kind === "same", first, second),
      lineNumber(j), half("ins", "new", kind === "same", second, first)));
  }
}

function half(tag, name, same, line, other) {
  if (line === null) return el("td", { class: "none" });
  if (same) return el("td", {}, line);
  return el("td", { class: name }, marked(tag, line, other));
}

function oneColumn(body, steps, left, right) {
  const row = (number, sign, cell) =>
    body.append(el("tr", {}, lineNumber(number), el("td", { class: "sign" }, sign), cell));
  for (let at = 0; at < steps.length; at += 1) {
    if (steps[at][0] === "same") {
      row(steps[at][2], " ", el("td", {}, right[steps[at][2]]));
      continue;
    }
    const run = [];
    while (at < steps.length && steps[at][0] !== "same") run.push(steps[at++]);
    at -= 1;
    for (const [, i, j] of run) {
      if (i !== null) row(i, "−", half("del", "gone", false, left[i], j === null ? null : right[j]));
    }
    for (const [, i, j] of run) {
      if (j !== null) row(j, "+", half("ins", "new", false, right[j], i === null ? null : left[i]));
    }
  }
}
