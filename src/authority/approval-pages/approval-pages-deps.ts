import type { ScopeWords } from '../../integrations/scope-words.ts'
import type { Vocabulary } from '../../integrations/integration.ts'
import type { AuditLog } from '../../audit/log.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Store } from '../../store/ports/store.ts'
import type { ApprovalService } from '../approvals/contract.ts'
import type { BrowserSessions } from '../people/contract.ts'

/** What these pages are made of; the same services as behind the API, so that neither can do what the other refuses. */
export interface ApprovalPagesDeps {
  /** The authority's own origin. */
  readonly url: string
  readonly sessions: BrowserSessions
  readonly store: Pick<Store, 'approvals'>
  readonly approvals: ApprovalService
  /** By integration. */
  readonly words: ReadonlyMap<string, { readonly vocabulary: Vocabulary; readonly words: ScopeWords }>
  readonly audit: Pick<AuditLog, 'commit' | 'post'>
  /** For how long emergency access is lent at most. */
  readonly breakGlassMaxMs: number
  readonly clock: Clock
  /** Told of what broke. */
  report(error: unknown): void
}
