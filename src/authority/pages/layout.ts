import { FAVICON, STYLESHEET } from './assets.ts'
import { csrfField } from './form.ts'
import { mark } from './icons.ts'
import { html, nothing, type Content, type Markup } from './markup.ts'
import { plainText } from './plain-text.ts'

/** Who is signed in, as the head of a page says it. */
export interface PageAccount {
  /** Shown in full as a title; cut where it is long. */
  readonly name: string
  readonly csrf: string
}

export interface NavItem {
  readonly href: string
  readonly label: string
  readonly current: boolean
}

export interface PageOptions {
  /** Of the tab; ours is added. */
  readonly title: string
  /** `narrow`: one question. `reading`: a column of text and forms. `wide`: tables. */
  readonly width: 'narrow' | 'reading' | 'wide'
  readonly account?: PageAccount | undefined
  readonly nav?: readonly NavItem[] | undefined
  /** Goes on by itself, by a GET. Our own URL or one that was checked. */
  readonly onwardTo?: string | undefined
  readonly body: Content
}

/** One whole page of ours, with its landmarks. */
export function page({ title, width, account, nav, onwardTo, body }: PageOptions): Markup {
  return html`<!doctype html>
<html lang="en">
${documentHead(`${plainText(title)} · Postern`, onwardTo === undefined ? nothing : html`<meta http-equiv="refresh" content="0; url=${onwardTo}">`)}
<body>
<a class="skip" href="#content">Skip to the content</a>
<header class="top"><div class="top-row">
<a class="brand" href="/">${mark}Postern</a>
${navigation(nav)}${accountOf(account)}
</div></header>
<main id="content" class="${width} stack">
${body}
</main>
</body>
</html>`
}

/** The head of every document of ours, the dashboard's too. */
export function documentHead(title: string, more: Markup): Markup {
  return html`<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="stylesheet" href="${STYLESHEET.path}">
<link rel="icon" href="${FAVICON.path}" type="image/svg+xml">
${more}
</head>`
}

function navigation(items: readonly NavItem[] | undefined): Markup {
  if (items === undefined) return nothing
  const links = items.map(({ href, label, current }) => html`<a href="${href}"${current ? html` aria-current="page"` : nothing}>${label}</a>`)
  return html`<nav class="nav" aria-label="Main">${links}</nav>`
}

function accountOf(account: PageAccount | undefined): Markup {
  if (account === undefined) return nothing
  return html`<div class="account"><span><span class="visually-hidden">Signed in as </span><bdi>${plainText(account.name, 60)}</bdi></span>
<form method="post" action="/logout">${csrfField(account.csrf)}<button class="link-button">Sign out</button></form></div>`
}
