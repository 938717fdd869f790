import type { UpstreamOauth } from '../../integrations/upstream-oauth.ts'
import type { Connection } from '../../store/ports/connections.ts'
import { confirmPage } from '../pages/confirm-page.ts'
import { errorPage } from '../pages/error-page.ts'
import { buttonLink } from '../pages/form.ts'
import { page, type PageAccount } from '../pages/layout.ts'
import { html, nothing, type Content, type Markup } from '../pages/markup.ts'
import { chips, facts, heading, notice } from '../pages/parts.ts'
import { plainText } from '../pages/plain-text.ts'
import type { Completion } from './complete-connect.ts'

/** Where a page of connecting stands. */
export interface ConnectPlace {
  /** `/connect/github`. */
  readonly path: string
  readonly integration: string
  readonly oauth: UpstreamOauth
  readonly account: PageAccount
  readonly label: string | undefined
  readonly returnTo: string
}

/** Our own consent to connecting, before the upstream's, which the upstream may skip. */
export function connectPage({ path, oauth, account, label, returnTo }: ConnectPlace, own: readonly Connection[]): Markup {
  const { title, scopes } = oauth
  const asked = scopes.length === 0
    ? `${title} shows what its app may do; an agent gets no more of it than you approve for that agent.`
    : html`<p>${title} will be asked for:</p>${chips(scopes)}<p>An agent gets no more of it than you approve for that agent.</p>`
  const there = own.length === 0 ? nothing
    : notice('plain', 'Connected already', html`${own.map((one) => html`<p>${plainText(one.account?.name ?? one.label, 80)}</p>`)}<p>The same account again renews its connection; another one is added.</p>`)
  return confirmPage({
    title: `Connect ${title}`,
    text: `You go to ${new URL(oauth.authorizeOrigin).host} and say there which account it is. What you connect belongs to ${plainText(account.name, 80)} here, and to nobody else.`,
    details: html`${there}<div>${asked}</div>`,
    action: path,
    csrf: account.csrf,
    fields: { return: returnTo, ...(label === undefined ? {} : { label }) },
    confirm: `Go to ${title}`,
    danger: false,
    cancelHref: returnTo,
    account,
  })
}

/** Before an app is put on an account there. */
export function installPage({ path, oauth, account, returnTo }: ConnectPlace): Markup {
  return confirmPage({
    title: `Install the app at ${oauth.title}`,
    text: `An app reaches only the accounts and repositories that it was given. You choose them at ${oauth.title}; an organisation’s owners may have to agree.`,
    action: `${path}/install`,
    csrf: account.csrf,
    fields: { return: returnTo },
    confirm: `Go to ${oauth.title}`,
    danger: false,
    cancelHref: returnTo,
    account,
  })
}

/** What has come of it. */
export function connectedPage({ path, oauth, account, returnTo }: ConnectPlace, connection: Connection): Markup {
  const missing = oauth.scopes.filter((scope) => connection.scopes.length > 0 && !connection.scopes.includes(scope))
  const more = connection.scopes.filter((scope) => !oauth.scopes.includes(scope))
  const rows: (readonly [string, Content])[] = [
    ['Account', plainText(connection.account?.name ?? 'not told', 80)],
    ['Called here', plainText(connection.label, 80)],
    ...(connection.scopes.length === 0 ? [] : [['Granted', chips(connection.scopes)] as const]),
  ]
  const install = oauth.installUrl === undefined ? nothing
    : html`<p>${buttonLink({ label: 'Install the app on an account', href: `${path}/install?return=${encodeURIComponent(returnTo)}` })}</p>`
  return page({
    title: `${oauth.title} is connected`,
    width: 'narrow',
    account,
    body: html`${heading(`${oauth.title} is connected`, 'Agents use it only where you approve it.')}
${facts(rows)}
${missing.length === 0 ? nothing : notice('warn', `${oauth.title} granted less than was asked`, html`${chips(missing)}<p>Agents that need these are refused until you connect again and grant them.</p>`)}
${more.length === 0 ? nothing : notice('plain', `${oauth.title} granted more than was asked`, html`${chips(more)}<p>No agent gets it but by your approval and the organisation’s policy.</p>`)}
${install}
<p class="actions">${buttonLink({ label: 'Go on', href: returnTo, tone: 'accent' })}</p>`,
  })
}

/** After an app was put on an account, or that was asked for. */
export function installedPage({ oauth, account, returnTo }: ConnectPlace, action: 'install' | 'update' | 'request' | undefined): Markup {
  const requested = action === 'request'
  return page({
    title: requested ? 'Your request was sent' : 'The app’s installation changed',
    width: 'narrow',
    account,
    body: html`${heading(
      requested ? 'Your request was sent' : 'The app’s installation changed',
      requested ? `The owners of the organisation decide at ${oauth.title}.` : `What the app reaches now is what ${oauth.title} says.`,
    )}
<p class="actions">${buttonLink({ label: 'Go on', href: returnTo, tone: 'accent' })}</p>`,
  })
}

type Unfinished = Exclude<Completion['kind'], 'connected'>

const UNFINISHED: Readonly<Record<Unfinished, (title: string) => readonly [title: string, text: string]>> = {
  stray: (title) => ['This link is not yours, or is over', `It was used before, took too long, or was begun by another person or in another browser. Nothing was connected. Where somebody sent it to you, do not use it; to connect your own ${title} account, begin here.`],
  mixed_up: (title) => ['The answer does not come from there', `What came back cannot be told to be ${title}’s own answer. Nothing was connected.`],
  declined: (title) => ['Nothing was connected', `You, or ${title} for you, declined.`],
  refused: (title) => [`${title} said no`, 'Nothing was connected. Where it happens again, the app’s settings there may not fit; the operators find the reason in the audit.'],
  unavailable: (title) => [`${title} did not answer`, 'Nothing was connected. Try again in a minute.'],
  label_taken: () => ['That name is another account’s', 'One of your connections is called so already. Choose another name, or revoke that connection first.'],
  too_many: () => ['You have too many connections', 'Revoke some that you do not need first.'],
}

/** Where connecting came to nothing. */
export function notConnectedPage({ path, oauth, account, returnTo }: ConnectPlace, kind: Unfinished): Markup {
  const [title, text] = UNFINISHED[kind](oauth.title)
  const again = `${path}?return=${encodeURIComponent(returnTo)}`
  return errorPage({ title, text, next: [{ href: again, label: `Connect ${oauth.title}` }, { href: returnTo, label: 'Go back' }], account })
}

/** Nothing of that name can be connected. */
export function nothingToConnectPage(account: PageAccount): Markup {
  return errorPage({ title: 'There is nothing to connect here', text: 'No integration of this name takes people’s own accounts.', next: [{ href: '/', label: 'Go to the start' }], account })
}

/** Somebody came back who is not signed in. */
export function signedOutCallbackPage(): Markup {
  return errorPage({
    title: 'You are not signed in',
    text: 'Connecting ends as the person who began it. Nothing was connected; sign in and begin again.',
    next: [{ href: '/login', label: 'Sign in' }],
  })
}

