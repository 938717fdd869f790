import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { deny } from '../../src/model/denial.ts'
import { TokenVerifier } from '../../src/proxy/identify/token-verifier.ts'
import { VerificationCache } from '../../src/proxy/identify/verification-cache.ts'
import type { Verification } from '../../src/proxy/identify/verification-cache.ts'
import { claims, keySetText, NOW_MS, NOW_S, profiles, sign, TestKeys, testKey } from './fixture.ts'
import type { TestKey } from './fixture.ts'

let key: TestKey
let next: TestKey
let token: string

beforeAll(async () => {
  [key, next] = await Promise.all([testKey('key-1'), testKey('key-2')])
  token = await sign(claims(), key)
})

function verifierWith(keys: TestKeys, bounds?: ConstructorParameters<typeof TokenVerifier>[1]): TokenVerifier {
  return new TokenVerifier(profiles(keys, new TestKeys(keySetText())), bounds)
}

describe('a remembered token', () => {
  test('is not verified again, and ends with its exp and the tolerance', async () => {
    const verifier = verifierWith(new TestKeys(keySetText(key)))
    const first = await verifier.verify(token, NOW_MS)
    expect(verifier.verify(token, NOW_MS)).toBe(first)
    expect(verifier.verify(token, NOW_MS + 659_000)).toBe(first)
    expect(verifier.verify(token, NOW_MS + 660_000)).toMatchObject({ denial: 'token_expired' })
    expect(verifier.remembered).toBe(0)
    expect(await verifier.verify(token, NOW_MS + 660_000)).toMatchObject({ denial: 'token_expired' })
  })

  test('is asked for once by requests that come together', async () => {
    const keys = new TestKeys(keySetText(key))
    const verifier = verifierWith(keys)
    const all = await Promise.all(Array.from({ length: 20 }, () => verifier.verify(token, NOW_MS)))
    expect(new Set(all).size).toBe(1)
    expect(keys.reads).toBe(1)
  })

  test('ends when its key leaves the issuer’s set', async () => {
    const keys = new TestKeys(keySetText(key, next))
    const verifier = verifierWith(keys)
    expect(await verifier.verify(token, NOW_MS)).toMatchObject({ kind: 'delegation' })
    keys.text = keySetText(next)
    keys.clock.ms += 1000
    expect(await verifier.verify(token, NOW_MS)).toMatchObject({ denial: 'token_invalid' })
    expect(await verifier.verify(await sign(claims(), next), NOW_MS)).toMatchObject({ kind: 'delegation' })
  })

  test('ends when another key takes over its kid', async () => {
    const keys = new TestKeys(keySetText(key))
    const verifier = verifierWith(keys)
    await verifier.verify(token, NOW_MS)
    keys.text = keySetText(await testKey('key-1'))
    keys.clock.ms += 1000
    expect(await verifier.verify(token, NOW_MS)).toMatchObject({ denial: 'token_invalid', detail: expect.stringMatching(/signature/) })
  })

  test('outlives a rotation that keeps its key', async () => {
    const keys = new TestKeys(keySetText(key))
    const verifier = verifierWith(keys)
    const first = await verifier.verify(token, NOW_MS)
    keys.text = keySetText(key, next)
    keys.clock.ms += 1000
    expect(await verifier.verify(token, NOW_MS)).toBe(first)
  })

  test('is no use where the keys are too old and cannot be read', async () => {
    const keys = new TestKeys(keySetText(key))
    const verifier = verifierWith(keys)
    await verifier.verify(token, NOW_MS)
    keys.failing = true
    keys.clock.ms += 60_000
    await expect(Promise.resolve(verifier.verify(token, NOW_MS))).rejects.toMatchObject({ code: 'authority_unavailable' })
  })
})

