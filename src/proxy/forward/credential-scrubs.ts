import { compileScrub, type CompiledScrub } from '../../http/scrub/compiled-scrub.ts'
import { Scrubber } from '../../http/scrub/scrubber.ts'
import type { Credential } from '../../model/credential.ts'

/** What is looked for in the answers to each credential; compiled once, and gone with the credential. */
export class CredentialScrubs {
  readonly #compiled = new WeakMap<Credential, CompiledScrub | 'too short'>()

  /** @returns a scrubber for one answer; undefined where there is no secret, or one that is too short to be looked for */
  scrubberFor(credential: Credential | null): Scrubber | undefined {
    if (credential === null) return undefined
    const scrub = this.#compiled.get(credential) ?? this.#compile(credential)
    return scrub === 'too short' ? undefined : new Scrubber(scrub)
  }

  #compile(credential: Credential): CompiledScrub | 'too short' {
    const scrub = compileScrub(credential.secret) ?? 'too short'
    this.#compiled.set(credential, scrub)
    return scrub
  }
}
