import type { Api } from '../api/client.ts'
import type { AuditRecord } from './audit-record.ts'
import { recordSource, type Entry } from './record-source.ts'

/** Records that belong to the same call, and to the same credential. */
export interface Related {
  readonly call: readonly Entry[]
  readonly credential: readonly Entry[]
}

/** Calls and their credentials lie close together. */
export const AROUND_MS = 15 * 60_000

/** What narrows the search most, so that the other records of a busy time do not crowd these out. Undefined where nothing could be related. Pure. */
export function relatedQuery({ ts, exchange, credential, delegation, session, agent, integration }: AuditRecord) {
  if (exchange === undefined && credential === undefined) return undefined
  const atMs = Date.parse(ts)
  return {
    since: new Date(atMs - AROUND_MS).toISOString(), until: new Date(atMs + AROUND_MS).toISOString(),
    session, delegation: session === undefined ? delegation : undefined, agent: agent?.id, integration: exchange === undefined ? integration : undefined,
  }
}

/** The other records of the same call and credential, within a quarter of an hour. @throws ApiError, or the signal's reason */
export async function readRelated(api: Api, record: AuditRecord, signal: AbortSignal): Promise<Related> {
  const query = relatedQuery(record)
  if (query === undefined) return { call: [], credential: [] }
  const { entries } = await recordSource(api, query).part({ limit: 500, signal })
  const others = entries.filter((entry) => entry.record.id !== record.id).toReversed()
  const call = others.filter((entry) => record.exchange !== undefined && entry.record.exchange === record.exchange)
  return { call, credential: others.filter((entry) => record.credential !== undefined && entry.record.credential === record.credential && !call.includes(entry)) }
}
