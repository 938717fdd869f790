import type { Call, Reply } from './call.ts'
import { html, pageReply } from './page.ts'

/** What a stand-in's consent page shows. */
export interface ConsentPage {
  /** `GitHub (demo)`. */
  readonly site: string
  readonly app: string
  readonly scopes: readonly string[]
  /** Of the request that is answered. */
  readonly ticket: string
  readonly action: string
  /** Every account of the stand-in's: whoever is at the browser can be any of them. */
  readonly accounts: readonly string[]
  readonly signedIn: string
}

/** What the form of a consent page said. */
export interface ConsentAnswer {
  readonly ticket: string
  readonly login: string
  readonly approved: boolean
}

const COOKIE = 'demo_account'

/** A plain page that says who is signed in, lets them be another, and asks. */
export function consentPage({ site, app, scopes, ticket, action, accounts, signedIn }: ConsentPage): Reply {
  const choices = accounts.map((login) => html`<p><label><input type="radio" name="login" value="${login}"${login === signedIn ? html` checked` : ''}> ${login}</label></p>`)
  const asked = scopes.length === 0 ? html`` : html`<p>It asks for:</p><ul>${scopes.map((scope) => html`<li>${scope}</li>`)}</ul>`
  return pageReply(200, `Authorize ${app}`, html`<main><h1>Authorize ${app}</h1><p>${site}: you are signed in as <strong>${signedIn}</strong>.</p>${asked}
<form method="post" action="${action}"><input type="hidden" name="ticket" value="${ticket}"><fieldset><legend>Account</legend>${choices}</fieldset>
<p><button name="decision" value="authorize">Authorize</button> <button name="decision" value="cancel">Cancel</button></p></form></main>`)
}

/** A page that says why there is nothing to consent to: never a redirect, since whose it would be is not known. */
export function consentProblem(site: string, problem: string): Reply {
  return pageReply(400, site, html`<main><h1>${site}</h1><p>${problem}</p></main>`)
}

export function readConsentAnswer(call: Call): ConsentAnswer {
  const form = new URLSearchParams(call.body.toString('utf8'))
  return { ticket: form.get('ticket') ?? '', login: form.get('login') ?? '', approved: form.get('decision') === 'authorize' }
}

/** Who is signed in at the stand-in in this browser: the first account where nobody said. */
export function signedInAt(call: Call, accounts: readonly string[]): string {
  const login = new RegExp(`(?:^|; *)${COOKIE}=([A-Za-z0-9._-]+)`).exec(call.headers.cookie ?? '')?.[1]
  return accounts.find((one) => one === login) ?? accounts[0] ?? ''
}

/** Sends the browser on, signed in as this account from now on. */
export function redirectAs(login: string, location: string): Reply {
  return { status: 302, headers: { location, 'set-cookie': `${COOKIE}=${login}; Path=/; Secure; HttpOnly; SameSite=Lax`, 'cache-control': 'no-store' }, body: undefined }
}
