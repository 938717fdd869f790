import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { jwksFromFile, jwksFromUrl } from '../../src/proxy/identify/jwks.ts'
import type { FetchText } from '../../src/proxy/identify/jwks.ts'
import { readKeySet } from '../../src/proxy/identify/key-set.ts'
import type { KeySource } from '../../src/proxy/identify/key-source.ts'
import { keySetText, TestClock, testKey } from './fixture.ts'
import type { TestKey } from './fixture.ts'

let one: TestKey
let two: TestKey

beforeAll(async () => {
  [one, two] = await Promise.all([testKey('one'), testKey('two')])
})

describe('a key set', () => {
  const jwk = (overrides: object): string => JSON.stringify({ keys: [{ ...one.jwk, ...overrides }] })

  test('gives a key for its kid and its algorithm only', async () => {
    const set = await readKeySet(keySetText(one, two))
    expect(set.find('one', 'ES256')).toMatchObject({ kid: 'one', algorithm: 'ES256' })
    expect(set.find('one', 'RS256')).toBeUndefined()
    expect(set.find('three', 'ES256')).toBeUndefined()
    expect(set.holds(set.find('two', 'ES256')?.id ?? '')).toBe(true)
    expect(set.holds('x')).toBe(false)
  })

  const passedOver: readonly [string, object][] = [
    ['is for encryption', { use: 'enc' }],
    ['may not verify', { key_ops: ['sign'] }],
    ['is of another curve', { crv: 'P-384' }],
    ['claims an algorithm that is not its own', { alg: 'RS256' }],
    ['has no kid', { kid: undefined }],
    ['has a kid that is no text', { kid: 7 }],
  ]
  test.each(passedOver)('passes over a key that %s', async (_, overrides) => {
    expect((await readKeySet(jwk(overrides))).find('one', 'ES256')).toBeUndefined()
  })

  test('passes over RSA keys under 2048 bits, however they are written', async () => {
    const { publicKey } = await generateKeyPair('RS256', { extractable: true })
    const rsa = await exportJWK(publicKey)
    const short = Buffer.concat([Buffer.alloc(128), Buffer.from(rsa.n ?? '', 'base64url').subarray(0, 128)]).toString('base64url')
    const set = await readKeySet(JSON.stringify({ keys: [{ ...rsa, kid: 'long' }, { ...rsa, kid: 'short', n: short }] }))
    expect(set.find('long', 'RS256')).toBeDefined()
    expect(set.find('short', 'RS256')).toBeUndefined()
  })

  test('takes neither of two keys with one kid', async () => {
    const twin = { ...two, jwk: { ...two.jwk, kid: 'one' } }
    expect((await readKeySet(keySetText(one, twin))).find('one', 'ES256')).toBeUndefined()
  })

  const refused: readonly [string, string, RegExp][] = [
    ['no JSON', 'keys', /not JSON/],
    ['a single key', '{"kty":"EC"}', /no array/],
    ['a symmetric key', '{"keys":[{"kty":"oct","kid":"one","k":"c2VjcmV0"}]}', /private or symmetric/],
    ['a private key', '{"keys":[{"kty":"EC","crv":"P-256","kid":"one","d":"AAAA"}]}', /private or symmetric/],
    ['more keys than a set has', JSON.stringify({ keys: Array.from({ length: 101 }, () => ({})) }), /more than 100/],
  ]
  test.each(refused)('is refused whole: %s', async (_, text, message) => {
    await expect(readKeySet(text)).rejects.toThrow(message)
  })
})

