import { Hono } from 'hono'
import type { DeviceCodes } from '../oauth/contract.ts'
import { DEVICE_PATH } from '../oauth/endpoints.ts'
import { button, CSRF_FIELD, postForm } from '../pages/form.ts'
import { page } from '../pages/layout.ts'
import { html, nothing, type Markup } from '../pages/markup.ts'
import { heading } from '../pages/parts.ts'
import { plainText } from '../pages/plain-text.ts'
import { formLimit, readForm } from '../pages/read-form.ts'
import { refusedForm, sentByOwnPage, whatBroke, withPageHeaders, type WebApp, type WebContext, type WebEnv } from '../pages/web.ts'
import type { BrowserSessions } from '../people/contract.ts'
import { matchesCsrf } from '../people/csrf.ts'
import { shownPerson } from '../people/shown-person.ts'
import { durationWords } from './durations.ts'

export interface DeviceDependencies {
  /** Our own origin. */
  readonly url: string
  readonly devices: DeviceCodes
  readonly sessions: BrowserSessions
  readonly report: (error: unknown) => void
}

const MAX_CODE = 32

/**
 * `/device`, where a person types in what a device shows, and comes back to when it is answered. Only who is signed in can try codes. A code in
 * the link is put into the field and never sent by itself: the person compares it first (RFC 8628 section 5.4).
 */
export function deviceRoutes(deps: DeviceDependencies): WebApp {
  const app = new Hono<WebEnv>()
  app.use(DEVICE_PATH, withPageHeaders({ https: deps.url.startsWith('https:') }))
  app.onError(whatBroke(deps.report))
  app.get(DEVICE_PATH, (c) => ask(c, deps))
  app.post(DEVICE_PATH, formLimit, (c) => take(c, deps))
  return app
}

async function ask(c: WebContext, { sessions }: DeviceDependencies): Promise<Response> {
  const answered = c.req.query('answered')
  if (answered !== undefined) return c.html(answeredPage(answered === 'approved'))
  const code = (c.req.query('user_code') ?? '').slice(0, MAX_CODE)
  const signIn = await sessions.current(c.req.header('cookie'))
  if (signIn === undefined) return c.redirect(loginFor(code), 303)
  return c.html(codePage(signIn.csrf, shownPerson(signIn.person), code, undefined))
}

async function take(c: WebContext, { url, sessions, devices }: DeviceDependencies): Promise<Response> {
  const signIn = await sessions.current(c.req.header('cookie'))
  if (signIn === undefined) return c.redirect(loginFor(''), 303)
  const form = await readForm(c)
  if (form === undefined || !sentByOwnPage(c, url) || !matchesCsrf(signIn, form.get(CSRF_FIELD))) return refusedForm(c, DEVICE_PATH)
  const code = (form.get('user_code') ?? '').slice(0, MAX_CODE).trim()
  const who = shownPerson(signIn.person)
  const submitted = await devices.submit(c.env.incoming, signIn.person.id, code)
  switch (submitted.kind) {
    case 'unknown':
      return c.html(codePage(signIn.csrf, who, code, 'There is no such code, or its time is over. Compare it with what the device shows.'), 422)
    case 'too_often':
      c.header('Retry-After', String(Math.ceil(submitted.retryAfterMs / 1000)))
      return c.html(codePage(signIn.csrf, who, '', `These were too many codes. Wait ${durationWords(submitted.retryAfterMs)}, then try again.`), 429)
    case 'found':
      if (submitted.setCookie !== undefined) c.header('Set-Cookie', submitted.setCookie)
      return c.redirect(submitted.location, 303)
  }
}

function loginFor(code: string): string {
  const back = code === '' ? DEVICE_PATH : `${DEVICE_PATH}?${new URLSearchParams({ user_code: code }).toString()}`
  return `/login?${new URLSearchParams({ return: back }).toString()}`
}

function codePage(csrf: string, who: string, code: string, problem: string | undefined): Markup {
  const described = problem === undefined ? html` aria-describedby="code-hint"` : html` aria-invalid="true" aria-describedby="code-problem code-hint"`
  const field = html`<div class="field"><label for="user_code">Code</label>
<input class="code-input" type="text" id="user_code" name="user_code" value="${plainText(code, MAX_CODE)}" maxlength="${MAX_CODE}" required autocomplete="off" autocapitalize="characters" spellcheck="false"${described}>
${problem === undefined ? nothing : html`<p class="error" id="code-problem" role="alert">${problem}</p>`}
<p class="hint" id="code-hint">It stands on the screen of the device, or in the terminal. Type only a code that you asked for yourself.</p></div>`
  return page({
    title: 'Connect a device',
    width: 'narrow',
    account: { name: who, csrf },
    body: html`${heading('Type in the code', 'An agent on a device without a browser waits for your answer.')}
${postForm({ action: DEVICE_PATH, csrf, className: 'stack', body: html`${field}${button({ label: 'Go on', tone: 'accent', size: 'wide' })}` })}`,
  })
}

/** Anybody can come here by a link: it says nothing but what a click shows. */
function answeredPage(approved: boolean): Markup {
  const title = approved ? 'The device has your approval' : 'The device has your answer'
  return page({
    title,
    width: 'narrow',
    body: html`${heading(title, approved ? 'You can close this page and go on there.' : 'It was told that you did not approve. You can close this page.')}<p><a href="/">See what you have approved</a></p>`,
  })
}
