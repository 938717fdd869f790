/** What pages are made of: buttons, fields, cards, facts, tables, timelines. */
export const COMPONENTS = `
button, .button {
  display: inline-flex; align-items: center; justify-content: center; gap: 0.5rem; min-block-size: 2.75rem; padding: 0.5rem 1.15rem;
  font: 600 0.9375rem/1.3 var(--sans); text-align: center; text-decoration: none; cursor: pointer;
  color: var(--ink); background: var(--surface); border: 1px solid var(--edge); border-radius: 8px;
}
button:hover, .button:hover { background: var(--sunken); }
.button-accent { color: var(--on-accent); background: var(--accent); border-color: var(--accent); }
.button-accent:hover { background: color-mix(in srgb, var(--accent) 88%, var(--ink)); }
.button-strong { color: var(--on-strong); background: var(--strong); border-color: var(--strong); }
.button-strong:hover { background: color-mix(in srgb, var(--strong) 86%, var(--ground)); }
.button-danger { color: var(--on-danger); background: var(--danger); border-color: var(--danger); }
.button-danger:hover { background: color-mix(in srgb, var(--danger) 88%, var(--ink)); }
.button-wide { inline-size: 100%; }
.button-small { min-block-size: 2.25rem; padding: 0.3rem 0.8rem; font-size: 0.875rem; }
.link-button { min-block-size: 0; padding: 0; border: 0; background: none; color: var(--accent); font: inherit; text-decoration: underline; text-underline-offset: 0.18em; }
.link-button:hover { background: none; text-decoration-thickness: 0.12em; }
.actions { display: flex; flex-wrap: wrap; gap: 0.75rem; }
.actions-even > * { flex: 1 1 9rem; }

label { cursor: pointer; }
.field { display: grid; gap: 0.35rem; }
.field > label, .label { font-weight: 600; font-size: 0.9375rem; }
.hint { color: var(--muted); font-size: 0.875rem; }
.error { color: var(--danger); font-size: 0.875rem; }
input[type=text], input[type=search], select, textarea {
  inline-size: 100%; min-block-size: 2.75rem; padding: 0.5rem 0.75rem; font: inherit; color: var(--ink); background: var(--surface);
  border: 1px solid var(--edge); border-radius: 8px;
}
textarea { font: 0.875rem/1.6 var(--mono); resize: vertical; }
select { inline-size: auto; max-inline-size: 100%; padding-inline-end: 0.5rem; }
input[aria-invalid=true], textarea[aria-invalid=true] { border-color: var(--danger); }
input[type=checkbox], input[type=radio] { inline-size: 1.15rem; block-size: 1.15rem; margin: 0; accent-color: var(--accent); flex: none; }
:disabled { cursor: not-allowed; }

.card { background: var(--surface); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shadow); }
.card-head { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0.25rem 1rem; padding: 1.1rem 1.4rem; border-block-end: 1px solid var(--line); }
.card-body { padding: 1.25rem 1.4rem; }
.card-body + .card-body { border-block-start: 1px solid var(--line); }
.card-foot { padding: 1rem 1.4rem; border-block-start: 1px solid var(--line); }

.facts { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: 0.5rem 1.5rem; }
.facts dt { color: var(--muted); font-size: 0.9375rem; }

.badge { display: inline-block; padding: 0.05rem 0.5rem; font-size: 0.75rem; font-weight: 600; line-height: 1.6; border-radius: 5px; background: var(--sunken); color: var(--muted); white-space: nowrap; }
.badge-good { background: var(--accent-soft); color: var(--accent); }
.badge-warn { background: var(--warn-soft); color: var(--warn); }
.badge-bad { background: var(--danger-soft); color: var(--danger); }

.notice { padding: 0.9rem 1.1rem; border-radius: 10px; border-inline-start: 4px solid var(--edge); background: var(--sunken); }
.notice-warn { background: var(--warn-soft); border-color: var(--warn); }
.notice-bad { background: var(--danger-soft); border-color: var(--danger); }
.notice-good { background: var(--accent-soft); border-color: var(--accent); }
.notice-title { font-weight: 640; }

.chips { display: flex; flex-wrap: wrap; gap: 0.4rem; }
.chip { padding: 0.15rem 0.6rem; border: 1px solid var(--line); border-radius: 6px; background: var(--sunken); font: 0.8125rem/1.6 var(--mono); overflow-wrap: anywhere; }

details > summary { cursor: pointer; color: var(--accent); inline-size: fit-content; padding-block: 0.25rem; }
details[open] > summary { margin-block-end: 0.6rem; }

table { inline-size: 100%; border-collapse: collapse; font-size: 0.9375rem; }
th { text-align: start; font-size: 0.8125rem; font-weight: 600; color: var(--muted); padding: 0.55rem 1.25rem 0.55rem 0; border-block-end: 1px solid var(--edge); }
td { padding: 0.75rem 1.25rem 0.75rem 0; border-block-end: 1px solid var(--line); vertical-align: top; }
th:last-child, td:last-child { padding-inline-end: 0; }
tbody tr:last-child td { border-block-end: 0; padding-block-end: 0.25rem; }
thead th { padding-block-start: 0; }
td:last-child .actions { justify-content: flex-end; }
@media (max-width: 44rem) {
  table.stacks, .stacks tbody, .stacks tr, .stacks td { display: block; }
  .stacks thead { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
  .stacks tr { padding-block: 0.9rem; border-block-end: 1px solid var(--line); }
  .stacks tr:first-child { padding-block-start: 0; }
  .stacks tr:last-child { padding-block-end: 0; border: 0; }
  .stacks td, .stacks tbody tr:last-child td { border: 0; padding: 0.2rem 0; }
  .stacks td:last-child .actions { justify-content: flex-start; padding-block-start: 0.4rem; }
  .stacks td:not([data-label=""])::before { content: attr(data-label); display: block; font-size: 0.8125rem; color: var(--muted); }
  .facts { grid-template-columns: 1fr; gap: 0.1rem; }
  .facts dd + dt { margin-block-start: 0.7rem; }
  .card-head, .card-body, .card-foot { padding-inline: 1.1rem; }
}

.timeline { display: grid; grid-template-columns: max-content minmax(11.5rem, max-content) 1fr; gap: 0 1.25rem; font: 0.8125rem/1.6 var(--mono); }
.timeline li { display: grid; grid-column: 1 / -1; grid-template-columns: subgrid; padding-block: 0.4rem; border-block-end: 1px solid var(--line); }
.timeline li:last-child { border: 0; }
.timeline .what { min-inline-size: 0; overflow-wrap: anywhere; }
.timeline time { color: var(--muted); }
.timeline .is-bad { color: var(--danger); }
.timeline .is-warn { color: var(--warn); }
.timeline .is-good { color: var(--accent); }
@media (max-width: 44rem) { .timeline { grid-template-columns: max-content 1fr; } .timeline .what { grid-column: 1 / -1; } }
.filter { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(9rem, 100%), 1fr)); gap: 0.9rem 1rem; align-items: end; }
.filter select, .filter button { inline-size: 100%; }
.cards { display: grid; gap: 1.5rem; }
@media (min-width: 64rem) { .cards { grid-template-columns: 1fr 1fr; } .cards > .card:only-child { grid-column: 1 / -1; } }
.cards > .card { display: flex; flex-direction: column; }
.cards > .card > .card-body { flex: 1; }
.granted { display: grid; gap: 0.2rem; }
textarea.prose { font: inherit; }
.empty { padding: 1.5rem 1.4rem; text-align: center; color: var(--muted); }
`
