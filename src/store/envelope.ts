import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { Secret } from '../lib/secret.ts'
import { type EnvelopeKey, envelopeKey } from './envelope-key.ts'
import { StoreError } from './store-error.ts'

/** Where a sealed value stands; it opens nowhere else. */
export interface SealedPlace {
  readonly table: string
  readonly row: string
  readonly column: string
}

/** Seals and opens: all that an adapter needs of an envelope. */
export interface Sealer {
  seal(secret: Secret, place: SealedPlace): Uint8Array
  /** @throws StoreError `store_key_wrong`, `store_value_damaged` */
  open(sealed: Uint8Array, place: SealedPlace): Secret
}

const FORMAT = 1
const KEY_ID_BYTES = 8
const NONCE_BYTES = 12
const TAG_BYTES = 16
const DATA_KEY_BYTES = 32
const BOX_OVERHEAD = NONCE_BYTES + TAG_BYTES
const WRAPPED_AT = 1 + KEY_ID_BYTES
const DATA_AT = WRAPPED_AT + DATA_KEY_BYTES + BOX_OVERHEAD

/**
 * Envelope encryption: each value under a random data key of its own (AES-256-GCM), the data key under a key encryption key.
 * Sealed form: format (1 byte), key id (8), wrapped data key (60), value (28 + its length); a box is nonce, ciphertext, tag.
 */
export class Envelope implements Sealer {
  readonly #current: EnvelopeKey
  readonly #byId: ReadonlyMap<string, EnvelopeKey>

  /**
   * @param keys the first seals; all open, so that a key can be replaced without losing what is stored
   * @throws StoreError `store_key_invalid`
   */
  constructor(keys: readonly [Secret, ...Secret[]]) {
    const ring = keys.map(envelopeKey)
    this.#current = envelopeKey(keys[0])
    this.#byId = new Map(ring.map((key) => [key.id, key]))
  }

  seal(secret: Secret, place: SealedPlace): Uint8Array {
    const dataKey = randomBytes(DATA_KEY_BYTES)
    const context = contextOf(place)
    const header = Buffer.concat([Buffer.of(FORMAT), Buffer.from(this.#current.id, 'hex')])
    const wrapped = lock(this.#current.bytes, dataKey, Buffer.concat([header, context]))
    return Buffer.concat([header, wrapped, lock(dataKey, Buffer.from(secret.reveal(), 'utf8'), context)])
  }

  /** @throws StoreError `store_key_wrong`, `store_value_damaged` */
  open(sealed: Uint8Array, place: SealedPlace): Secret {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
    if (bytes.length <= DATA_AT + BOX_OVERHEAD || bytes[0] !== FORMAT) throw damaged(place)
    const key = this.#byId.get(bytes.toString('hex', 1, WRAPPED_AT))
    if (key === undefined) throw wrongKey(bytes.toString('hex', 1, WRAPPED_AT))
    const context = contextOf(place)
    const dataKey = unlock(key.bytes, bytes.subarray(WRAPPED_AT, DATA_AT), Buffer.concat([bytes.subarray(0, WRAPPED_AT), context]))
    const value = dataKey && unlock(dataKey, bytes.subarray(DATA_AT), context)
    if (value === undefined) throw damaged(place)
    return new Secret(value.toString('utf8'))
  }

  /** Under which key this envelope seals: what bytes 2 to 9 of a sealed value hold, in lower-case hex. */
  get currentKeyId(): string {
    return this.#current.id
  }
}

function contextOf(place: SealedPlace): Buffer {
  return Buffer.from(JSON.stringify(['postern', place.table, place.row, place.column]), 'utf8')
}

function lock(key: Uint8Array, plain: Uint8Array, context: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(context)
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

function unlock(key: Uint8Array, box: Buffer, context: Uint8Array): Buffer | undefined {
  const tagAt = box.length - TAG_BYTES
  const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(context).setAuthTag(box.subarray(tagAt))
  try {
    return Buffer.concat([decipher.update(box.subarray(NONCE_BYTES, tagAt)), decipher.final()])
  } catch {
    return undefined
  }
}

function damaged(place: SealedPlace): StoreError {
  const what = `The stored ${place.table}.${place.column} of ${place.row} was changed or moved since it was sealed`
  return new StoreError('store_value_damaged', `${what}: restore the store from a backup, or connect again.`)
}

function wrongKey(id: string): StoreError {
  const what = `The store was encrypted with the key ${id}, which is not among the keys given`
  return new StoreError('store_key_wrong', `${what}: configure that key (older keys may stand after the current one).`)
}
