import { createHmac } from 'node:crypto'
import { exportSPKI, importJWK, SignJWT, UnsecuredJWT } from 'jose'
import { beforeAll, expect, test } from 'vitest'
import { claims, CLUSTER_ISSUER, keySetText, NO_PROOFS, NOW_MS, NOW_S, serviceAccountClaims, sign, testKey, world } from './fixture.ts'
import type { TestKey, World } from './fixture.ts'

let here: World
let rsa: TestKey
let stranger: TestKey

beforeAll(async () => {
  here = await world()
  rsa = await testKey('rsa-1', 'RS256')
  stranger = await testKey('key-1')
  here.keys.text = keySetText(here.key, rsa)
})

async function verdict(token: string): Promise<unknown> {
  return here.identify.identifyProofs({ ...NO_PROOFS, token }, NOW_MS)
}

type Forge = () => string | Promise<string>
const plain = (header: object, payload: object): string =>
  `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}`
const withHmac = (header: object, secret: string | Buffer): string => {
  const input = plain(header, claims())
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

const attacks: readonly [string, string, RegExp, Forge][] = [
  ['alg none as libraries write it', 'token_invalid', /typ/, () => new UnsecuredJWT(claims()).encode()],
  ['alg none under our typ and kid', 'token_invalid', /alg/, () => `${plain({ alg: 'none', typ: 'at+jwt', kid: 'key-1' }, claims())}.`],
  ['alg None in another case', 'token_invalid', /alg/, () => `${plain({ alg: 'NoNe', typ: 'at+jwt', kid: 'key-1' }, claims())}.AAAA`],
  ['HS256 with the public key (PEM) as the secret', 'token_invalid', /alg/, async () => {
    const key = await importJWK(rsa.jwk, 'RS256', { extractable: true })
    if (key instanceof Uint8Array) throw new TypeError('no key')
    return withHmac({ alg: 'HS256', typ: 'at+jwt', kid: 'rsa-1' }, await exportSPKI(key))
  }],
  ['HS256 with the public key (JWK) as the secret', 'token_invalid', /alg/, () => withHmac({ alg: 'HS256', typ: 'at+jwt', kid: 'rsa-1' }, JSON.stringify(rsa.jwk))],
  ['PS256, which is not taken', 'token_invalid', /alg/, () => plain({ alg: 'PS256', typ: 'at+jwt', kid: 'rsa-1' }, claims()) + '.AAAA'],
  ['the kid of a key of another algorithm', 'token_invalid', /no such key/, () => sign(claims(), here.key, { kid: 'rsa-1' })],
  ['an algorithm that its key does not have', 'token_invalid', /no such key/, () => `${plain({ alg: 'RS256', typ: 'at+jwt', kid: 'key-1' }, claims())}.AAAA`],
  ['a kid that the set does not have', 'token_invalid', /no such key/, () => sign(claims(), here.key, { kid: 'key-9' })],
  ['a kid that is a path', 'token_invalid', /no such key/, () => sign(claims(), stranger, { kid: '../../../../dev/null' })],
  ['a kid that is a property of every object', 'token_invalid', /no such key/, () => sign(claims(), stranger, { kid: '__proto__' })],
  ['no kid', 'token_invalid', /no key/, () => sign(claims(), here.key, { kid: undefined })],
  ['a kid without end', 'token_invalid', /no key/, () => sign(claims(), here.key, { kid: 'k'.repeat(300) })],
  ['a stranger’s key under our kid', 'token_invalid', /signature/, () => sign(claims(), stranger)],
  ['a key embedded in the header (jwk)', 'token_invalid', /signature/, () => sign(claims(), stranger, { jwk: stranger.jwk })],
  ['a key set of the header’s (jku)', 'token_invalid', /no such key/, () => sign(claims(), stranger, { kid: 'x', jku: 'https://evil.example/jwks' })],
  ['a certificate of the header’s (x5c)', 'token_invalid', /no such key/, () => sign(claims(), stranger, { kid: 'x', x5c: ['AAAA'] })],
  ['a critical header that nobody understands', 'token_invalid', /verified/, async () => {
    const payload = claims()
    return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'key-1', typ: 'at+jwt', crit: ['exotic'], exotic: true }).sign(here.key.privateKey, { crit: { exotic: true } })
  }],
  ['an audience of somebody else’s', 'token_invalid', /aud/, () => sign(claims({ aud: 'https://api.github.com' }), here.key)],
  ['no audience', 'token_invalid', /aud/, () => sign(claims({ aud: undefined }), here.key)],
  ['an issuer of somebody else’s', 'token_invalid', /issuer/, () => sign(claims({ iss: 'https://evil.example' }), here.key)],
  ['an issuer that only begins like ours', 'token_invalid', /issuer/, () => sign(claims({ iss: 'https://postern.acme.com/' }), here.key)],
  ['the cluster as the issuer of a delegation', 'token_invalid', /typ/, () => sign(claims({ iss: CLUSTER_ISSUER }), here.clusterKey)],
  ['our key for the cluster’s token', 'token_invalid', /no such key/, () => sign(serviceAccountClaims(), here.key, { typ: undefined })],
  ['an ID token (typ JWT)', 'token_invalid', /typ/, () => sign(claims(), here.key, { typ: 'JWT' })],
  ['no typ', 'token_invalid', /typ/, () => sign(claims(), here.key, { typ: undefined })],
  ['a logout token', 'token_invalid', /typ/, () => sign(claims(), here.key, { typ: 'logout+jwt' })],
  ['a token that expired an hour ago', 'token_expired', /expired/, () => sign(claims({ iat: NOW_S - 7200, exp: NOW_S - 3600 }), here.key)],
  ['a token that expired 61 s ago', 'token_expired', /expired/, () => sign(claims({ iat: NOW_S - 7200, exp: NOW_S - 61 }), here.key)],
  ['a token that does not end', 'token_invalid', /exp/, () => sign(claims({ exp: undefined }), here.key)],
  ['a token that lives ten years', 'token_invalid', /longer/, () => sign(claims({ exp: NOW_S + 315_360_000 }), here.key)],
  ['an end beyond all numbers', 'token_invalid', /./, () => sign(claims({ exp: 1e300 }), here.key)],
  ['an end that is a text', 'token_invalid', /exp/, () => sign(claims({ exp: '2099' }), here.key)],
  ['a token of the future', 'token_invalid', /future/, () => sign(claims({ iat: NOW_S + 120, exp: NOW_S + 600 }), here.key)],
  ['a token that is not good yet', 'token_invalid', /nbf/, () => sign(claims({ nbf: NOW_S + 120 }), here.key)],
  ['a token without iat', 'token_invalid', /iat/, () => sign(claims({ iat: undefined }), here.key)],
  ['a service account’s token for another audience', 'token_invalid', /aud/, () => sign(serviceAccountClaims({ aud: [CLUSTER_ISSUER] }), here.clusterKey, { typ: undefined })],
  ['a service account’s token that never ends (a legacy secret)', 'token_invalid', /exp/, () => sign(serviceAccountClaims({ exp: undefined }), here.clusterKey, { typ: undefined })],
  ['a node’s token', 'token_invalid', /sub/, () => sign(serviceAccountClaims({ sub: 'system:node:one' }), here.clusterKey, { typ: undefined })],
  ['a service account with a further colon', 'token_invalid', /sub/, () => sign(serviceAccountClaims({ sub: 'system:serviceaccount:a:b:c' }), here.clusterKey, { typ: undefined })],
  ['a huge token', 'token_invalid', /longer than/, () => `${'A'.repeat(20_000)}.${'A'.repeat(1000)}.A`],
  ['a token of five parts', 'token_invalid', /./, async () => `${await sign(claims(), here.key)}.A.A`],
  ['a token cut off', 'token_invalid', /./, async () => (await sign(claims(), here.key)).slice(0, -1)],
  ['claims that are a list', 'token_invalid', /./, () => `${plain({ alg: 'ES256', typ: 'at+jwt', kid: 'key-1' }, [])}.AAAA`],
]

