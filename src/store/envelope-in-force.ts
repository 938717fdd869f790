import type { Secret } from '../lib/secret.ts'
import { Envelope, type SealedPlace, type Sealer } from './envelope.ts'

type Keys = readonly [Secret, ...Secret[]]

/** The keys in force, which can be replaced while values are sealed and opened. */
export class EnvelopeInForce implements Sealer {
  #keys: Keys
  #sealing: Envelope
  #opening: Envelope

  /** @throws StoreError `store_key_invalid` */
  constructor(keys: Keys) {
    this.#keys = keys
    this.#sealing = this.#opening = new Envelope(keys)
  }

  /** Under which key values are sealed now, in lower-case hex. */
  get currentKeyId(): string {
    return this.#sealing.currentKeyId
  }

  seal(secret: Secret, place: SealedPlace): Uint8Array {
    return this.#sealing.seal(secret, place)
  }

  /** @throws StoreError `store_key_wrong`, `store_value_damaged` */
  open(sealed: Uint8Array, place: SealedPlace): Secret {
    return this.#opening.open(sealed, place)
  }

  /**
   * Puts other keys in the place of these: from now on the new ones seal, and both open until `reseal` has sealed anew what the old ones had.
   * Where it fails the old ones seal again, and both still open.
   */
  async replace(keys: Keys, reseal: () => Promise<void>): Promise<void> {
    this.#opening = new Envelope([...keys, ...this.#keys])
    this.#sealing = new Envelope(keys)
    try {
      await reseal()
    } catch (error) {
      this.#sealing = new Envelope(this.#keys)
      throw error
    }
    this.#keys = keys
    this.#opening = this.#sealing
  }
}
