import type { VerificationKey } from './key-set.ts'

/**
 * Where the verifying keys of one issuer come from. Synchronous while the keys at hand are fresh.
 * What cannot be had is a Fault `authority_unavailable`, never a wrong yes.
 */
export interface KeySource {
  /** Rises whenever another key set was read: what was refused under an older one may be asked again. */
  readonly generation: number
  /** @returns undefined where the issuer has no such key for that algorithm, also after having looked again */
  find(kid: string, algorithm: string): VerificationKey | undefined | Promise<VerificationKey | undefined>
  /** Whether a key that has verified a token still belongs to the issuer's set. */
  trusts(keyId: string): boolean | Promise<boolean>
}
