import type { Timers } from '../../lib/timers.ts'
import { within } from '../../lib/within.ts'
import type { Revoked } from '../../sync/contract.ts'
import type { CredentialEnds } from '../revocation/contract.ts'
import type { UpstreamOutcome } from './issuance-records.ts'
import type { IssuanceLimits } from './issuance-limits.ts'

/** One credential that a revocation ends. */
export interface Ending {
  readonly integration: string
  readonly atUpstream: Promise<UpstreamOutcome>
}

/**
 * What each revocation ends, for its report. Credentials end the moment that a revocation is told; whoever carried it out asks afterwards. What
 * nobody asks for is forgotten.
 */
export class RevocationEnds {
  readonly #timers: Timers
  readonly #limits: Pick<IssuanceLimits, 'endReportTimeoutMs' | 'endReportMemoryMs'>
  readonly #endings = new Map<string, Ending[]>()

  constructor(timers: Timers, limits: Pick<IssuanceLimits, 'endReportTimeoutMs' | 'endReportMemoryMs'>) {
    this.#timers = timers
    this.#limits = limits
  }

  add(revoked: Revoked, ended: readonly Ending[]): void {
    if (ended.length === 0) return
    const key = keyOf(revoked)
    const known = this.#endings.get(key)
    if (known !== undefined) return void known.push(...ended)
    const endings = [...ended]
    this.#endings.set(key, endings)
    this.#timers.after(this.#limits.endReportMemoryMs, () => { if (this.#endings.get(key) === endings) this.#endings.delete(key) })
  }

  /** By integration, in its order of first use. Waits for the upstreams, within a bound; asked a second time, there is nothing. */
  async report(revoked: Revoked): Promise<CredentialEnds[]> {
    const key = keyOf(revoked)
    const endings = this.#endings.get(key) ?? []
    this.#endings.delete(key)
    const outcomes = await Promise.all(endings.map((ending) => this.#outcome(ending)))
    const integrations = [...new Set(endings.map(({ integration }) => integration))]
    return integrations.map((integration) => {
      const own = outcomes.filter((_, index) => endings[index]?.integration === integration)
      return { integration, dropped: own.length, revokedUpstream: own.filter((outcome) => outcome === 'ended').length }
    })
  }

  #outcome({ atUpstream }: Ending): Promise<UpstreamOutcome> {
    return within(this.#timers, this.#limits.endReportTimeoutMs, () => atUpstream, () => new Error('not in time')).catch(() => 'failed')
  }
}

function keyOf({ kind, id }: Revoked): string {
  return `${kind} ${id}`
}
