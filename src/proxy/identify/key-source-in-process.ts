import { readKeySet, type KeySet } from './key-set.ts'
import type { KeySource } from './key-source.ts'

/** What an authority in the same process publishes. */
export interface PublishedKeys {
  /** Rises whenever the key set is another. */
  readonly generation: number
  /** The JSON text of the key set (RFC 7517 section 5), public keys alone. */
  readonly jwks: string
}

/**
 * Keys of an authority in the same process: asked anew for each token, read anew once they have changed.
 * @param published told as it is at the moment: an object that changes, or one with getters
 */
export function keysInProcess(published: PublishedKeys): KeySource {
  let read: { readonly generation: number, readonly set: KeySet } | undefined
  const current = (): KeySet | Promise<KeySet> => {
    const { generation } = published
    if (read?.generation === generation) return read.set
    return readKeySet(published.jwks).then((set) => {
      // Another may have been published meanwhile: what was read is kept under the name it was published by.
      read = { generation, set }
      return set
    })
  }
  return {
    get generation() {
      return published.generation
    },
    find(kid, algorithm) {
      const set = current()
      return set instanceof Promise ? set.then((keys) => keys.find(kid, algorithm)) : set.find(kid, algorithm)
    },
    trusts(keyId) {
      const set = current()
      return set instanceof Promise ? set.then((keys) => keys.holds(keyId)) : set.holds(keyId)
    },
  }
}
