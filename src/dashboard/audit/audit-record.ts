/** One record of the audit as it is shown; `docs/audit.md` tells the fields. */
export interface AuditRecord {
  readonly seq: number
  readonly ts: string
  readonly event: string
  readonly id: string
  readonly agent?: Named | undefined
  readonly user?: Named | undefined
  readonly via?: string | undefined
  readonly by?: string | undefined
  readonly delegation?: string | undefined
  readonly session?: string | undefined
  readonly identifiedBy?: string | undefined
  readonly exchange?: string | undefined
  readonly integration?: string | undefined
  readonly operation?: string | undefined
  readonly access?: string | undefined
  readonly scopes?: readonly string[] | undefined
  readonly target?: string | undefined
  readonly expiresIn?: string | undefined
  readonly upstreamExpiresAt?: string | undefined
  readonly lifetime?: string | undefined
  readonly credential?: string | undefined
  readonly connection?: string | undefined
  readonly approval?: string | undefined
  readonly layers?: Layers | undefined
  readonly rule?: string | undefined
  readonly ruleAt?: string | undefined
  readonly decision?: string | undefined
  readonly policyHash?: string | undefined
  readonly narrowedBy?: string | undefined
  readonly http?: HttpFacts | undefined
  readonly outcome?: string | undefined
  readonly code?: string | undefined
  readonly count?: number | undefined
  readonly reason?: string | undefined
  readonly traceId?: string | undefined
}

/** An agent or a person. */
export interface Named {
  readonly id: string
  readonly name: string | undefined
}

/** What each layer said. */
export interface Layers {
  readonly org: string | undefined
  readonly consent: string | undefined
  readonly agent: string | undefined
}

/** A call, without its query. */
export interface HttpFacts {
  readonly method: string
  readonly host: string | undefined
  readonly path: string | undefined
  readonly status: number | undefined
  readonly bytesIn: number | undefined
  readonly bytesOut: number | undefined
  readonly durationMs: number | undefined
}

type Fields = Readonly<Record<string, unknown>>

/** Reads a record as the API answers it; a field of another kind than it should be counts as absent. @returns undefined where it is no record */
export function readRecord(value: unknown): AuditRecord | undefined {
  const fields = fieldsOf(value)
  if (fields === undefined) return undefined
  const seq = numberOf(fields['seq'])
  const [ts, event, id] = [textOf(fields['ts']), textOf(fields['event']), textOf(fields['id'])]
  if (seq === undefined || ts === undefined || event === undefined || id === undefined) return undefined
  return { seq, ts, event, id, ...who(fields), ...what(fields), ...decided(fields), ...ended(fields) }
}

/** What a call, a credential or a run is found by again. */
export type LinkedField = 'exchange' | 'credential' | 'delegation' | 'session'

function who(fields: Fields) {
  return {
    agent: namedOf(fields['agent']), user: namedOf(fields['user']), via: textOf(fields['via']), by: textOf(fields['by']), delegation: textOf(fields['delegation']),
    session: textOf(fields['session']), identifiedBy: textOf(fields['identified_by']), exchange: textOf(fields['exchange']),
  }
}

function what(fields: Fields) {
  const scopes = fields['scopes']
  return {
    integration: textOf(fields['integration']), operation: textOf(fields['operation']), access: textOf(fields['access']),
    scopes: Array.isArray(scopes) ? scopes.flatMap((scope) => textOf(scope) ?? []) : undefined,
    target: textOf(fields['target']), expiresIn: textOf(fields['expires_in']), upstreamExpiresAt: textOf(fields['upstream_expires_at']),
    lifetime: textOf(fields['lifetime']), credential: textOf(fields['credential']), connection: textOf(fields['connection']), approval: textOf(fields['approval']),
  }
}

function decided(fields: Fields) {
  return {
    layers: layersOf(fields['policy_evaluation']), rule: textOf(fields['rule']), ruleAt: textOf(fields['rule_at']), decision: textOf(fields['decision']),
    policyHash: textOf(fields['policy_hash']), narrowedBy: textOf(fields['narrowed_by']),
  }
}

function ended(fields: Fields) {
  return {
    http: httpOf(fields['http']), outcome: textOf(fields['outcome']), code: textOf(fields['code']), count: numberOf(fields['count']),
    reason: textOf(fields['reason']), traceId: textOf(fields['trace_id']),
  }
}

function namedOf(value: unknown): Named | undefined {
  const fields = fieldsOf(value)
  const id = textOf(fields?.['id'])
  return id === undefined ? undefined : { id, name: textOf(fields?.['name']) }
}

function layersOf(value: unknown): Layers | undefined {
  const fields = fieldsOf(value)
  if (fields === undefined) return undefined
  return { org: textOf(fields['org_policy']), consent: textOf(fields['user_consent']), agent: textOf(fields['agent_permissions']) }
}

function httpOf(value: unknown): HttpFacts | undefined {
  const fields = fieldsOf(value)
  const method = textOf(fields?.['method'])
  if (fields === undefined || method === undefined) return undefined
  return {
    method, host: textOf(fields['host']), path: textOf(fields['path']), status: numberOf(fields['status']), bytesIn: numberOf(fields['bytes_in']),
    bytesOut: numberOf(fields['bytes_out']), durationMs: numberOf(fields['duration_ms']),
  }
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Fields : undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}
