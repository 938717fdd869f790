import type { Secret } from '../../lib/secret.ts'

/** Keys of the authority's own, shared by all that use the store, kept sealed. All methods throw StoreError. */
export interface Keyring {
  /** The key of this name; the candidate becomes it where there is none yet. Of two that claim at once, both get the same. */
  claim(name: string, candidate: Secret): Promise<Secret>
  get(name: string): Promise<Secret | undefined>
  /** Compare-and-set on the version that `versionOf` told; 0 stores the first. @returns false where another was quicker */
  replace(name: string, version: number, next: Secret): Promise<boolean>
  /** 0 where there is none; rises with every replacement. */
  versionOf(name: string): Promise<number>
}
