import { CSRF_FIELD } from '../pages/form.ts'
import { readForm } from '../pages/read-form.ts'
import { returnPath } from '../pages/return-path.ts'
import { refusedForm, sentByOwnPage, type WebContext } from '../pages/web.ts'
import { LOGIN_COOKIE, readCookie } from '../people/cookies.ts'
import { sameSecret } from '../../lib/same-secret.ts'
import type { DemoPerson } from './demo-person.ts'
import { browserSecret, csrfBeforeSignIn, type LoginDesk } from './login-desk.ts'
import { demoPage, loginPath, strayCallbackPage } from './login-pages.ts'

/** Whom the store calls the provider of the demo's accounts. */
const DEMO_ISSUER = 'urn:postern:demo'

/** The page with one button an account. */
export function showDemoAccounts(c: WebContext, accounts: readonly DemoPerson[], returnTo: string): Response | Promise<Response> {
  return c.html(demoPage(accounts, csrfBeforeSignIn(browserSecret(c)), returnTo))
}

/** Signs in as the account whose button was pressed, on that page and in this browser. */
export async function enterAsDemoAccount(c: WebContext, desk: LoginDesk, accounts: readonly DemoPerson[]): Promise<Response> {
  const form = await readForm(c)
  const browser = readCookie(c.req.header('cookie'), LOGIN_COOKIE)
  const returnTo = returnPath(form?.get('return') ?? undefined)
  const genuine = browser !== undefined && sentByOwnPage(c, desk.deps.url) && sameSecret(csrfBeforeSignIn(browser), form?.get(CSRF_FIELD) ?? '')
  if (!genuine) return refusedForm(c, loginPath(returnTo))
  const account = accounts.find(({ person }) => person === form?.get('person'))
  if (account === undefined) return desk.refuse(c, 'there is no such demo account', strayCallbackPage(), 400)
  const { person: id, name, groups } = account
  return desk.enter(c, { id, issuer: DEMO_ISSUER, subject: id, name, email: id.slice('user:'.length), groups }, undefined, returnTo)
}