describe('a refused token', () => {
  test('is looked at again at once where the clock was set back since', async () => {
    const verifier = verifierWith(new TestKeys(keySetText(key)))
    const hourAhead = NOW_MS + 3_600_000
    expect(await verifier.verify(token, hourAhead)).toMatchObject({ denial: 'token_expired' })
    expect(await verifier.verify(token, NOW_MS)).toMatchObject({ kind: 'delegation' })
  })

  test('is refused from memory for 5 s, then looked at again', async () => {
    const keys = new TestKeys(keySetText(key))
    const verifier = verifierWith(keys)
    const bad = await sign(claims({ aud: 'https://other.example' }), key)
    const first = await verifier.verify(bad, NOW_MS)
    expect(first).toMatchObject({ denial: 'token_invalid' })
    expect(verifier.verify(bad, NOW_MS + 4999)).toBe(first)
    expect(verifier.verify(bad, NOW_MS + 5000)).toBeInstanceOf(Promise)
  })

  test('is looked at again at once when its issuer’s keys have changed', async () => {
    const keys = new TestKeys(keySetText(key))
    const verifier = verifierWith(keys)
    const early = await sign(claims(), next)
    expect(await verifier.verify(early, NOW_MS)).toMatchObject({ denial: 'token_invalid' })
    keys.text = keySetText(key, next)
    keys.clock.ms += 1000
    expect(await verifier.verify(token, NOW_MS)).toMatchObject({ kind: 'delegation' })
    expect(await verifier.verify(early, NOW_MS)).toMatchObject({ kind: 'delegation' })
  })

  test('is not remembered where the keys could not be had', async () => {
    const keys = new TestKeys(keySetText(key))
    keys.failing = true
    const verifier = verifierWith(keys)
    await expect(verifier.verify(token, NOW_MS)).rejects.toMatchObject({ code: 'authority_unavailable' })
    keys.failing = false
    keys.clock.ms += 1000
    expect(await verifier.verify(token, NOW_MS)).toMatchObject({ kind: 'delegation' })
  })

  test('never pushes out a good one, however many there are', async () => {
    const verifier = verifierWith(new TestKeys(keySetText(key)), { maxVerifications: 2, maxRefusals: 8 })
    const first = await verifier.verify(token, NOW_MS)
    for (let index = 0; index < 200; index++) await verifier.verify(`${index}.x.y`, NOW_MS)
    expect(verifier.verify(token, NOW_MS)).toBe(first)
    expect(verifier.remembered).toBe(9)
  })
})

test('tokens of many agents stay within the bound, and each stays its own', async () => {
  const verifier = verifierWith(new TestKeys(keySetText(key)), { maxVerifications: 8, maxRefusals: 4 })
  const many = await Promise.all(Array.from({ length: 24 }, (_, index) => sign(claims({ sub: `agent:a${index}`, exp: NOW_S + 600 }), key)))
  await fc.assert(fc.asyncProperty(fc.array(fc.nat(23), { maxLength: 40 }), async (uses) => {
    for (const use of uses) {
      expect(await verifier.verify(many[use] ?? '', NOW_MS)).toMatchObject({ agent: `agent:a${use}` })
      expect(verifier.remembered).toBeLessThanOrEqual(8)
    }
  }), { numRuns: 30 })
})

test('whatever is done to the cache, it keeps its bounds and gives back only what was kept under that digest', () => {
  const keys = new TestKeys(keySetText())
  const [profile] = profiles(keys, keys)
  if (profile === undefined) throw new TypeError('no profile')
  const step = fc.record({ digest: fc.constantFrom(...'abcdefghijklmnopqrst'), kind: fc.constantFrom('keep', 'refuse', 'forget', 'ask'), atMs: fc.nat(20_000) })
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), (steps, maxVerifications, maxRefusals) => {
    const cache = new VerificationCache({ maxVerifications, maxRefusals })
    for (const { digest, kind, atMs } of steps) {
      const verification: Verification = { token: { kind: 'service_account', subject: digest }, profile, keyId: digest, expiresAtMs: atMs }
      if (kind === 'keep') cache.keep(digest, verification)
      if (kind === 'refuse') cache.keepRefusal(digest, { denial: deny('token_invalid', digest), profile, generation: 0, madeAtMs: atMs })
      if (kind === 'forget') cache.forget(digest)
      expect(cache.size).toBeLessThanOrEqual(maxVerifications + maxRefusals)
      expect(cache.verification(digest)?.keyId ?? digest).toBe(digest)
      expect(cache.refusal(digest, 10_000)?.detail ?? digest).toBe(digest)
      expect(kind === 'keep' ? cache.verification(digest) === verification : true).toBe(true)
      expect(kind === 'forget' ? cache.verification(digest) : undefined).toBeUndefined()
    }
  }))
})
