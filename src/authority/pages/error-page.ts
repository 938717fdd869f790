import { buttonLink } from './form.ts'
import { page, type PageAccount } from './layout.ts'
import { html, nothing, type Content, type Markup } from './markup.ts'
import { heading } from './parts.ts'

export interface ErrorPageOptions {
  /** What is the matter, in a few words. */
  readonly title: string
  /** Why, and what to do now: our own words, never an error's. */
  readonly text: Content
  /** Where to go from here; the first is what most people want. */
  readonly next?: readonly { readonly href: string; readonly label: string }[] | undefined
  readonly account?: PageAccount | undefined
}

/** A page that tells what went wrong and what to do next. */
export function errorPage({ title, text, next = [], account }: ErrorPageOptions): Markup {
  const [first, ...others] = next
  const links = first === undefined ? nothing
    : html`<p class="actions">${buttonLink({ ...first, tone: 'accent' })}${others.map((other) => buttonLink(other))}</p>`
  return page({ title, width: 'narrow', account, body: html`${heading(title, text)}${links}` })
}
