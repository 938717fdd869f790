/** Colours, type, space and the frame of every page. Contrast is AA on each ground it stands on (held by a test). */
export const FOUNDATION = `
:root {
  color-scheme: light dark;
  --ground: #f6f6f3; --surface: #ffffff; --sunken: #f0f1ed; --ink: #1a1f1d; --muted: #59625f; --line: #dcdfda; --edge: #868f8b;
  --accent: #0b5f4f; --on-accent: #ffffff; --accent-soft: #e3f0ec; --strong: #2b3230; --on-strong: #ffffff;
  --danger: #9c2a1d; --on-danger: #ffffff; --danger-soft: #faeae7; --warn: #754d00; --warn-soft: #f9f0db; --shadow: 0 1px 2px rgb(20 30 26 / 0.06);
  --sans: ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #111413; --surface: #191d1c; --sunken: #222826; --ink: #e7ebe9; --muted: #a3ada9; --line: #2d3432; --edge: #77827e;
    --accent: #74cdb7; --on-accent: #06251e; --accent-soft: #17332c; --strong: #d6dcd9; --on-strong: #161b19;
    --danger: #f29a8e; --on-danger: #2e0a05; --danger-soft: #351b17; --warn: #e5bb62; --warn-soft: #332812; --shadow: none;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { font: 100%/1.55 var(--sans); color: var(--ink); background: var(--ground); -webkit-text-size-adjust: 100%; scroll-padding-block: 1rem 8rem; }
body { margin: 0; min-block-size: 100vh; min-block-size: 100dvh; display: flex; flex-direction: column; font-variant-numeric: tabular-nums; }
h1, h2, h3, p, ul, ol, dl, dd, figure, fieldset { margin: 0; padding: 0; }
h1, h2, h3 { line-height: 1.25; font-weight: 640; text-wrap: balance; overflow-wrap: anywhere; }
h1 { font-size: 1.75rem; letter-spacing: -0.018em; }
h2 { font-size: 1.125rem; letter-spacing: -0.006em; }
h3 { font-size: 0.9375rem; }
p, li, dd, td { overflow-wrap: anywhere; }
ul, ol { list-style: none; }
fieldset { border: 0; min-inline-size: 0; }
a { color: var(--accent); text-underline-offset: 0.18em; text-decoration-thickness: 0.06em; }
a:hover { text-decoration-thickness: 0.12em; }
code { font: 0.8125em/1.4 var(--mono); overflow-wrap: anywhere; }
bdi { unicode-bidi: isolate; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; inset-inline-start: 1rem; inset-block-start: -5rem; padding: 0.6rem 1rem; background: var(--surface); border-radius: 6px; z-index: 3; }
.skip:focus { inset-block-start: 0.6rem; }
.visually-hidden { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.muted { color: var(--muted); }
.small { font-size: 0.875rem; }
.nowrap { white-space: nowrap; }

.top { border-block-end: 1px solid var(--line); background: var(--surface); }
.top-row { max-inline-size: 72rem; margin-inline: auto; padding: 0.7rem 1.5rem; display: flex; flex-wrap: wrap; align-items: center; gap: 0.4rem 1.75rem; }
.brand { display: inline-flex; align-items: center; gap: 0.55rem; color: var(--ink); font-weight: 640; letter-spacing: -0.01em; text-decoration: none; }
.brand svg { inline-size: 1.2rem; block-size: 1.4rem; color: var(--accent); }
.nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; font-size: 0.9375rem; }
.nav a { color: var(--muted); text-decoration: none; padding-block: 0.3rem; border-block-end: 2px solid transparent; }
.nav a:hover { color: var(--ink); }
.nav a[aria-current] { color: var(--ink); border-color: var(--accent); }
.account { margin-inline-start: auto; display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 1rem; font-size: 0.875rem; color: var(--muted); }

main { flex: 1; inline-size: 100%; margin-inline: auto; padding: 3rem 1.5rem 4rem; }
main.narrow { max-inline-size: 30rem; padding-block-start: 5rem; }
main.reading { max-inline-size: 46rem; }
main.wide { max-inline-size: 72rem; }
.stack > * + * { margin-block-start: 1.5rem; }
.stack-tight > * + * { margin-block-start: 0.6rem; }
.lead { color: var(--muted); font-size: 1.0625rem; max-inline-size: 38rem; }
.eyebrow { color: var(--muted); font-size: 0.875rem; }
.foot { padding: 1.25rem 1.5rem 1.75rem; text-align: center; color: var(--muted); font-size: 0.8125rem; }
@media (max-width: 44rem) {
  .nav { order: 1; inline-size: 100%; }
  .top-row:has(.nav) { padding-block-end: 0.2rem; }
}
@media (max-width: 36rem) {
  h1 { font-size: 1.5rem; }
  main { padding: 1.75rem 1rem 2.5rem; }
  main.narrow { padding-block-start: 2.25rem; }
  .top-row { padding-inline: 1rem; }
}
@media print { .top, .bar, .button, button { display: none; } }
@media (prefers-reduced-motion: no-preference) { a, button, .button, input { transition: background-color 0.12s, border-color 0.12s, color 0.12s; } }
`
