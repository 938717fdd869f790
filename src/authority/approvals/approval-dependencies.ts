import type { AuditLog } from '../../audit/log.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Store } from '../../store/ports/store.ts'
import type { Directory } from '../../sync/contract.ts'
import type { StoreMirror } from '../registry/store-mirror.ts'
import type { LiveApprovals } from './live-approvals.ts'

/** What questions to people work with. */
export interface ApprovalDependencies {
  readonly store: Pick<Store, 'approvals'>
  readonly live: LiveApprovals
  readonly mirror: Pick<StoreMirror, 'refreshed'>
  readonly directory: Pick<Directory, 'agent'>
  readonly audit: AuditLog
  readonly clock: Clock
  readonly lifetimes: { readonly approvalAnswerMs: number; readonly approvalValidMs: number; readonly breakGlassMaxMs: number }
}
