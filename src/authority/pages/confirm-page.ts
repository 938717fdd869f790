import { button, buttonLink, postForm } from './form.ts'
import { page, type NavItem, type PageAccount } from './layout.ts'
import { html, type Content, type Markup } from './markup.ts'
import { heading } from './parts.ts'

export interface ConfirmPageOptions {
  readonly title: string
  /** What happens then, and whether it can be undone. */
  readonly text: Content
  readonly details?: Content
  /** Within the form: what else is to be said. */
  readonly inside?: Content
  readonly action: string
  readonly csrf: string
  readonly fields?: Readonly<Record<string, string>> | undefined
  /** The deed itself: `Revoke`, never `OK`. */
  readonly confirm: string
  readonly danger: boolean
  /** Back to where nothing has happened. */
  readonly cancelHref: string
  readonly account: PageAccount
  readonly nav?: readonly NavItem[] | undefined
}

/** Asks before something is done that cannot be taken back easily: a dialog as a page, so that it works without scripts. */
export function confirmPage(options: ConfirmPageOptions): Markup {
  const { title, text, details, inside, action, csrf, fields, confirm, danger, cancelHref, account, nav } = options
  const form = postForm({
    action, csrf, fields, className: 'stack',
    body: html`${inside}<div class="actions">${buttonLink({ label: 'Cancel', href: cancelHref })}${button({ label: confirm, tone: danger ? 'danger' : 'accent' })}</div>`,
  })
  return page({ title, width: 'narrow', account, nav, body: html`${heading(title, text)}${details}${form}` })
}
