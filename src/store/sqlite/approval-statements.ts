import type { DatabaseSync } from 'node:sqlite'
import type { RowWish } from './paging.ts'
import { counted, many, one, preparedOnDemand, where } from './prepared.ts'

/** A question as it stands in the table. */
export interface ApprovalRow {
  readonly seq: number
  readonly id: string
  readonly kind: 'operation' | 'break_glass'
  readonly key: string
  readonly agent: string | null
  readonly person: string | null
  readonly delegation: string | null
  readonly session: string | null
  readonly integration: string | null
  readonly operation: string | null
  /** JSON array. */
  readonly targets: string
  readonly text: string
  readonly rule: string | null
  readonly state: 'pending' | 'approved' | 'denied' | 'expired'
  readonly asked_at: number
  readonly answer_by: number
  readonly answered_by: string | null
  readonly answered_at: number | null
  readonly valid_until: number | null
}

type Draft = Omit<ApprovalRow, 'seq' | 'state' | 'asked_at' | 'answered_by' | 'answered_at' | 'valid_until'> & { readonly now: number }
type Answer = { readonly id: string; readonly state: 'approved' | 'denied'; readonly by: string; readonly valid_until: number | null; readonly now: number }
type Filter = RowWish & {
  readonly kind: string | undefined
  readonly person: string | undefined
  readonly agent: string | undefined
  readonly state: string | undefined
}

export interface ApprovalOperations {
  'approvals.ask': (draft: Draft) => { row: ApprovalRow; asked: boolean }
  'approvals.get': (id: string) => ApprovalRow | undefined
  'approvals.list': (filter: Filter) => ApprovalRow[]
  'approvals.answer': (answer: Answer) => ApprovalRow | undefined
  'approvals.expire': (id: string) => boolean
  'approvals.forget_ended': (bound: { before: number; now: number; limit: number }) => number
}

const COLUMNS = 'id, kind, key, agent, person, delegation, session, integration, operation, targets, text, rule, answer_by'
const VALUES = COLUMNS.replaceAll(/\w+/g, ':$&')
const OPEN_OR_RUNS = `((state = 'pending' AND answer_by > :now) OR (state = 'approved' AND coalesce(valid_until, 0) > :now))`

/** The approvals' statements, prepared. */
export function approvalOperations(database: DatabaseSync): ApprovalOperations {
  const get = one<ApprovalRow>(database.prepare('SELECT * FROM approvals WHERE id = :id'))
  const answer = one<ApprovalRow>(database.prepare(`UPDATE approvals
    SET state = :state, answered_by = :by, answered_at = :now, valid_until = :valid_until
    WHERE id = :id AND state = 'pending' AND answer_by > :now RETURNING *`))
  const expire = counted(database.prepare(`UPDATE approvals SET state = 'expired' WHERE id = :id AND state IN ('pending', 'approved')`))
  const forgetEnded = counted(database.prepare(`DELETE FROM approvals WHERE seq IN
    (SELECT seq FROM approvals WHERE asked_at < :before AND NOT ${OPEN_OR_RUNS} ORDER BY asked_at LIMIT :limit)`))
  return {
    'approvals.ask': asker(database),
    'approvals.get': (id) => get({ id }),
    'approvals.list': lister(database),
    'approvals.answer': answer,
    'approvals.expire': (id) => expire({ id }) > 0,
    'approvals.forget_ended': forgetEnded,
  }
}

function asker(database: DatabaseSync): ApprovalOperations['approvals.ask'] {
  const standing = one<ApprovalRow>(database.prepare(`SELECT * FROM approvals WHERE key = :key AND ${OPEN_OR_RUNS} ORDER BY seq DESC LIMIT 1`))
  const insert = one<ApprovalRow>(database.prepare(`INSERT INTO approvals (${COLUMNS}, state, asked_at)
    VALUES (${VALUES}, 'pending', :now) RETURNING *`))
  return (draft) => {
    const before = standing({ key: draft.key, now: draft.now })
    const row = before ?? insert(draft)
    if (row === undefined) throw new TypeError('an insertion gives its row')
    return { row, asked: before === undefined }
  }
}

function lister(database: DatabaseSync): ApprovalOperations['approvals.list'] {
  const prepared = preparedOnDemand(database)
  return ({ limit, before, ...filter }) => {
    const given = Object.entries(filter).filter(([, value]) => value !== undefined)
    const conditions = where(['seq < :before', ...given.map(([column]) => `${column} = :${column}`)])
    const select = many<ApprovalRow>(prepared(`SELECT * FROM approvals ${conditions} ORDER BY seq DESC LIMIT :limit`))
    return select({ limit, before, ...Object.fromEntries(given) })
  }
}
