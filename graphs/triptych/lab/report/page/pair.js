// Two runs of one task side by side.

const dialog = byId("pair");
const broad = window.matchMedia("(min-width: 60rem)");
let pair = null;

const VERDICTS = {
  passed: "passed the hidden check",
  failed: "failed the hidden check",
  timeout: "was stopped by the hidden check's time limit",
  unknown: "was not graded",
};

function delivered(record) {
  return record ? (record.drafts || []).find((draft) => draft.id === record.delivered) : undefined;
}

// A line over two columns, or under one another where there is no room.
function beside(title, left, right) {
  return el("section", { class: "beside", "aria-label": title },
    el("h3", {}, title), el("div", { class: "two" }, left, right));
}

function facts(variant, record) {
  const name = el("h4", {}, variants[variant]);
  if (!record) return el("div", {}, name, el("p", {}, "Not measured."));
  const draft = delivered(record);
  const sign = record.passed ? ["passed", "✓"] : ["failed", "✗"];
  const verdict = draft ? VERDICTS[draft.verdict] : "delivered no code";
  const usage = record.usage || {};
  const tokens = (usage.input_tokens || 0) + (usage.output_tokens || 0);
  const calls = usage.calls || 0;
  const told = [
    `${record.status}${record.reason ? `: ${record.reason}` : ""}`,
    `${whole.format(tokens)} tokens in ${calls} ${calls === 1 ? "call" : "calls"}`
      + (record.replayed ? `, ${record.replayed} replayed` : ""),
    record.model_seconds ? `${record.model_seconds.toFixed(1)} s of the model's time` : "",
    typeof usage.money === "number" ? `$${usage.money.toPrecision(3)}` : "",
    `seed ${record.seed}; ${Object.values(record.prompts || {}).join(", ")}`,
  ].filter(Boolean);
  return el("div", {}, name,
    el("p", { class: "outcome" },
      el("span", { class: `mark ${sign[0]}`, "aria-hidden": "true" }, sign[1]), ` ${verdict}`),
    draft && draft.detail ? el("pre", { class: "detail" }, draft.detail) : null,
    el("ul", { class: "plain" }, ...told.map((line) => el("li", {}, line))));
}

function planOf(record) {
  const plan = record && record.plan;
  if (!plan) return el("div", {}, el("p", { class: "quiet" }, record ? "No plan." : "Not measured."));
  return el("div", {}, el("p", {}, plan.summary),
    el("ol", {}, ...plan.steps.map((step) => el("li", {}, step))));
}

function draftOf(draft, record) {
  const evidence = Object.entries(draft.evidence || {}).map(([kind, of]) => `${kind} ${of}`);
  const own = { passed: "its own checks passed", failed: "its own checks failed" };
  const review = { approve: "approved", changes: "asked for changes", error: "the reviewer failed" };
  const started = draft.parent === null || draft.parent === undefined ? "" : ` of draft ${draft.parent}`;
  const title = `Draft ${draft.id}: ${draft.origin}${started}${draft.planned ? ", planned" : ""}`;
  const lines = [
    ["Evidence", `${own[draft.evidence_verdict] || "nothing ran its behaviour"}`
      + (evidence.length ? ` (${evidence.join(", ")})` : "")],
    ["Review", draft.review ? review[draft.review] : "none"],
    ["Hidden", VERDICTS[draft.verdict]],
  ];
  const list = lines.flatMap(([name, text]) => [el("dt", {}, name), el("dd", {}, text)]);
  const findings = (draft.findings || []).map((finding) =>
    el("li", {}, el("code", {}, finding.quote.trim()), ` ${finding.failure}`));
  const code = Object.entries(draft.files || {}).map(([name, text]) =>
    el("figure", {}, el("figcaption", {}, el("code", {}, name)), el("pre", { tabindex: "0" }, text)));
  return el("article", { class: "draft" },
    el("h4", {}, title, draft.id === record.delivered ? el("small", {}, " delivered") : null),
    draft.error ? el("p", {}, draft.error) : null,
    el("dl", {}, ...list),
    (draft.failures || []).length ? el("pre", { class: "detail" }, draft.failures.join("\n")) : null,
    findings.length ? el("ul", { class: "findings" }, ...findings) : null,
    code.length ? el("details", {}, el("summary", {}, `Code of draft ${draft.id}`), ...code) : null);
}

function draftsOf(record) {
  const drafts = (record && record.drafts) || [];
  if (!drafts.length) {
    return el("div", {}, el("p", { class: "quiet" }, record ? "No draft." : "Not measured."));
  }
  return el("div", {}, ...drafts.map((draft) => draftOf(draft, record)));
}

function codeOf(left, right) {
  const first = (delivered(left) || {}).files || {};
  const second = (delivered(right) || {}).files || {};
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])].sort();
  const tables = names.map((name) => diffTable(name, first[name], second[name], broad.matches));
  return el("section", { "aria-label": "Code" }, el("h3", {}, "Code that was delivered"),
    ...(tables.length ? tables : [el("p", { class: "quiet" }, "Neither delivered code.")]));
}

async function drawPair() {
  const asked = pair;
  const { task, trial, left, right } = asked;
  const [a, b] = await Promise.all(
    [left, right].map((variant) => recordOf(cellAt(task, variant, trial))));
  if (asked !== pair) return;
  const family = families[index.family[task]];
  byId("pair-title").textContent = tasks[task] + (family ? ` (${family})` : "");
  byId("left").value = String(left);
  byId("right").value = String(right);
  byId("trial").value = String(trial);
  byId("permalink").setAttribute("href", hashOf());
  const at = rows.indexOf(task);
  byId("previous").disabled = at <= 0;
  byId("next").disabled = at < 0 || at >= rows.length - 1;
  byId("pair-body").replaceChildren(
    beside("Outcome", facts(left, a), facts(right, b)),
    codeOf(a, b),
    beside("Drafts, evidence and review", draftsOf(a), draftsOf(b)),
    beside("Plan", planOf(a), planOf(b)));
  byId("pair-body").scrollTop = 0;
}

async function showPair(task, trial, left, right) {
  pair = { task, trial, left, right };
  const at = rows.indexOf(task);
  if (at >= 0) active = { row: at, column: active.column };
  await drawPair();
  if (!dialog.open) {
    dialog.showModal();
    byId("pair-title").focus();
  }
}

// From a cell of the matrix: that variant beside the baseline, at the trial that tells the most.
function openCell(at, number) {
  const task = rows[at];
  if (task === undefined) return;
  const asked = number > 0 ? columns[number - 1].variant : undefined;
  const other = asked === undefined || asked === baseline ? state.candidate : asked;
  const right = other < 0 ? baseline : other;
  let trial = 0;
  for (let n = trials - 1; n >= 0; n -= 1) {
    const a = cellAt(task, baseline, n);
    const b = cellAt(task, right, n);
    if (a >= 0 && b >= 0 && column.passed[a] !== column.passed[b]) trial = n;
  }
  showPair(task, trial, baseline, right).then(() => keepHash(true));
}

function stepPair(by) {
  const at = rows.indexOf(pair.task) + by;
  if (at < 0 || at >= rows.length) return;
  showPair(rows[at], pair.trial, pair.left, pair.right).then(() => keepHash(false));
}