describe('keys from a file', () => {
  let directory: string
  let file: string
  let clock: TestClock
  let problems: string[]
  let source: KeySource

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-jwks-'))
    file = join(directory, 'jwks.json')
    clock = new TestClock()
    problems = []
    source = jwksFromFile(file, { clock, onProblem: (message) => problems.push(message) })
    await writeFile(file, keySetText(one))
  })

  afterEach(() => rm(directory, { recursive: true }))

  test('are at hand synchronously, and read again after a second', async () => {
    expect(await source.find('one', 'ES256')).toBeDefined()
    clock.ms += 999
    expect(source.find('one', 'ES256')).not.toBeInstanceOf(Promise)
    await writeFile(`${file}.new`, keySetText(two))
    await rename(`${file}.new`, file)
    clock.ms += 1
    expect(await source.find('one', 'ES256')).toBeUndefined()
    expect(source.find('two', 'ES256')).toMatchObject({ kid: 'two' })
    expect(source.generation).toBe(2)
  })

  test('are read at once for a key that is not known', async () => {
    await source.find('one', 'ES256')
    await writeFile(file, keySetText(one, two))
    clock.ms += 100
    expect(await source.find('two', 'ES256')).toMatchObject({ kid: 'two' })
  })

  test('stay for 15 minutes where the file turns bad, are told of, and then are none', async () => {
    await source.find('one', 'ES256')
    await writeFile(file, '{')
    clock.ms += 1000
    expect(await source.find('one', 'ES256')).toBeDefined()
    expect(problems).toEqual([expect.stringMatching(/jwks\.json cannot be read: the key set is not JSON/)])
    clock.ms += 900_000
    await expect(Promise.resolve().then(() => source.find('one', 'ES256'))).rejects.toMatchObject({ code: 'authority_unavailable' })
    await writeFile(file, keySetText(one))
    clock.ms += 1000
    expect(await source.find('one', 'ES256')).toBeDefined()
  })

  test.each([
    ['is missing', async () => rm(file), /ENOENT/],
    ['is larger than a key set', async () => writeFile(file, ' '.repeat(300_000)), /larger than/],
  ] as const)('are none where the file %s', async (_, spoil, reason) => {
    await spoil()
    await expect(source.find('one', 'ES256')).rejects.toMatchObject({ code: 'authority_unavailable' })
    expect(problems[0]).toMatch(reason)
  })
})

describe('keys from a URL', () => {
  let server: Server
  let url: string
  let answer: () => { status: number, body: string }
  let asked = 0
  let clock: TestClock
  let source: KeySource
  const problems: string[] = []

  beforeAll(async () => {
    server = createServer((_, response) => {
      asked += 1
      const { status, body } = answer()
      response.writeHead(status).end(body)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`
  })

  afterAll(() => {
    server.close()
  })

  const fetchText: FetchText = async (address, { signal }) => {
    const response = await fetch(address, { signal, redirect: 'error' })
    if (response.status !== 200) throw new Error(`status ${response.status}`)
    return response.text()
  }

  beforeEach(() => {
    asked = 0
    clock = new TestClock()
    answer = () => ({ status: 200, body: keySetText(one) })
    source = jwksFromUrl(url, fetchText, { clock, onProblem: (message) => problems.push(message) })
  })

  test('are fetched once by many that ask together', async () => {
    await Promise.all(Array.from({ length: 10 }, () => source.find('one', 'ES256')))
    expect(asked).toBe(1)
  })

  test('are fetched for an unknown key at most every 30 s', async () => {
    await source.find('one', 'ES256')
    for (let index = 0; index < 50; index++) expect(await source.find(`invented-${index}`, 'ES256')).toBeUndefined()
    expect(asked).toBe(1)
    answer = () => ({ status: 200, body: keySetText(one, two) })
    clock.ms += 30_000
    expect(await source.find('two', 'ES256')).toMatchObject({ kid: 'two' })
    expect(asked).toBe(2)
  })

  test('serve while they are fetched anew, and for 15 minutes while that fails; then nothing is verified', async () => {
    await source.find('one', 'ES256')
    answer = () => ({ status: 500, body: '' })
    clock.ms += 300_000
    expect(source.find('one', 'ES256')).toMatchObject({ kid: 'one' })
    clock.ms += 600_000
    await expect(Promise.resolve().then(() => source.find('one', 'ES256'))).rejects.toMatchObject({ code: 'authority_unavailable' })
    expect(problems.at(-1)).toMatch(/status 500/)
  })

  test('are asked for again only 10 s after a failure', async () => {
    answer = () => ({ status: 500, body: '' })
    for (let index = 0; index < 5; index++) {
      await expect(Promise.resolve().then(() => source.find('one', 'ES256'))).rejects.toMatchObject({ code: 'authority_unavailable' })
    }
    expect(asked).toBe(1)
    answer = () => ({ status: 200, body: keySetText(one) })
    clock.ms += 10_000
    expect(await source.find('one', 'ES256')).toBeDefined()
  })
})
