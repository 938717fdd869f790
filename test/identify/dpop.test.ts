import { hash } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Proofs } from '../../src/proxy/exchange.ts'
import { DpopReplays } from '../../src/proxy/identify/dpop-replays.ts'
import { certificate, claims, NOW_MS, NOW_S, OTHER_THUMBPRINT, sign, THUMBPRINT } from './fixture.ts'
import { keptWorld, SECRET, type KeptWorld } from './kept-world.ts'

interface Holder {
  readonly privateKey: CryptoKey
  readonly jwk: JWK
  readonly jkt: string
}

const URL_ASKED = 'https://postern.acme.com/github/repos/acme-corp/backend/pulls/42'

let holder: Holder
let thief: Holder
let world: KeptWorld
let token: string
let ids = 0

async function newHolder(alg = 'ES256'): Promise<Holder> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(publicKey)
  return { privateKey, jwk, jkt: await calculateJwkThumbprint(jwk) }
}

beforeAll(async () => {
  [holder, thief] = await Promise.all([newHolder(), newHolder()])
})

beforeEach(async () => {
  world = await keptWorld()
  token = await sign(claims({ cnf: { jkt: holder.jkt } }), world.key)
})

async function proofFor(of: { readonly by?: Holder, readonly token?: string, readonly claims?: Record<string, unknown>, readonly header?: Record<string, unknown> } = {}): Promise<string> {
  const by = of.by ?? holder
  ids += 1
  const payload = { jti: `p-${ids}`, htm: 'GET', htu: URL_ASKED, iat: NOW_S, ath: hash('sha256', of.token ?? token, 'base64url'), ...of.claims }
  const header = JSON.parse(JSON.stringify({ alg: 'ES256', typ: 'dpop+jwt', jwk: by.jwk, ...of.header })) as { alg: string }
  return new SignJWT(JSON.parse(JSON.stringify(payload)) as Record<string, unknown>).setProtectedHeader(header).sign(by.privateKey)
}

async function shown(proof: Promise<string> | string, over: Partial<Proofs> = {}): Promise<Partial<Proofs>> {
  return { token, dpop: { proof: await proof, method: 'GET', url: URL_ASKED }, ...over }
}

