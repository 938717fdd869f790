/** The consent screen and its kin: what is asked, on what, what not, until when. */
export const CONSENT = `
.consent .part { padding: 1.25rem 1.4rem; }
.consent .part + .part { border-block-start: 1px solid var(--line); }
.part h3 { color: var(--muted); font-weight: 600; font-size: 0.8125rem; }
.part > h3 { margin-block-end: 0.5rem; }
.on { margin-block-start: 0.6rem; padding-block-start: 1rem; border-block-start: 1px solid var(--line); }
.scopes > li { border-block-start: 1px solid var(--line); }
.scopes > li:first-child { border-block-start: 0; padding-block-start: 0.35rem; }
.scope { display: grid; grid-template-columns: auto 1fr auto; gap: 0.15rem 0.85rem; align-items: start; padding-block: 0.75rem; }
.scope > input, .scope > .mark { margin-block-start: 0.22rem; }
.scope > .mark { inline-size: 1.15rem; block-size: 1.15rem; }
.scope-words { min-inline-size: 0; overflow-wrap: anywhere; }
.scope-words label { display: block; font-weight: 560; }
.scope-meta { display: flex; flex-wrap: wrap; align-items: center; gap: 0.2rem 0.6rem; color: var(--muted); font-size: 0.8125rem; }
.scope select { min-block-size: 2.25rem; padding-block: 0.2rem; font-size: 0.875rem; }
.scope-refused .scope-words strong { color: var(--muted); }
.scope-why { font-size: 0.875rem; color: var(--muted); }
.scope-refused .mark { color: var(--danger); }
.scope-held .mark { color: var(--accent); }
.scope strong { font-weight: 560; }
.cannot li { display: grid; grid-template-columns: 1.15rem 1fr; gap: 0.85rem; padding-block: 0.25rem; }
.cannot svg { inline-size: 1.15rem; block-size: 1.15rem; margin-block-start: 0.2rem; color: var(--muted); }
.pills { display: grid; grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr)); gap: 0.5rem; }
.pill { position: relative; }
.pill input { position: absolute; inset: 0; inline-size: 100%; block-size: 100%; opacity: 0; cursor: pointer; }
.pill label { display: block; padding: 0.5rem 1rem; min-block-size: 2.75rem; border: 1px solid var(--edge); border-radius: 8px; font-weight: 560; font-size: 0.9375rem; }
.pill span { display: block; font-weight: 400; font-size: 0.8125rem; color: var(--muted); }
.pill input:checked + label { background: var(--accent-soft); border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); color: var(--accent); }
.pill input:focus-visible + label { outline: 3px solid var(--accent); outline-offset: 2px; }
.bar { position: sticky; inset-block-end: 0; z-index: 2; margin-inline: -1.5rem; padding: 0.9rem 1.5rem; background: var(--ground); border-block-start: 1px solid var(--line); }
main:has(.bar) { padding-block-end: 0; }
.code-block { font: 640 2rem/1.3 var(--mono); letter-spacing: 0.08em; text-align: center; padding: 1rem; background: var(--sunken); border-radius: 10px; overflow-wrap: anywhere; }
input.code-input { font: 600 1.5rem/1.3 var(--mono); letter-spacing: 0.12em; text-align: center; text-transform: uppercase; }
.accounts > li + li { margin-block-start: 0.6rem; }
.accounts button { justify-content: space-between; inline-size: 100%; min-block-size: 3.5rem; text-align: start; font-weight: 560; }
.accounts .muted { font-weight: 400; font-size: 0.875rem; display: block; }
@media (max-width: 36rem) {
  .bar { margin-inline: -1rem; padding-inline: 1rem; }
  .consent .part { padding-inline: 1.1rem; }
  .scope { grid-template-columns: auto 1fr; }
  .scope > :nth-child(3) { grid-column: 2; justify-self: start; margin-block-start: 0.35rem; }
  .pills { grid-template-columns: 1fr 1fr; }
}
@media (max-height: 30rem) { .bar { position: static; } }
`
