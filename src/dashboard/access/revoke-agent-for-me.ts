import type { DelegationView } from '../../authority/admin/wire/delegation.ts'
import type { ReportView } from '../../authority/admin/wire/report.ts'
import { asApiError, type ApiError } from '../api/api-error.ts'
import type { Api } from '../api/client.ts'
import { readPages } from '../api/read-pages.ts'
import { mergeReports } from './merge-reports.ts'

/** So many are ended at the same time. */
const AT_ONCE = 4
/** So many are looked for at a time, and so often: what is approved meanwhile is ended, too. */
const A_ROUND = 500
const MAX_ROUNDS = 20
/** So often one is sent again that came too soon after others. */
const MAX_WAITS = 5
const LONGEST_WAIT_MS = 10_000

interface Wish {
  readonly person: string
  readonly agent: string
  readonly reason: string | undefined
}

/**
 * Takes back all that one person approved for one agent. Others' approvals of it stay.
 * @returns what was ended, and in `left` also what could not be
 * @throws ApiError where nothing was
 */
export async function revokeAgentForMe(api: Pick<Api, 'get' | 'post'>, { person, agent, reason }: Wish): Promise<ReportView> {
  const tried = new Set<string>()
  const reports: ReportView[] = []
  const failures: (readonly [id: string, error: ApiError])[] = []
  const end = async (id: string): Promise<void> => {
    tried.add(id)
    try {
      reports.push(await patiently(() => api.post<ReportView>(`/v1/delegations/${id}/revoke`, reason === undefined ? {} : { reason })))
    } catch (error) {
      failures.push([id, asApiError(error)])
    }
  }
  let hasMore = true
  for (let round = 0; hasMore && round < MAX_ROUNDS; round += 1) {
    const live = await readPages<DelegationView>(api, '/v1/delegations', { query: { person, agent, state: 'active' }, wanted: A_ROUND })
    const rest = live.items.map(({ id }) => id).filter((id) => !tried.has(id))
    await eachOf(rest, AT_ONCE, end)
    hasMore = rest.length > 0
  }
  const [first] = failures
  if (reports.length === 0 && first !== undefined) throw first[1]
  const whole = mergeReports(agent, reports)
  return { ...whole, left: [...whole.left, ...failures.map(([id, error]) => `${id} was not revoked: ${error.message}`)] }
}

/** What was refused as too often was refused before anything was done: to send it again does nothing twice. */
async function patiently<T>(send: () => Promise<T>): Promise<T> {
  for (let waits = 0; ; waits += 1) {
    try {
      return await send()
    } catch (error) {
      const { status, retryAfterMs = 1_000 } = asApiError(error)
      if (status !== 429 || waits >= MAX_WAITS) throw error
      await new Promise((resolve) => { setTimeout(resolve, Math.min(retryAfterMs, LONGEST_WAIT_MS)) })
    }
  }
}

async function eachOf<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items]
  const worker = async (): Promise<void> => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker))
}
