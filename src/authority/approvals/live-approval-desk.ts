import { abortable } from '../../lib/abortable.ts'
import { SingleFlight } from '../../lib/single-flight.ts'
import { Fault } from '../../model/denial.ts'
import { newId, type AgentId, type ApprovalId } from '../../model/ids.ts'
import type { ApprovalDesk, ApprovalOrder } from '../../sync/contract.ts'
import type { ApprovalDependencies } from './approval-dependencies.ts'
import { approvalKey, askingRules, targetsOf } from './approval-key.ts'
import { approvalRecord } from './approval-records.ts'

export interface ApprovalDeskOptions extends ApprovalDependencies {
  /** The authority's origin; undefined where no authority serves people. */
  readonly url: string | undefined
  /** Whether anybody is an operator, who can answer where no person is concerned. */
  hasOperators(): boolean
  /** Open questions of one agent, and of all; beyond, nothing more is asked. */
  readonly limits?: { readonly openOfAgent: number; readonly open: number }
}

const LIMITS = { openOfAgent: 20, open: 5_000 }
/** A person reads all of what they answer, or is not asked. */
const MAX_TEXT = 2_000

/** Puts the proxy's questions before people: each once, so many of one agent at a time, and none again that was just answered with no. */
export class LiveApprovalDesk implements ApprovalDesk {
  readonly #options: ApprovalDeskOptions
  readonly #asking = new SingleFlight<ApprovalId | undefined>()
  /** Of each agent, the questions that are on their way into the store. */
  readonly #onTheWay = new Map<AgentId, number>()

  constructor(options: ApprovalDeskOptions) {
    this.#options = options
  }

  approved(order: ApprovalOrder): ApprovalId | undefined {
    const key = approvalKey(order)
    return key === undefined ? undefined : this.#options.live.approved(key, this.#options.clock.nowMs())
  }

  async ask(order: ApprovalOrder, signal: AbortSignal): Promise<string | undefined> {
    const { url } = this.#options
    const key = approvalKey(order)
    if (url === undefined || key === undefined || order.request.length > MAX_TEXT || !this.#canBeAnswered(order)) return undefined
    const asking = this.#asking.run(key, () => this.#ask(order, key))
    const id = await abortable(asking, signal, () => new Fault('authority_unavailable', 'the question was given up before it was put'))
    return id === undefined ? undefined : `${url}/approvals/${id}`
  }

  #canBeAnswered({ principal }: ApprovalOrder): boolean {
    return principal.delegation !== undefined || this.#options.hasOperators()
  }

  async #ask(order: ApprovalOrder, key: string): Promise<ApprovalId | undefined> {
    const { live, clock } = this.#options
    const known = live.byKey(key)
    // Open, or refused a moment ago: its page says which. A yes that has run out is asked for anew.
    if (known !== undefined && known.state !== 'approved' && known.answerByMs > clock.nowMs()) return known.id
    const { agent } = order.principal
    if (!this.#hasRoom(agent)) return undefined
    this.#onTheWay.set(agent, (this.#onTheWay.get(agent) ?? 0) + 1)
    try {
      return await this.#put(order, key)
    } finally {
      const left = (this.#onTheWay.get(agent) ?? 1) - 1
      if (left === 0) this.#onTheWay.delete(agent)
      else this.#onTheWay.set(agent, left)
    }
  }

  #hasRoom(agent: AgentId): boolean {
    const { live, limits = LIMITS } = this.#options
    const open = live.pending(agent)
    return open.all < limits.open && open.ofAgent + (this.#onTheWay.get(agent) ?? 0) < limits.openOfAgent
  }

  async #put(order: ApprovalOrder, key: string): Promise<ApprovalId> {
    const { store, mirror, audit, clock, lifetimes, directory } = this.#options
    const { principal, operation, request } = order
    const asked = await store.approvals.ask({
      id: newId('apr'), kind: 'operation', key,
      agent: principal.agent, person: principal.delegation?.person, delegation: principal.delegation?.id, session: principal.delegation?.session,
      integration: operation.integration, operation: operation.name, targets: targetsOf(order),
      text: request, rule: askingRules(order).join(', '),
      answerByMs: clock.nowMs() + lifetimes.approvalAnswerMs,
    })
    if (asked.state === 'pending') await audit.commit(approvalRecord('requested', asked, undefined, (id) => directory.agent(id)?.name ?? id))
    await mirror.refreshed({ kind: 'approval', id: asked.id })
    return asked.id
  }
}