test.each(attacks)('%s is refused with %s', async (_, code, detail, forge) => {
  expect(await verdict(await forge())).toMatchObject({ denial: code, detail: expect.stringMatching(detail) })
})

const badClaims: readonly [string, Record<string, unknown>, RegExp][] = [
  ['the profile is not named', { postern_profile: undefined }, /postern_profile/],
  ['the profile is the other one', { postern_profile: 'rfc8693', sub: 'user:alice@acme.com', act: { sub: 'agent:pr-reviewer' } }, /profile/],
  ['the parties stand the other way round', { sub: 'user:alice@acme.com', act: { sub: 'agent:pr-reviewer' } }, /claim sub/],
  ['nobody is acted for', { act: undefined }, /act/],
  ['the person is no person', { act: { sub: 'alice' } }, /act\.sub/],
  ['the actors form a chain', { act: { sub: 'user:alice@acme.com', act: { sub: 'user:bob@acme.com' } } }, /act/],
  ['the delegation has no id', { dlg: undefined }, /dlg/],
  ['the delegation’s id is none', { dlg: 'grant_1' }, /dlg/],
  ['the session’s id is none', { sid: 'dlg_1' }, /sid/],
  ['there are no details', { authorization_details: undefined }, /authorization_details/],
  ['the details are empty', { authorization_details: [] }, /authorization_details/],
  ['a detail is of another type', { authorization_details: [{ type: 'payment', integration: 'github', scopes: [], targets: [] }] }, /authorization_details\.0\.type/],
  ['a detail has a restriction that nobody keeps', { authorization_details: [{ type: 'postern', integration: 'github', scopes: ['pulls:read'], targets: ['a/b'], until: 'noon' }] }, /authorization_details/],
  ['a scope holds a space', { scope: undefined, authorization_details: [{ type: 'postern', integration: 'github', scopes: ['pulls:read admin:write'], targets: [] }] }, /scopes/],
  ['a target holds a line break', { scope: undefined, authorization_details: [{ type: 'postern', integration: 'github', scopes: [], targets: ['a\nb'] }] }, /targets/],
  ['a target is not text', { authorization_details: [{ type: 'postern', integration: 'github', scopes: [], targets: [{}] }] }, /targets/],
  ['there are more details than are taken', { scope: undefined, authorization_details: Array.from({ length: 65 }, () => ({ type: 'postern', integration: 'g', scopes: [], targets: [] })) }, /authorization_details/],
  ['scope and details differ', { scope: 'github:pulls:read github:administration:write' }, /different things/],
  ['scope says less', { scope: '' }, /different things/],
  ['the client is not named', { client_id: undefined }, /client_id/],
  ['the token has no id of its own', { jti: undefined }, /jti/],
]

test.each(badClaims)('a signed token is refused where %s', async (_, overrides, detail) => {
  expect(await verdict(await sign(claims(overrides), here.key))).toMatchObject({ denial: 'token_invalid', detail: expect.stringMatching(detail) })
})

const tolerated: readonly [string, Record<string, unknown>][] = [
  ['an end 59 s ago', { iat: NOW_S - 600, exp: NOW_S - 59 }],
  ['a beginning in 59 s', { iat: NOW_S + 59 }],
  ['several audiences, ours among them', { aud: ['https://other.example', 'https://postern.acme.com'] }],
  ['no scope claim', { scope: undefined }],
  ['no session', { sid: undefined }],
]

test.each(tolerated)('%s is good', async (_, overrides) => {
  expect(await verdict(await sign(claims(overrides), here.key))).toMatchObject({ agent: 'agent:pr-reviewer' })
})

test.each(['EdDSA', 'RS256', 'ES256'])('%s is taken', async (alg) => {
  const own = await world()
  const key = await testKey('another', alg)
  own.keys.text = keySetText(key)
  expect(await own.identify.identifyProofs({ ...NO_PROOFS, token: await sign(claims(), key) }, NOW_MS)).toMatchObject({ agent: 'agent:pr-reviewer' })
})
