import type { ApprovalView } from '../../authority/admin/wire/approval.ts'
import type { Query } from '../api/client.ts'
import { isOperator, type Me } from '../api/me.ts'

/** Which questions are read: an operator answers for others, too. Pure. */
export function waitingQuery(me: Me): Query {
  return isOperator(me) ? { state: 'pending' } : { state: 'pending', person: me.id }
}

/** The questions that this person can answer now: nobody lends themselves emergency access, and what is lent is not lent on. Pure. */
export function answerable(approvals: readonly ApprovalView[], me: Me): readonly ApprovalView[] {
  return approvals.filter(({ kind, state, person }) => {
    if (state !== 'pending') return false
    if (kind === 'operation') return person === me.id || isOperator(me)
    return isOperator(me) && !me.break_glass && person !== me.id
  })
}
