import { parseAgentId, parseId } from '../../model/ids.ts'
import { CSRF_FIELD } from '../pages/form.ts'
import { confirmPage } from '../pages/confirm-page.ts'
import { html, type Content, type Markup } from '../pages/markup.ts'
import { plainText } from '../pages/plain-text.ts'
import type { WebContext } from '../pages/web.ts'
import { errorPage } from '../pages/error-page.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import type { RevocationReport, RevokedBy } from '../revocation/contract.ts'
import type { DashboardDeps } from './dashboard-deps.ts'
import { frame, isOperator, type Place } from './frame.ts'
import { missingPage } from './missing-page.ts'
import { reportPage } from './report-page.ts'

const MAX_REASON = 200

/** What can be taken back on the pages, where, and by which deeds. */
export const REVOCABLE = {
  delegation: { place: '/delegations', back: '/', deeds: ['revoke'] },
  connection: { place: '/connections', back: '/', deeds: ['revoke'] },
  session: { place: '/sessions', back: '/', deeds: ['revoke'] },
  agent: { place: '/agents', back: '/agents', deeds: ['revoke', 'restore'] },
} as const satisfies Record<string, { readonly place: string; readonly back: Place; readonly deeds: readonly ('revoke' | 'restore')[] }>

export type Revocable = keyof typeof REVOCABLE

/** One thing, and what is to be done to it. */
export interface Deed {
  readonly kind: Revocable
  readonly deed: 'revoke' | 'restore'
}

/** A thing that this person may take back. */
interface Found {
  /** In words, for the page. */
  readonly name: string
  readonly text: Content
  /** Whether it takes an operator: it concerns others. */
  readonly asOperator: boolean
  perform(by: RevokedBy): Promise<RevocationReport | boolean | 'configuration' | undefined>
}

/** Asks before it is done. */
export async function askRevocation(c: WebContext, who: BrowserSignIn, { kind, deed }: Deed, deps: DashboardDeps): Promise<Response> {
  const id = c.req.param('id') ?? ''
  const found = await find(who, { kind, deed }, id, deps)
  if (found === undefined) return missingPage(c, who)
  const { place, back } = REVOCABLE[kind]
  const verb = VERBS[deed === 'restore' ? 'restore' : kind]
  return c.html(confirmPage({
    title: `${verb} ${plainText(found.name)}?`, text: found.text, inside: deed === 'revoke' && found.asOperator ? reasonField : undefined,
    action: `${place}/${encodeURIComponent(id)}/${deed}`, csrf: who.csrf, confirm: verb, danger: deed === 'revoke', cancelHref: back, ...frame(who, back),
  }))
}

const VERBS: Readonly<Record<Revocable | 'restore', string>> = { restore: 'Restore', connection: 'Disconnect', session: 'End', delegation: 'Revoke', agent: 'Revoke' }

/** Whoever takes back what is others' says why. */
const reasonField: Markup = html`<div class="field"><label for="reason">Reason</label>
<input type="text" id="reason" name="reason" maxlength="${String(MAX_REASON)}" autocomplete="off" aria-describedby="reason-hint">
<p class="hint" id="reason-hint">It stands in the audit. Say nothing here that others must not read.</p></div>`

/** Does it, and tells what came of it. */
export async function revoke(c: WebContext, who: BrowserSignIn, { kind, deed }: Deed, form: URLSearchParams, deps: DashboardDeps): Promise<Response> {
  const found = await find(who, { kind, deed }, c.req.param('id') ?? '', deps)
  if (found === undefined) return missingPage(c, who)
  form.delete(CSRF_FIELD)
  const reason = form.get('reason')?.trim().slice(0, MAX_REASON)
  if (found.asOperator && who.breakGlass) {
    deps.audit.post({ event: 'admin.break_glass_used', by: who.person.id, reason: `${deed} ${found.name}`, outcome: 'ok' })
  }
  const done = await found.perform({ by: who.person.id, reason: reason === '' ? undefined : reason })
  if (done === undefined) return missingPage(c, who)
  const { back } = REVOCABLE[kind]
  if (done === 'configuration') {
    return c.html(errorPage({
      title: 'The configuration’s file revokes this agent', text: 'Only that file can take it back: set its status to active there.',
      next: [{ href: back, label: 'Back' }], account: frame(who, back).account,
    }), 409)
  }
  return typeof done === 'boolean' ? c.redirect(back, 303) : c.html(reportPage(who, back, found.name, done))
}

