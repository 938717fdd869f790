import type { Secret } from '../../lib/secret.ts'
import type { Envelope, SealedPlace } from '../envelope.ts'

/** Seals and opens with the keys that are in force; sealed values stand in Redis as base64. */
export class Sealing {
  #envelope: Envelope

  constructor(envelope: Envelope) {
    this.#envelope = envelope
  }

  /** Under which key is sealed. */
  get keyId(): string {
    return this.#envelope.currentKeyId
  }

  /** Puts other keys in force. */
  use(envelope: Envelope): void {
    this.#envelope = envelope
  }

  seal(secret: Secret, place: SealedPlace): string {
    return Buffer.from(this.#envelope.seal(secret, place)).toString('base64')
  }

  /** @throws StoreError `store_key_wrong`, `store_value_damaged` */
  open(sealed: string, place: SealedPlace): Secret {
    return this.#envelope.open(Buffer.from(sealed, 'base64'), place)
  }
}
