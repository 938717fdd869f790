import { hash } from 'node:crypto'
import { networkInterfaces } from 'node:os'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { Fault } from '../../src/model/denial.ts'
import { keptWorld } from '../identify/kept-world.ts'
import { claims, NOW_MS, NOW_S, sign } from '../identify/fixture.ts'
import { sendRaw, startHarness, told, type Harness, type HarnessOptions } from './harness.ts'

const harnesses: Harness[] = []
afterEach(async () => {
  await Promise.all(harnesses.splice(0).map((harness) => harness.close()))
})

async function start(options: HarnessOptions = {}): Promise<Harness> {
  const harness = await startHarness(options)
  harnesses.push(harness)
  return harness
}

const get = (fields: string, path = '/github/repos/a/b?x=1'): string => `GET ${path} HTTP/1.1\r\nHost: Localhost:9\r\n${fields}\r\n`

describe('a DPoP-bound token', () => {
  it('in reverse mode comes with its proof, and with what that has to be about', async () => {
    const harness = await start()
    await sendRaw(harness.listener.port, get('Authorization: DPoP a.b.c\r\nDPoP: x.y.z\r\n'))
    expect(harness.received[0]?.proofs).toEqual({
      token: 'a.b.c', delegationToken: undefined, certificate: undefined, bound: undefined,
      dpop: { proof: 'x.y.z', method: 'GET', url: 'http://localhost:9/github/repos/a/b' },
    })
    expect(harness.received[0]?.request.headers).toEqual([])
  })

  it.each([
    ['without a proof', get('Authorization: DPoP a.b.c\r\n'), 'token_invalid'],
    ['with two proofs', get('Authorization: DPoP a.b.c\r\nDPoP: x.y.z\r\nDPoP: x.y.z\r\n'), 'request_ambiguous'],
    ['through a proxy', 'GET http://api.example.com/x HTTP/1.1\r\nHost: api.example.com\r\nProxy-Authorization: DPoP a.b.c\r\nDPoP: x.y.z\r\n\r\n', 'token_invalid'],
    ['in CONNECT', 'CONNECT api.example.com:443 HTTP/1.1\r\nProxy-Authorization: DPoP a.b.c\r\nDPoP: x.y.z\r\n\r\n', 'token_invalid'],
  ])('%s is refused', async (_, bytes, code) => {
    const harness = await start()
    await sendRaw(harness.listener.port, bytes)
    expect([harness.received.length, harness.connects.length, harness.refused[0]?.denial.denial]).toEqual([0, 0, code])
  })

  it('is no bearer token: a proof without the scheme is dropped, as any credential of the client’s own', async () => {
    const harness = await start()
    await sendRaw(harness.listener.port, get('Authorization: Bearer a.b.c\r\nDPoP: x.y.z\r\n'))
    expect(harness.received[0]?.proofs.dpop).toBeUndefined()
    expect(harness.received[0]?.request.headers).toEqual([])
  })

  it('is taken from a client’s own library, as it addressed us', async () => {
    const world = await keptWorld()
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    const jwk = await exportJWK(publicKey)
    const token = await sign(claims({ cnf: { jkt: await calculateJwkThumbprint(jwk) } }), world.key)
    const harness = await start()
    const htu = `http://127.0.0.1:${harness.listener.port}/github/repos/a/b`
    const proof = await new SignJWT({ jti: 'p-1', htm: 'GET', htu, iat: NOW_S, ath: hash('sha256', token, 'base64url') })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk }).sign(privateKey)
    await fetch(`${htu}?page=2`, { headers: { authorization: `DPoP ${token}`, dpop: proof } })
    const proofs = harness.received[0]?.proofs
    expect(proofs && await world.identify(proofs, NOW_MS)).toMatchObject({ agent: 'agent:pr-reviewer', identifiedBy: 'token' })
    expect(proofs && await world.identify({ ...proofs, dpop: undefined }, NOW_MS)).toMatchObject({ denial: 'token_invalid' })
  })
})

describe('what crossed a network readable', () => {
  const outward = Object.values(networkInterfaces()).flat().find((one) => one !== undefined && !one.internal && one.family === 'IPv4')?.address

  it('is told as such, and only that', async () => {
    const local = await start()
    await sendRaw(local.listener.port, get('Authorization: Bearer a.b.c\r\n'))
    expect(local.received[0]?.proofs.exposed).toBeUndefined()
    const open = await start({ address: '0.0.0.0:0', allowPlaintext: true })
    await sendRaw(open.listener.port, get('Authorization: Bearer a.b.c\r\n').replace('Localhost:9', outward ?? '127.0.0.1'))
    expect(open.received[0]?.proofs.exposed).toBe(true)
  })
})

describe('a CONNECT that cannot be judged', () => {
  const stale = new Fault('authority_unavailable', 'nothing was heard for too long')
  it.each([
    ['at once', () => { throw stale }],
    ['after a wait', () => Promise.reject(stale)],
  ])('is answered 503, %s, and told', async (_, authorizeConnect) => {
    const harness = await start({ authorizeConnect })
    const answer = await sendRaw(harness.listener.port, 'CONNECT api.example.com:443 HTTP/1.1\r\n\r\n')
    expect(told(answer)).toEqual({ status: 503, code: 'authority_unavailable', close: true })
    expect(answer).toMatch(/Proxy-Status: postern; error=proxy_internal_error/)
    expect(answer).not.toContain('nothing was heard')
    expect(harness.failed).toMatchObject([{ fault: stale, status: 503, door: 'connect', method: 'CONNECT', host: 'api.example.com:443' }])
    expect([harness.refused, harness.broken]).toEqual([[], []])
  })

  it('for a defect of ours is cut, and told as one', async () => {
    const harness = await start({ authorizeConnect: () => Promise.reject(new TypeError('a defect')) })
    expect(await sendRaw(harness.listener.port, 'CONNECT api.example.com:443 HTTP/1.1\r\n\r\n')).toBe('')
    expect([harness.failed.length, harness.broken.length]).toEqual([0, 1])
  })
})
