import { buttonLink, postForm } from '../pages/form.ts'
import { page, type PageAccount } from '../pages/layout.ts'
import { errorPage } from '../pages/error-page.ts'
import { html, type Markup } from '../pages/markup.ts'
import { heading, notice } from '../pages/parts.ts'
import { plainText } from '../pages/plain-text.ts'
import type { DemoPerson } from './demo-person.ts'

/** One button an account: only where the configuration says that anybody may be anybody. */
export function demoPage(accounts: readonly DemoPerson[], csrf: string, returnTo: string): Markup {
  const buttons = accounts.map(({ person, name, groups }) => html`<li>
<button type="submit" name="person" value="${person}"><span>${plainText(name)}<span class="muted">${person.slice('user:'.length)}</span></span>
<span class="muted">${groups.join(', ')}</span></button></li>`)
  return page({
    title: 'Sign in',
    width: 'narrow',
    body: html`${heading('Sign in', 'Choose who you are.')}
${notice('warn', 'Demo accounts', 'Whoever reaches this page can be any of them. Never use them with real connections.')}
${postForm({ action: '/login/demo', csrf, fields: { return: returnTo }, body: html`<ul class="accounts">${buttons}</ul>` })}`,
  })
}

/** After signing out. */
export function signedOutPage(): Markup {
  return page({
    title: 'Signed out',
    width: 'narrow',
    body: html`${heading('You are signed out', 'Agents go on with what you approved. To take that back, sign in and revoke it.')}
<p>${buttonLink({ label: 'Sign in again', href: '/login', tone: 'accent' })}</p>`,
  })
}

/** Asks before signing out, where somebody came by a link. */
export function signOutPage(account: PageAccount): Markup {
  return page({
    title: 'Sign out',
    width: 'narrow',
    account,
    body: html`${heading('Sign out?', 'Agents go on with what you approved.')}
${postForm({ action: '/logout', csrf: account.csrf, body: html`<button class="button-accent">Sign out</button>` })}`,
  })
}

export function refusedPage(refused: string, advice: string): Markup {
  return errorPage({
    title: 'You are not signed in',
    text: html`Your identity provider vouched for you, but ${refused}. ${advice}`,
    next: [{ href: '/login?switch=1', label: 'Use another account' }],
  })
}

/** Used, expired, or begun in another browser. */
export function strayCallbackPage(): Markup {
  return errorPage({
    title: 'This sign-in is over',
    text: 'It was finished before, took too long, or was begun in another browser. Nothing has happened; begin again here.',
    next: [{ href: '/login', label: 'Sign in' }],
  })
}

export function unverifiedPage(returnTo: string): Markup {
  return errorPage({
    title: 'The answer could not be verified',
    text: 'What your identity provider answered is not what was asked for, so you are not signed in. If it happens again, tell your administrator.',
    next: [{ href: loginPath(returnTo), label: 'Try again' }],
  })
}

export function declinedPage(returnTo: string): Markup {
  return errorPage({
    title: 'You are not signed in',
    text: 'Your identity provider did not sign you in, or you stopped there.',
    next: [{ href: loginPath(returnTo), label: 'Try again' }],
  })
}

export function providerDownPage(returnTo: string): Markup {
  return errorPage({
    title: 'Your identity provider does not answer',
    text: 'Nobody can sign in until it does. Agents go on with what was approved.',
    next: [{ href: loginPath(returnTo), label: 'Try again' }],
  })
}

export function tooManyPage(): Markup {
  return errorPage({ title: 'Too many attempts', text: 'Wait a minute, then try again.', next: [{ href: '/login', label: 'Sign in' }] })
}

/** The sign-in that comes back to this path of ours. */
export function loginPath(returnTo: string, another = false): string {
  const query = new URLSearchParams({ ...(another ? { switch: '1' } : {}), ...(returnTo === '/' ? {} : { return: returnTo }) })
  return query.size === 0 ? '/login' : `/login?${query}`
}
