import type { IncomingMessage, ServerResponse } from 'node:http'
import { SingleFlight } from '../../lib/single-flight.ts'
import type { ShortLived } from '../../store/ports/short-lived.ts'
import type { AccessRequest, Answer, Interactions } from '../oauth/contract.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import { askPerson, type AskingDependencies } from './ask-person.ts'
import { FIELDS, type Choice } from './choice.ts'
import { decide } from './decide.ts'
import type { Offer } from './offer.ts'
import { RecentAnswers } from './recent-answers.ts'

export interface ConsentDeskDependencies extends AskingDependencies {
  readonly interactions: Interactions
  readonly shortLived: ShortLived
}

/** The two sides of Node's own exchange, which the OAuth server reads its cookie from. */
export interface Exchange {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
}

/** What is asked at the moment: an agent for access, or our own command line who somebody is. */
export type Asked = { readonly kind: 'offer'; readonly offer: Offer } | { readonly kind: 'sign_in'; readonly request: AccessRequest } | { readonly kind: 'not_theirs' }

/** What became of an answer. */
export type Answered =
  | { readonly kind: 'answered'; readonly next: string }
  | { readonly kind: 'unclear'; readonly offer: Offer; readonly choice: Choice; readonly problems: readonly string[] }
  | { readonly kind: 'over' }
  | { readonly kind: 'not_theirs' }

/** Puts requests of agents before the person, and carries the answer back: the first counts, and only what was asked can be approved. */
export class ConsentDesk {
  readonly #deps: ConsentDeskDependencies
  readonly #answers: RecentAnswers
  readonly #flights = new SingleFlight<Answered>()

  constructor(deps: ConsentDeskDependencies) {
    this.#deps = deps
    this.#answers = new RecentAnswers(deps.shortLived, deps.clock)
  }

  current({ incoming, outgoing }: Exchange): Promise<AccessRequest | undefined> {
    return this.#deps.interactions.current(incoming, outgoing)
  }

  /** What this person is asked, judged as it stands now. */
  async ask(request: AccessRequest, signIn: BrowserSignIn): Promise<Asked> {
    if (request.purpose === 'sign_in') return { kind: 'sign_in', request }
    const offer = await askPerson(request, signIn, this.#deps)
    return offer === undefined ? { kind: 'not_theirs' } : { kind: 'offer', offer }
  }

  /** Takes the answer. A second one that comes while the first is under way, as a double click's, is answered with the first's. */
  answer(exchange: Exchange, uid: string, signIn: BrowserSignIn, form: URLSearchParams): Promise<Answered> {
    return this.#flights.run(`${uid} ${signIn.person.id}`, () => this.#answer(exchange, uid, signIn, form))
  }

  async #answer(exchange: Exchange, uid: string, signIn: BrowserSignIn, form: URLSearchParams): Promise<Answered> {
    const request = await this.current(exchange)
    if (request === undefined || request.uid !== uid) return this.#over(uid, signIn)
    const asked = await this.ask(request, signIn)
    if (asked.kind === 'not_theirs') return asked
    if (form.get(FIELDS.answer) !== 'approve') return this.#close(exchange, uid, signIn, { kind: 'denied' })
    if (asked.kind === 'sign_in') return this.#close(exchange, uid, signIn, { kind: 'signed_in' })
    const { offer } = asked
    const decided = decide(offer, form, this.#deps.integrations, this.#deps.clock.nowMs())
    if ('problems' in decided) return { kind: 'unclear', offer, ...decided }
    return this.#close(exchange, uid, signIn, { kind: 'approved', ...decided })
  }

  async #close({ incoming, outgoing }: Exchange, uid: string, signIn: BrowserSignIn, answer: Answer): Promise<Answered> {
    const next = await this.#deps.interactions.answer(incoming, outgoing, signIn.person.id, answer)
    if (next === undefined) return this.#over(uid, signIn)
    await this.#answers.keep(uid, signIn.person.id, next)
    return { kind: 'answered', next }
  }

  /** Over; but for whoever answered it just now, it leads on to the same place. */
  async #over(uid: string, signIn: BrowserSignIn): Promise<Answered> {
    const next = await this.#answers.find(uid, signIn.person.id)
    return next === undefined ? { kind: 'over' } : { kind: 'answered', next }
  }
}
