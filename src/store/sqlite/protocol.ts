import type { StoreErrorCode } from '../store-error.ts'
import type { AgentOperations } from './agent-statements.ts'
import type { ApprovalOperations } from './approval-statements.ts'
import type { AuditOperations } from './audit-statements.ts'
import type { ConnectionOperations } from './connection-statements.ts'
import type { DelegationOperations } from './delegation-statements.ts'
import type { KeyringOperations } from './keyring-statements.ts'
import type { LiveCredentialOperations } from './live-credential-statements.ts'
import type { PersonOperations } from './person-statements.ts'
import type { RecordOperations } from './record-statements.ts'
import type { SealedOperations } from './sealed-statements.ts'
import type { SessionOperations } from './session-statements.ts'

/** Every operation that the store's thread performs: what it takes and what it gives. Each takes effect as a whole, or throws and leaves nothing. */
export interface Operations extends
  AgentOperations, DelegationOperations, SessionOperations, PersonOperations, ApprovalOperations, RecordOperations, KeyringOperations,
  AuditOperations, ConnectionOperations, LiveCredentialOperations, SealedOperations {}

export type OperationName = keyof Operations

/** Handed to the thread at its start. */
export interface WorkerSettings {
  readonly path: string
  readonly busyTimeoutMs: number
  /** Undefined for no bound but the disk. */
  readonly maxBytes: number | undefined
}

/** One operation that the thread is asked for. */
export interface Call {
  readonly call: number
  readonly operation: OperationName
  readonly argument: unknown
}

export type ToWorker = Call | 'close'

/** An error crosses threads as data, since a class does not. */
export interface WireError {
  readonly code: StoreErrorCode
  readonly message: string
}

/** What came of one call; sent once what it changed is on disk. */
export type Answer =
  | { readonly call: number; readonly result: unknown }
  | { readonly call: number; readonly error: WireError }

export type FromWorker =
  | { readonly opened: true }
  | { readonly failed: WireError }
  /** In the order of their calls. */
  | { readonly answers: readonly Answer[] }