describe('a token that is bound to a DPoP key', () => {
  test('is taken with a proof for this very request', async () => {
    expect(await world.identify(await shown(proofFor()))).toMatchObject({ agent: 'agent:pr-reviewer', identifiedBy: 'token', delegation: { id: 'dlg_alice', standing: {} } })
  })

  test('is taken as an agent’s own', async () => {
    const own = await sign(claims({ act: undefined, dlg: undefined, sid: undefined, scope: undefined, authorization_details: undefined, cnf: { jkt: holder.jkt } }), world.key)
    expect(await world.identify(await shown(proofFor({ token: own }), { token: own }))).toMatchObject({ agent: 'agent:pr-reviewer', delegation: undefined })
    expect(await world.identify({ token: own })).toMatchObject({ denial: 'token_invalid', detail: expect.stringMatching(/DPoP key/) })
  })

  test('is refused without one, with a hint of where it is taken', async () => {
    expect(await world.identify({ token })).toMatchObject({ denial: 'token_invalid', detail: expect.stringMatching(/of which no proof was sent/), hint: expect.stringMatching(/base URL/) })
    expect(await world.identify({ certificate: certificate(), delegationToken: token })).toMatchObject({ denial: 'token_invalid' })
  })

  test('and to a certificate needs both', async () => {
    token = await sign(claims({ cnf: { jkt: holder.jkt, 'x5t#S256': THUMBPRINT } }), world.key)
    expect(await world.identify(await shown(proofFor()))).toMatchObject({ denial: 'proof_mismatch' })
    expect(await world.identify(await shown(proofFor(), { certificate: certificate({ thumbprint: OTHER_THUMBPRINT }) }))).toMatchObject({ denial: 'proof_mismatch' })
    expect(await world.identify(await shown(proofFor(), { certificate: certificate() }))).toMatchObject({ agent: 'agent:pr-reviewer' })
  })

  const refused: readonly [string, () => Promise<string> | string, RegExp][] = [
    ['of another key', () => proofFor({ by: thief }), /not signed by the key/],
    ['of another key, in the holder’s name', () => proofFor({ by: thief, header: { jwk: holder.jwk } }), /not signed by the key/],
    ['with a private key in it', async () => proofFor({ header: { jwk: await exportJWK(holder.privateKey) } }), /not signed by the key/],
    ['without a key', () => proofFor({ header: { jwk: undefined } }), /not signed by the key/],
    ['of another type', () => proofFor({ header: { typ: 'jwt' } }), /not signed by the key/],
    ['for another method', () => proofFor({ claims: { htm: 'POST' } }), /another method/],
    ['for another path', () => proofFor({ claims: { htu: 'https://postern.acme.com/slack/api/chat.postMessage' } }), /another URL/],
    ['for another host', () => proofFor({ claims: { htu: URL_ASKED.replace('postern', 'other') } }), /another URL/],
    ['for another scheme', () => proofFor({ claims: { htu: URL_ASKED.replace('https', 'http') } }), /another URL/],
    ['for no URL', () => proofFor({ claims: { htu: undefined } }), /another URL/],
    ['for another token', () => proofFor({ token: 'e.e.e' }), /another token/],
    ['for no token', () => proofFor({ claims: { ath: undefined } }), /another token/],
    ['of an hour ago', () => proofFor({ claims: { iat: NOW_S - 3_600 } }), /not made just now/],
    ['of tomorrow', () => proofFor({ claims: { iat: NOW_S + 86_400 } }), /not made just now/],
    ['of no time', () => proofFor({ claims: { iat: undefined } }), /not made just now/],
    ['without an id', () => proofFor({ claims: { jti: undefined } }), /no jti/],
    ['with an id that is too long', () => proofFor({ claims: { jti: 'x'.repeat(300) } }), /no jti/],
    ['that is no JWT', () => 'abc', /not signed by the key/],
    ['that is too long', () => 'x'.repeat(5_000), /too long/],
  ]
  test.each(refused)('is refused with a proof %s', async (_, proof, detail) => {
    const denial = await world.identify(await shown(proof()))
    expect(denial).toMatchObject({ denial: 'token_invalid', detail: expect.stringMatching(detail), hint: expect.any(String) })
  })

  test('is refused with a proof that was used before, for as long as it could be', async () => {
    const proofs = await shown(proofFor())
    expect(await world.identify(proofs)).toMatchObject({ agent: 'agent:pr-reviewer' })
    expect(await world.identify(proofs)).toMatchObject({ denial: 'token_invalid', detail: expect.stringMatching(/used before/) })
    expect(await world.identify(proofs, NOW_MS + 59_000)).toMatchObject({ denial: 'token_invalid', detail: expect.stringMatching(/used before/) })
    expect(await world.identify(proofs, NOW_MS + 61_000)).toMatchObject({ denial: 'token_invalid', detail: expect.stringMatching(/not made just now/) })
  })

  test('of many requests at once with one proof serves one', async () => {
    const proofs = await shown(proofFor())
    const results = await Promise.all(Array.from({ length: 20 }, () => world.identify(proofs)))
    expect(results.filter((result) => !('denial' in result))).toHaveLength(1)
  })

  test('takes a URL whose query and case of host differ, as RFC 9449 has it', async () => {
    expect(await world.identify(await shown(proofFor({ claims: { htu: `${URL_ASKED.replace('postern.acme', 'POSTERN.acme')}?per_page=1#x` } })))).toMatchObject({ agent: 'agent:pr-reviewer' })
  })
})

describe('a DPoP proof beside what is not bound to its key', () => {
  test('is refused, rather than passed over', async () => {
    const bearer = await sign(claims(), world.key)
    for (const text of [bearer, SECRET]) {
      expect(await world.identify(await shown(proofFor({ token: text }), { token: text }))).toMatchObject({ denial: 'token_invalid', detail: expect.stringMatching(/bound to no DPoP key/) })
    }
  })
})

describe('the memory of used proofs', () => {
  test('keeps each for a window at least, and not for ever', () => {
    const replays = new DpopReplays(100, { max: 10, maxPerKey: 10 })
    expect(replays.use('k', 'a', 1_000)).toBe('first')
    expect(replays.use('k', 'a', 1_099)).toBe('again')
    expect(replays.use('k', 'b', 1_150)).toBe('first')
    expect(replays.use('k', 'a', 1_199)).toBe('again')
    expect(replays.use('k', 'b', 1_249)).toBe('again')
    expect(replays.use('k', 'a', 1_251)).toBe('first')
    expect(replays.use('k', 'b', 5_000)).toBe('first')
  })

  test('tells keys apart', () => {
    const replays = new DpopReplays(100, { max: 10, maxPerKey: 10 })
    expect([replays.use('k', 'a', 0), replays.use('l', 'a', 0)]).toEqual(['first', 'first'])
  })

  test('has no room for more than its bounds, and one key does not take it all', () => {
    const replays = new DpopReplays(100, { max: 3, maxPerKey: 2 })
    expect([replays.use('k', 'a', 0), replays.use('k', 'b', 0), replays.use('k', 'c', 0)]).toEqual(['first', 'first', 'full'])
    expect([replays.use('l', 'a', 0), replays.use('m', 'a', 0)]).toEqual(['first', 'full'])
    expect(replays.use('k', 'a', 50)).toBe('again')
    expect(replays.use('k', 'c', 100)).toBe('first')
  })

  test('forgets nothing where the clock is set back', () => {
    const replays = new DpopReplays(100, { max: 10, maxPerKey: 10 })
    replays.use('k', 'a', 1_000)
    expect(replays.use('k', 'a', 10)).toBe('again')
  })
})
