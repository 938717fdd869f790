import type { StoreErrorCode } from '../store-error.ts'

/** A connection as it stands in the table; tokens sealed. */
export interface ConnectionRow {
  readonly id: string
  readonly integration: string
  readonly owner: string
  readonly label: string
  /** JSON array. */
  readonly scopes: string
  readonly access_token: Uint8Array | null
  readonly access_expires_at: number | null
  readonly refresh_token: Uint8Array | null
  /** JSON array. */
  readonly imported: string
  readonly state: 'active' | 'reauth_required' | 'revoked'
  readonly state_reason: string | null
  readonly intent_holder: string | null
  readonly intent_started_at: number | null
  readonly intent_lease_until: number | null
  readonly intent_unfinished: number
  readonly version: number
  readonly generation: number
  readonly created_at: number
  readonly updated_at: number
}

export type TokenColumns = Pick<ConnectionRow, 'scopes' | 'access_token' | 'access_expires_at' | 'refresh_token'>

export interface LiveCredentialRow {
  readonly id: string
  readonly integration: string
  readonly secret: Uint8Array
  readonly expires_at: number
}

/** One sealed value and the place that it is bound to. */
export interface SealedCell {
  readonly table: 'connections' | 'live_credentials' | 'meta'
  readonly row: string
  readonly column: 'access_token' | 'refresh_token' | 'secret' | 'value'
  readonly value: Uint8Array
}

type Insert = Pick<ConnectionRow, 'id' | 'integration' | 'owner' | 'label' | 'imported'> & TokenColumns & { readonly now: number }

/** Every operation that the store's thread performs, each one transaction: what it takes and what it gives. */
export interface Operations {
  'connections.get': (id: string) => ConnectionRow | undefined
  'connections.find': (key: Pick<ConnectionRow, 'integration' | 'owner' | 'label'>) => ConnectionRow | undefined
  'connections.list': (nothing: null) => ConnectionRow[]
  'connections.create': (row: Insert) => ConnectionRow | undefined
  'connections.begin_refresh': (attempt: { id: string; version: number; holder: string; now: number; until: number }) => ConnectionRow | undefined
  'connections.complete_refresh': (done: TokenColumns & { id: string; generation: number; now: number }) => ConnectionRow | undefined
  'connections.release_refresh': (end: { id: string; version: number; now: number; unfinished: number }) => ConnectionRow | undefined
  'connections.require_reauth': (end: { id: string; version: number; now: number; reason: string }) => ConnectionRow | undefined
  'connections.replace_tokens':
    (change: TokenColumns & { id: string; version: number; now: number; fingerprint: string | null }) => ConnectionRow | undefined
  'connections.revoke': (end: { id: string; now: number; reason: string }) => ConnectionRow | undefined
  'live_credentials.add': (row: LiveCredentialRow) => undefined
  'live_credentials.remove': (id: string) => undefined
  'live_credentials.list': (nothing: null) => LiveCredentialRow[]
  /** Keeps the first value that was ever given. */
  'meta.claim': (entry: { name: string; value: Uint8Array }) => Uint8Array
  /** Every sealed value whose key is not this one (16 hex digits). */
  'sealed.under_other_keys': (keyId: string) => SealedCell[]
  /** Changes nothing where the value is not `cell.value` any more. */
  'sealed.replace': (change: { cell: SealedCell; value: Uint8Array }) => undefined
}

export type OperationName = keyof Operations

/** Handed to the thread at its start. */
export interface WorkerSettings {
  readonly path: string
  readonly busyTimeoutMs: number
  /** Undefined for no bound but the disk. */
  readonly maxBytes: number | undefined
}

export type ToWorker =
  | { readonly call: number; readonly operation: OperationName; readonly argument: unknown }
  | 'close'

/** An error crosses threads as data, since a class does not. */
export interface WireError {
  readonly code: StoreErrorCode
  readonly message: string
}

export type FromWorker =
  | { readonly opened: true }
  | { readonly failed: WireError }
  | { readonly call: number; readonly result: unknown }
  | { readonly call: number; readonly error: WireError }