/** One's own, or anybody's for an operator. What is not, does not exist. */
function find(who: BrowserSignIn, deed: Deed, id: string, deps: DashboardDeps): Promise<Found | undefined> {
  switch (deed.kind) {
    case 'delegation': return findDelegation(who, id, deps)
    case 'session': return findSession(who, id, deps)
    case 'connection': return findConnection(who, id, deps)
    case 'agent': return findAgent(who, deed.deed, id, deps)
  }
}

async function findDelegation(who: BrowserSignIn, text: string, { store, agents, revoker }: DashboardDeps): Promise<Found | undefined> {
  const id = parseId('dlg', text)
  const delegation = id === undefined ? undefined : await store.delegations.get(id)
  if (id === undefined || delegation === undefined || !(delegation.person === who.person.id || isOperator(who))) return undefined
  const name = (await agents.get(delegation.agent))?.agent.name ?? delegation.agent
  const asOperator = delegation.person !== who.person.id
  const whose = delegation.person.slice('user:'.length)
  return {
    name: asOperator ? `${name} for ${whose}` : name,
    text: `It can do nothing on ${asOperator ? `${plainText(whose)}’s` : 'your'} behalf any more, at once; what it has open is cut. It would have to ask anew.`,
    asOperator,
    perform: (by) => revoker.delegation(id, by),
  }
}

async function findSession(who: BrowserSignIn, text: string, { store, agents, revoker }: DashboardDeps): Promise<Found | undefined> {
  const id = parseId('ses', text)
  const session = id === undefined ? undefined : await store.delegations.session(id)
  if (id === undefined || session === undefined || !(session.person === who.person.id || isOperator(who))) return undefined
  const name = (await agents.get(session.agent))?.agent.name ?? session.agent
  const asOperator = session.person !== who.person.id
  return {
    name: asOperator ? `this run of ${name} for ${session.person.slice('user:'.length)}` : `this run of ${name}`,
    text: 'It ends at once, and what it has open is cut. What was approved stays, and so do other runs.',
    asOperator,
    perform: (by) => revoker.session(id, by),
  }
}

async function findConnection(who: BrowserSignIn, text: string, { connections, revoker, words }: DashboardDeps): Promise<Found | undefined> {
  const id = parseId('con', text)
  const connection = id === undefined ? undefined : await connections.get(id)
  if (id === undefined || connection === undefined || connection.owner !== who.person.id) return undefined
  return {
    name: `${connection.account?.name ?? connection.label} at ${words.get(connection.integration)?.words.title ?? connection.integration}`,
    text: 'No agent can act by this account any more, at once. Where the other side can, it is told to forget the authorisation, too.',
    asOperator: false,
    perform: (by) => revoker.connection(id, by),
  }
}

async function findAgent(who: BrowserSignIn, deed: Deed['deed'], text: string, { agents, revoker }: DashboardDeps): Promise<Found | undefined> {
  const id = parseAgentId(`agent:${text}`)
  const entry = id === undefined || !isOperator(who) ? undefined : await agents.get(id)
  if (id === undefined || entry === undefined) return undefined
  if (deed === 'restore') {
    return {
      name: entry.agent.name, text: 'It may act again, once people approve it anew: what they had approved before has ended.', asOperator: true,
      perform: (by) => revoker.restoreAgent(id, by),
    }
  }
  return {
    name: entry.agent.name,
    text: 'It can do nothing any more, for anybody, at once: its runs end, what it has open is cut, its credentials are dropped. Other agents notice nothing.',
    asOperator: true,
    perform: (by) => revoker.agent(id, by),
  }
}
