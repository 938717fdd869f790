import { createHash } from 'node:crypto'
import type { AuditEvent, EventCode } from '../../audit/event.ts'
import type { AuditLog } from '../../audit/log.ts'
import { SingleFlight } from '../../lib/single-flight.ts'
import type { ShortLived } from '../../store/ports/short-lived.ts'
import { askPerson, type AskingDependencies } from '../consent/ask-person.ts'
import { FIELDS, type Choice } from '../consent/choice.ts'
import { decide } from '../consent/decide.ts'
import { scopesOf, type Offer } from '../consent/offer.ts'
import { RecentAnswers } from '../consent/recent-answers.ts'
import type { DelegationDesk, Granted } from '../delegations/contract.ts'
import { clientIdOf } from '../oauth/client-identity.ts'
import type { OauthAgents } from '../oauth/oauth-dependencies.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import { moreAddress, type MoreLink } from './more-link.ts'

export interface MoreDeskDependencies extends AskingDependencies {
  readonly delegations: Pick<DelegationDesk, 'live' | 'grant'>
  readonly agents: OauthAgents
  readonly shortLived: ShortLived
  readonly audit: Pick<AuditLog, 'post'>
}

/** What a link comes to, for this person, now. */
export type Looked =
  | { readonly kind: 'offer'; readonly offer: Offer; readonly running: Granted }
  /** All of it is allowed already. */
  | { readonly kind: 'settled'; readonly offer: Offer }
  | { readonly kind: 'over' | 'not_theirs' }

/** What became of an answer. */
export type MoreAnswered =
  | { readonly kind: 'approved' | 'denied' }
  | { readonly kind: 'unclear'; readonly offer: Offer; readonly choice: Choice; readonly problems: readonly string[] }
  /** The page was answered before, by the same person. */
  | { readonly kind: 'answered_before' }
  | Exclude<Looked, { kind: 'offer' }>

/** For how long a page's answer is remembered, and a request that was shown is not recorded again. */
const REMEMBERED_MS = 12 * 3_600_000

/** Lets the person of a running session widen what they approved for it, where a call of it was refused for want of that. */
export class MoreDesk {
  readonly #deps: MoreDeskDependencies
  readonly #recent: RecentAnswers
  readonly #flights = new SingleFlight<MoreAnswered>()

  constructor(deps: MoreDeskDependencies) {
    this.#deps = deps
    this.#recent = new RecentAnswers(deps.shortLived, deps.clock)
  }

  /** What is asked, judged as it stands now; on record the first time that it is shown. */
  async look(link: MoreLink, signIn: BrowserSignIn): Promise<Looked> {
    const looked = await this.#look(link, signIn)
    if (looked.kind === 'offer') await this.#recordOnce(link, looked)
    return looked
  }

  /**
   * Takes the answer; of several to one page, as a double click's, the first counts.
   * @param page names the page that was shown
   * @throws Fault where an approval cannot be recorded or stored: nothing is approved then
   */
  answer(link: MoreLink, page: string, signIn: BrowserSignIn, form: URLSearchParams): Promise<MoreAnswered> {
    return this.#flights.run(`${page} ${signIn.person.id}`, () => this.#answer(link, page, signIn, form))
  }

  async #answer(link: MoreLink, page: string, signIn: BrowserSignIn, form: URLSearchParams): Promise<MoreAnswered> {
    const before = await this.#recent.find(`more ${page}`, signIn.person.id)
    if (before === 'approved' || before === 'denied') return { kind: before }
    const looked = await this.#look(link, signIn)
    if (looked.kind !== 'offer') return looked
    const { offer, running } = looked
    if (form.get(FIELDS.answer) !== 'approve') {
      if (!await this.#claim(page, signIn)) return { kind: 'answered_before' }
      this.#record('delegation.denied', running, offer, 'denied')
      return this.#keep(page, signIn, 'denied')
    }
    const { delegations, integrations, clock } = this.#deps
    const decided = decide(offer, form, integrations, clock.nowMs())
    if ('problems' in decided) return { kind: 'unclear', offer, ...decided }
    if (!await this.#claim(page, signIn)) return { kind: 'answered_before' }
    const { agent, person, id: extend } = running.session
    const granted = await delegations.grant({ agent, person, extend, ...decided })
    return granted === undefined ? { kind: 'over' } : this.#keep(page, signIn, 'approved')
  }

  async #look({ session, access }: MoreLink, signIn: BrowserSignIn): Promise<Looked> {
    const running = await this.#deps.delegations.live(session)
    const agent = running === undefined ? undefined : this.#deps.agents.agent(running.session.agent)
    if (running === undefined || agent?.status !== 'active') return { kind: 'over' }
    const request = {
      uid: session, purpose: 'delegation', clientId: clientIdOf(agent.id), agent: { id: agent.id, name: agent.name, owner: agent.owner },
      access: [access], extend: session, answerTo: undefined, userCode: undefined,
    } as const
    const offer = await askPerson(request, signIn, this.#deps)
    if (offer === undefined) return { kind: 'not_theirs' }
    const settled = offer.sections.length > 0 && [...scopesOf(offer)].every(({ scope }) => scope.state === 'held')
    return settled ? { kind: 'settled', offer } : { kind: 'offer', offer, running }
  }

  /** Of all processes and attempts, one. */
  #claim(page: string, { person }: BrowserSignIn): Promise<boolean> {
    return this.#deps.shortLived.putNew({ kind: 'consent', id: `more answered ${page} ${person.id}`, payload: {}, expiresAtMs: this.#rememberedUntilMs() })
  }

  async #keep(page: string, { person }: BrowserSignIn, kind: 'approved' | 'denied'): Promise<MoreAnswered> {
    await this.#recent.keep(`more ${page}`, person.id, kind)
    return { kind }
  }

  async #recordOnce(link: MoreLink, { running, offer }: Looked & { kind: 'offer' }): Promise<void> {
    const digest = createHash('sha256').update(moreAddress(link)).digest('base64url')
    const isNew = await this.#deps.shortLived.putNew({ kind: 'consent', id: `more asked ${digest}`, payload: {}, expiresAtMs: this.#rememberedUntilMs() })
    if (isNew) this.#record('delegation.requested', running, offer, 'ok')
  }

  #record(event: EventCode, { session, delegation }: Granted, { agent, request }: Offer, outcome: AuditEvent['outcome']): void {
    this.#deps.audit.post({
      event, agent: { id: agent.id, name: agent.name }, user: { id: session.person, name: undefined }, delegation: delegation.id, session: session.id,
      scopes: request.access.flatMap(({ integration, scopes }) => scopes.map((scope) => `${integration}:${scope}`)),
      target: request.access.flatMap(({ targets }) => targets).join(',').slice(0, 512), outcome,
    })
  }

  #rememberedUntilMs(): number {
    return this.#deps.clock.nowMs() + REMEMBERED_MS
  }
}
