import { html, nothing, type Content, type Markup } from './markup.ts'

export type Tone = 'plain' | 'good' | 'warn' | 'bad'

/** The page's one heading, with what it means in a sentence. */
export function heading(title: Content, lead?: Content): Markup {
  return html`<div class="stack-tight"><h1>${title}</h1>${lead === undefined ? nothing : html`<p class="lead">${lead}</p>`}</div>`
}

export interface CardOptions {
  readonly title?: Content
  /** Beside the title: a state, a count. */
  readonly aside?: Content
  readonly body: Content
  readonly foot?: Content
}

/** One thing with its heading. */
export function card({ title, aside, body, foot }: CardOptions): Markup {
  const head = title === undefined ? nothing : html`<div class="card-head"><h2>${title}</h2>${aside ?? nothing}</div>`
  const end = foot === undefined ? nothing : html`<div class="card-foot">${foot}</div>`
  return html`<section class="card">${head}<div class="card-body">${body}</div>${end}</section>`
}

/** Names and what they are, in order. */
export function facts(rows: readonly (readonly [term: string, value: Content])[]): Markup {
  return html`<dl class="facts">${rows.map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>`)}</dl>`
}

/** A state in a word. */
export function badge(text: string, tone: Tone = 'plain'): Markup {
  return html`<span class="badge${tone === 'plain' ? '' : ` badge-${tone}`}">${text}</span>`
}

/** Something that the reader must not miss. `bad` is read out at once. */
export function notice(tone: Tone, title: Content, body?: Content): Markup {
  const role = tone === 'bad' ? 'alert' : 'status'
  return html`<div class="notice${tone === 'plain' ? '' : ` notice-${tone}`}" role="${role}"><p class="notice-title">${title}</p>${body === undefined ? nothing : html`<div>${body}</div>`}</div>`
}

/** Short texts side by side: targets, groups. */
export function chips(texts: readonly string[]): Markup {
  return html`<ul class="chips">${texts.map((text) => html`<li class="chip"><bdi>${text}</bdi></li>`)}</ul>`
}

export interface TableOptions {
  /** Read out, not shown: a heading stands above. */
  readonly caption: string
  /** `''` over what can be done. */
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Content[])[]
  /** In the place of a table without rows. */
  readonly empty: Content
}

/**
 * Rows under columns; on a phone each row stands by itself, with the columns' names in it. The roles are said, since a table that is laid out
 * otherwise is none to readers of the screen.
 */
export function table({ caption, columns, rows, empty }: TableOptions): Markup {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`
  const head = columns.map((column) => html`<th scope="col" role="columnheader">${column === '' ? html`<span class="visually-hidden">What you can do</span>` : column}</th>`)
  const body = rows.map((cells) => html`<tr role="row">${cells.map((cell, index) => html`<td role="cell" data-label="${columns[index] ?? ''}">${cell}</td>`)}</tr>`)
  return html`<table class="stacks" role="table"><caption class="visually-hidden">${caption}</caption>
<thead role="rowgroup"><tr role="row">${head}</tr></thead><tbody role="rowgroup">${body}</tbody></table>`
}

export interface Moment {
  /** RFC 3339, for machines. */
  readonly iso: string
  /** `09:32:14`. */
  readonly time: string
  readonly event: string
  readonly tone: Tone
  readonly body: Content
}

/** What happened, one line an event: `09:32:14 credential.issued agent:pr-reviewer -> github`. */
export function timeline(label: string, moments: readonly Moment[]): Markup {
  const lines = moments.map(({ iso, time, event, tone, body }) =>
    html`<li><time datetime="${iso}">${time}</time> <span class="${tone === 'plain' ? 'event' : `event is-${tone}`}">${event}</span> <span class="what">${body}</span></li>`)
  return html`<ol class="timeline" aria-label="${label}">${lines}</ol>`
}
