import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/lib/secret.ts'
import { Envelope } from '../../src/store/envelope.ts'
import { nameDigest, newIndexKey } from '../../src/store/envelope-digest.ts'
import { EnvelopeInForce } from '../../src/store/envelope-in-force.ts'
import { envelopeKey } from '../../src/store/envelope-key.ts'
import { KEY_A, KEY_B } from './temporary-store.ts'

const PLACE = { table: 'connections', row: 'con_1', column: 'refresh_token' }

describe('an envelope', () => {
  it('opens what it sealed, whatever text it is', () => {
    const envelope = new Envelope([KEY_A])
    fc.assert(fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (text) => {
      expect(envelope.open(envelope.seal(new Secret(text), PLACE), PLACE).reveal()).toBe(text.toWellFormed())
    }))
  })

  it('never seals the same twice, and shows nothing of the value', () => {
    const envelope = new Envelope([KEY_A])
    const secret = new Secret('xoxe-1-canary')
    const [first, second] = [Buffer.from(envelope.seal(secret, PLACE)), Buffer.from(envelope.seal(secret, PLACE))]
    expect(first.equals(second)).toBe(false)
    expect(first.includes('canary')).toBe(false)
  })

  it.each([
    ['table', { ...PLACE, table: 'live_credentials' }],
    ['row', { ...PLACE, row: 'con_2' }],
    ['column', { ...PLACE, column: 'access_token' }],
    ['split between row and column', { ...PLACE, row: 'con_1refresh', column: '_token' }],
  ])('does not open in another %s', (_, place) => {
    const envelope = new Envelope([KEY_A])
    const sealed = envelope.seal(new Secret('value'), PLACE)
    expect(() => envelope.open(sealed, place)).toThrow(expect.objectContaining({ code: 'store_value_damaged' }))
  })

  it('does not open once any byte is changed or any tail is cut', () => {
    const envelope = new Envelope([KEY_A])
    const sealed = envelope.seal(new Secret('value'), PLACE)
    for (let at = 0; at < sealed.length; at++) {
      const changed = Uint8Array.from(sealed)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(() => envelope.open(changed, PLACE)).toThrow(expect.objectContaining({ name: 'StoreError' }))
      expect(() => envelope.open(sealed.subarray(0, at), PLACE)).toThrow(expect.objectContaining({ name: 'StoreError' }))
    }
  })

  it('opens with an older key of the ring, and names the key that is missing otherwise', () => {
    const sealed = new Envelope([KEY_A]).seal(new Secret('value'), PLACE)
    expect(new Envelope([KEY_B, KEY_A]).open(sealed, PLACE).reveal()).toBe('value')
    expect(() => new Envelope([KEY_B]).open(sealed, PLACE))
      .toThrow(expect.objectContaining({ code: 'store_key_wrong', message: expect.stringContaining(envelopeKey(KEY_A).id) }))
  })
})

describe('a key', () => {
  const bytes = Buffer.from(Array.from({ length: 32 }, (_, at) => (at * 37 + 200) % 256))

  it.each([
    ['hex', bytes.toString('hex')],
    ['upper-case hex with a line end', `${bytes.toString('hex').toUpperCase()}\n`],
    ['base64', bytes.toString('base64')],
    ['base64url without padding', bytes.toString('base64url')],
    ['raw bytes', bytes.toString('latin1')],
  ])('is read from %s', (_, text) => {
    expect(envelopeKey(new Secret(text)).bytes.equals(bytes)).toBe(true)
  })

  it('has an id that depends on it alone', () => {
    expect(envelopeKey(new Secret(bytes.toString('hex'))).id).toBe(envelopeKey(new Secret(bytes.toString('base64'))).id)
    expect(envelopeKey(KEY_A).id).not.toBe(envelopeKey(KEY_B).id)
    expect(bytes.toString('hex')).not.toContain(envelopeKey(new Secret(bytes.toString('hex'))).id)
  })

  it.each([
    ['too short', 'ab'.repeat(16)],
    ['a passphrase of 32 letters', 'correct horse battery staple 123'],
    ['33 bytes of base64', Buffer.alloc(33, 7).toString('base64')],
    ['all zeros', '00'.repeat(32)],
    ['not Latin-1', '\u{1f511}'.repeat(16)],
  ])('is refused where it is %s, without being shown', (_, text) => {
    expect(() => envelopeKey(new Secret(text))).toThrow(expect.objectContaining({ code: 'store_key_invalid', message: expect.not.stringContaining(text) }))
  })
})

describe('keys that are replaced while they are used', () => {
  it('seal at once, and open what the old ones sealed until that is sealed anew', async () => {
    const inForce = new EnvelopeInForce([KEY_A])
    const old = inForce.seal(new Secret('before'), PLACE)
    await inForce.replace([KEY_B], async () => {
      expect(inForce.open(old, PLACE).reveal()).toBe('before')
      const during = inForce.seal(new Secret('during'), PLACE)
      expect(new Envelope([KEY_B]).open(during, PLACE).reveal()).toBe('during')
    })
    expect(() => inForce.open(old, PLACE)).toThrow(expect.objectContaining({ code: 'store_key_wrong' }))
  })

  it('give way to the old ones where sealing anew failed on the way, and both are opened then', async () => {
    const inForce = new EnvelopeInForce([KEY_A])
    const old = inForce.seal(new Secret('before'), PLACE)
    let done = old
    const failing = inForce.replace([KEY_B, KEY_A], async () => {
      done = inForce.seal(inForce.open(old, PLACE), PLACE)
      throw new Error('the disk is full')
    })
    await expect(failing).rejects.toThrow('the disk is full')
    expect(inForce.currentKeyId).toBe(new Envelope([KEY_A]).currentKeyId)
    expect([inForce.open(old, PLACE).reveal(), inForce.open(done, PLACE).reveal()]).toEqual(['before', 'before'])
    await inForce.replace([KEY_B, KEY_A], () => Promise.resolve())
    expect(inForce.open(done, PLACE).reveal()).toBe('before')
  })

  it('are not replaced by what is no key', async () => {
    const inForce = new EnvelopeInForce([KEY_A])
    await expect(inForce.replace([new Secret('a passphrase')], () => Promise.resolve())).rejects.toMatchObject({ code: 'store_key_invalid' })
    expect(inForce.currentKeyId).toBe(new Envelope([KEY_A]).currentKeyId)
  })
})

describe('the digest of a name', () => {
  it('is the same for the same name and key, and another for any other', () => {
    const [one, other] = [newIndexKey(), newIndexKey()]
    const digests = [['id', 'a', 'b'], ['id', 'ab', ''], ['uid', 'a', 'b'], ['id', 'a', 'b', '']].map((name) => nameDigest(one)(...name))
    expect(new Set([...digests, nameDigest(other)('id', 'a', 'b')]).size).toBe(5)
    expect(nameDigest(one)('id', 'a', 'b')).toBe(digests[0])
    expect(digests[0]).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })

  it('needs a whole key', () => {
    expect(() => nameDigest(new Secret('c2hvcnQ'))).toThrow(TypeError)
  })
})
