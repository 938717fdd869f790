export type StoreErrorCode =
  /** The key encryption key is not 32 bytes. */
  | 'store_key_invalid'
  /** The store was sealed with a key that is not among those given. */
  | 'store_key_wrong'
  /** A sealed value was changed, cut or moved to another place. */
  | 'store_value_damaged'
  /** The file or its folder could be read or replaced by others. */
  | 'store_path_unsafe'
  /** The file cannot be opened, or not be written. */
  | 'store_unreachable'
  /** Another process holds the file longer than is waited for. */
  | 'store_locked'
  /** The file is no database, or a damaged one. */
  | 'store_corrupt'
  /** The disk, or the store's own bound, is full. */
  | 'store_full'
  /** The file was written by a newer Postern. */
  | 'store_newer'
  /** More calls are waiting than the store keeps. */
  | 'store_overloaded'
  | 'store_closed'
  /** The shared store did not answer: whether the change was made is seen only when it is read again. */
  | 'store_outcome_unknown'
  /** The shared store may forget what it stores, as it is configured. */
  | 'store_volatile'
  /** Anything else; `cause` has it. */
  | 'store_failed'

/** The store cannot do what was asked. `message` is one sentence: what is wrong, and after a colon what would be right; it holds no stored value. */
export class StoreError extends Error {
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'StoreError'
    this.code = code
  }
}
