import type { Clock } from '../../lib/clock.ts'
import type { Keyring } from '../../store/ports/keyring.ts'
import { claimText, readText, replaceText } from './shared-keys.ts'
import type { SigningKey } from './sign-delegation-token.ts'
import { importKeptKey, newKeptKey, publishedKey, readKeys, SIGNING_ALGORITHM, writeKeys } from './signing-key-document.ts'
import type { KeptKey, PublishedKey } from './signing-key-document.ts'

const NAME = 'token-signing'
const MAX_ATTEMPTS = 5

export interface SigningKeyTimes {
  /** For how long a new key is published before it signs: longer than others keep our key set. */
  readonly publishAheadMs: number
  /** For how long a key verifies after its successor began to sign: the longest life of a token. */
  readonly keepMs: number
}

interface LoadedKey {
  readonly kept: KeptKey
  readonly signing: SigningKey
}

/**
 * The keys that sign our tokens, shared by all authorities on the store and made at the first use. Which key signs follows from the time
 * alone, so that all change over together.
 */
export class SigningKeys {
  readonly #keyring: Keyring
  readonly #clock: Clock
  readonly #times: SigningKeyTimes
  #keys: readonly [LoadedKey, ...LoadedKey[]]
  #generation = 1

  private constructor(keyring: Keyring, clock: Clock, times: SigningKeyTimes, keys: readonly [LoadedKey, ...LoadedKey[]]) {
    this.#keyring = keyring
    this.#clock = clock
    this.#times = times
    this.#keys = keys
  }

  static async open(keyring: Keyring, clock: Clock, times: SigningKeyTimes): Promise<SigningKeys> {
    const text = await claimText(keyring, NAME, writeKeys([await newKeptKey(clock.nowMs())]))
    return new SigningKeys(keyring, clock, times, await load(text, undefined))
  }

  /** Rises whenever other keys were read. */
  get generation(): number {
    return this.#generation
  }

  /** The key that signs now: of those whose time has come, the newest. */
  current(): SigningKey {
    const nowMs = this.#clock.nowMs()
    const [first] = this.#keys
    return (this.#keys.findLast(({ kept }) => kept.signsFromMs <= nowMs) ?? first).signing
  }

  /** Every key that verifies: those that signed what may still live, the one that signs, and those that will. */
  published(): readonly PublishedKey[] {
    return living(this.#keys.map(({ kept }) => kept), this.#clock.nowMs(), this.#times.keepMs).map(publishedKey)
  }

  /**
   * Begins a rotation: the new key is published now, and signs once everybody had the time to see it. Keys that verify nothing any more go.
   * @returns the new key's `kid`
   */
  async rotate(): Promise<string> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const held = await readText(this.#keyring, NAME)
      if (held === undefined) throw new Error('the signing keys have gone from the store')
      const nowMs = this.#clock.nowMs()
      const next = await newKeptKey(nowMs + this.#times.publishAheadMs)
      const keys = [...living(readKeys(held.text), nowMs, this.#times.keepMs), next]
      if (!await replaceText(this.#keyring, NAME, held.version, writeKeys(keys))) continue
      await this.reload()
      return next.kid
    }
    throw new Error('the signing keys are being rotated by others at the moment')
  }

  /** Since when the newest key signs, or from when it will; wall clock. */
  get newestSignsFromMs(): number {
    return Math.max(...this.#keys.map(({ kept }) => kept.signsFromMs))
  }

  /** Reads the keys again: another authority may have rotated them. */
  async reload(): Promise<void> {
    const held = await readText(this.#keyring, NAME)
    if (held === undefined) throw new Error('the signing keys have gone from the store')
    const kids = this.#keys.map(({ kept }) => kept.kid).join(' ')
    this.#keys = await load(held.text, this.#keys)
    if (this.#keys.map(({ kept }) => kept.kid).join(' ') !== kids) this.#generation += 1
  }
}

/** A key is over once its successor has signed for longer than any token lives. */
function living(keys: readonly KeptKey[], nowMs: number, keepMs: number): readonly KeptKey[] {
  return keys.filter((_, at) => {
    const successor = keys[at + 1]
    return successor === undefined || nowMs < successor.signsFromMs + keepMs
  })
}

async function load(text: string, known: readonly LoadedKey[] | undefined): Promise<readonly [LoadedKey, ...LoadedKey[]]> {
  const [first, ...others] = readKeys(text)
  const loaded = async (kept: KeptKey): Promise<LoadedKey> =>
    known?.find((key) => key.kept.kid === kept.kid)
      ?? { kept, signing: { kid: kept.kid, algorithm: SIGNING_ALGORITHM, privateKey: await importKeptKey(kept) } }
  return [await loaded(first), ...await Promise.all(others.map(loaded))]
}
