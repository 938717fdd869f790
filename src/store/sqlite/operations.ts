import type { DatabaseSync } from 'node:sqlite'
import { agentOperations } from './agent-statements.ts'
import { approvalOperations } from './approval-statements.ts'
import { auditOperations } from './audit-statements.ts'
import { connectionOperations } from './connection-statements.ts'
import { delegationOperations } from './delegation-statements.ts'
import { keyringOperations } from './keyring-statements.ts'
import { liveCredentialOperations } from './live-credential-statements.ts'
import { personOperations } from './person-statements.ts'
import type { OperationName, Operations } from './protocol.ts'
import { recordOperations } from './record-statements.ts'
import { sealedOperations } from './sealed-statements.ts'
import { sessionOperations } from './session-statements.ts'

/** Everything that the store's thread can be asked for, on one open database. */
export function operationsOn(database: DatabaseSync): Operations {
  return {
    ...agentOperations(database),
    ...delegationOperations(database),
    ...sessionOperations(database),
    ...personOperations(database),
    ...approvalOperations(database),
    ...recordOperations(database),
    ...keyringOperations(database),
    ...auditOperations(database),
    ...connectionOperations(database),
    ...liveCredentialOperations(database),
    ...sealedOperations(database),
  }
}

/** What changes nothing, and needs no transaction; one that is missing here is only slower. */
export const READS: ReadonlySet<OperationName> = new Set<OperationName>([
  'agents.list', 'agents.get', 'agents.revocations',
  'delegations.get', 'delegations.list', 'delegations.overdue', 'sessions.get', 'sessions.list', 'sessions.overdue',
  'people.get', 'approvals.get', 'approvals.list',
  'records.find', 'records.find_by_uid', 'records.find_by_user_code',
  'keyring.get', 'audit.last_seq', 'audit.get', 'audit.query', 'audit.series',
  'connections.get', 'connections.find', 'connections.list', 'live_credentials.list',
  'sealed.under_other_keys',
])
