import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import type { TestAgent } from '../support/agent-client.ts'
import { requestBytes } from '../support/agent-client.ts'
import type { Answer } from '../support/wire.ts'
import { harmless, refused, type Attack, type AttackFamily } from './attack.ts'
import type { HostileWorld } from './hostile-world.ts'

const BAD_TOKEN = ['token_invalid', 'token_expired', 'identity_required', 'proof_mismatch', 'session_ended', 'agent_unknown', 'delegation_required',
  'header_refused', 'request_ambiguous']
const PULL = '/github/repos/acme-corp/backend/pulls/42'

const partsOf = (token: string): readonly [string, string, string] => token.split('.') as [string, string, string]
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const decodedPart = (text: string): Record<string, unknown> => JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>

/** A good token with its head or claims changed, under its old signature. */
function changed(token: string, head: Record<string, unknown>, claims: Record<string, unknown> = {}): string {
  const [first, second, third] = partsOf(token)
  return `${encoded({ ...decodedPart(first), ...head })}.${encoded({ ...decodedPart(second), ...claims })}.${third}`
}

/** The same, signed by a key of the attacker's own. */
function forged(token: string, head: Record<string, unknown>, claims: Record<string, unknown> = {}): string {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const own = { ...head, ...(head['jwk'] === true && { jwk: publicKey.export({ format: 'jwk' }) }) }
  const [first, second] = partsOf(changed(token, own, claims))
  return `${first}.${second}.${sign(null, Buffer.from(`${first}.${second}`), privateKey).toString('base64url')}`
}

function hmac(token: string, secret: string): string {
  const [first, second] = partsOf(changed(token, { alg: 'HS256' }))
  return `${first}.${second}.${createHmac('sha256', secret).update(`${first}.${second}`).digest('base64url')}`
}

type Forge = (token: string, world: HostileWorld) => string
const FORGED: readonly (readonly [string, Forge])[] = [
  ...['none', 'None', 'NONE', 'nOnE', '', 'HS256', 'HS512', 'RS256', 'ES384', 'PS256', 'dir', 'A128KW'].map((alg): readonly [string, Forge] => [`alg ${alg}`,
    (token) => changed(token, { alg })]),
  ['alg none and no signature', (token) => `${changed(token, { alg: 'none' }).split('.').slice(0, 2).join('.')}.`],
  ...['', 'secret', 'null', '-----BEGIN PUBLIC KEY-----'].map((secret): readonly [string, Forge] => [`an HMAC with ${JSON.stringify(secret)}`,
    (token) => hmac(token, secret)]),
  ['a key of its own', (token) => forged(token, {})], ['a key of its own, in the head', (token) => forged(token, { jwk: true })], ['a key set of its own',
    (token, { attacker }) => forged(token, { jku: `http://127.0.0.1:${attacker.port}/jwks` })], ['a chain of its own',
    (token, { attacker }) => forged(token, { x5u: `http://127.0.0.1:${attacker.port}/x5u` })],
  ...['../../../../dev/null', '/dev/null', '', '__proto__', 'x\' OR 1=1--', 'http://evil.example/key', '\0', 'a'.repeat(5_000)].map((kid): readonly [string,
    Forge] => [`the key id ${JSON.stringify(kid.slice(0, 20))}`, (token) => forged(token, { kid })]),
  ['another agent’s name', (token) => changed(token, {}, { sub: 'agent:issue-triage' })], ['another person’s',
    (token) => changed(token, {}, { act: { sub: 'user:bob@acme.com' } })], ['a later end', (token) => changed(token, {}, { exp: 4_000_000_000 })], ['no end',
    (token) => changed(token, {}, { exp: undefined })], ['wider access', (token) => changed(token, {},
    { authorization_details: [{ type: 'postern', integration: 'tickets', scopes: ['tickets:read'], targets: ['**'] }] })],
  ['another audience', (token) => changed(token, {}, { aud: 'https://evil.example' })], ['another issuer',
    (token) => changed(token, {}, { iss: 'https://evil.example' })], ['critical extensions', (token) => forged(token, { crit: ['b64'], b64: false })],
    ['compressed claims', (token) => forged(token, { zip: 'DEF' })],
  ['half of it', (token) => token.slice(0, token.length / 2)], ['its signature cut', (token) => token.slice(0, -3)], ['its signature twice',
    (token) => `${token}.${partsOf(token)[2]}`], ['two parts', (token) => partsOf(token).slice(0, 2).join('.')], ['a NUL', (token) => `${token}%00`],
    ['a space inside', (token) => token.replace('.', '. ')], ['other base64', (token) => token.replaceAll('-', '+').replaceAll('_', '/') + '+'],
]

const forgeries: readonly Attack[] = FORGED.flatMap(([name, forge]) => [
  refused(`${name}: as Authorization`, BAD_TOKEN, (agent, world) => bare(agent, world, `Authorization: Bearer ${forge(world.alice.access, world)}`),
    () => undefined),
  refused(`${name}: as Proxy-Authorization`, BAD_TOKEN, (agent, world) => absolute(agent, `Proxy-Authorization: Bearer ${forge(world.alice.access, world)}`),
    () => undefined),
])

const bare = (agent: TestAgent, { world }: HostileWorld, ...fields: readonly string[]): Promise<Answer> => agent.raw(requestBytes('GET', PULL,
  `127.0.0.1:${world.port}`, { fields }))
const absolute = (agent: TestAgent, ...fields: readonly string[]): Promise<Answer> => agent.raw(requestBytes('GET',
  'https://api.github.com/repos/acme-corp/backend/pulls/42', 'api.github.com', { fields }))

/** Things that are tokens, and not this one. */
const others: readonly (readonly [string, (world: HostileWorld) => string])[] = [
  ['a refresh token', ({ alice }) => alice.refresh], ['the recorder’s own credential', ({ recorder }) => `${recorder.secret.slice(0, 3)}guessed`],
    ['the operations token’s first half', ({ world }) => world.operationsToken.slice(0, 16)], ['the operations token', ({ world }) => world.operationsToken],
  ['an id of the delegation', ({ alice }) => String(decodedPart(partsOf(alice.access)[1])['dlg'])], ['an id of the session',
    ({ alice }) => String(decodedPart(partsOf(alice.access)[1])['sid'])], ['the agent’s name', () => 'agent:pr-reviewer'], ['the person’s name',
    () => 'user:alice@acme.com'], ['the client’s id', () => 'pr-reviewer'],
  ['a session’s secret that is made up', () => `ses_${'A'.repeat(40)}`], ['a stand-in that is made up', () => `psi_${'A'.repeat(40)}`], ['a token of GitHub’s',
    () => `ghs_${'A'.repeat(36)}`], ['a token of Slack’s', () => 'xoxb-1-2-abc'], ['null', () => 'null'], ['undefined', () => 'undefined'], ['[object Object]',
    () => '[object Object]'], ['a JSON object', () => '{}'], ['a path', () => '/etc/passwd'],
]

const strangers: readonly Attack[] = others.flatMap(([name, tokenOf]) => [
  refused(`${name} as Bearer`, BAD_TOKEN, (agent, world) => bare(agent, world, `Authorization: Bearer ${tokenOf(world)}`), () => undefined),
  refused(`${name} as a password`, BAD_TOKEN, (agent, world) => absolute(agent,
    `Proxy-Authorization: Basic ${Buffer.from(`agent:${tokenOf(world)}`).toString('base64')}`), () => undefined),
  refused(`${name} as the delegation beside no identity`, BAD_TOKEN, (agent, world) => bare(agent, world, `Postern-Delegation: ${tokenOf(world)}`), () => undefined),
])

/** Two proofs that say two things, and proofs in the wrong place. */
const confused: readonly Attack[] = [
  refused('Bob’s token for what Alice approved', ['consent_required', 'policy_denied'], (agent) => agent.reverse('GET', PULL), ({ bob }) => bob.access),
  refused('Bob’s token for the recorder, which Alice approved', ['consent_required', 'policy_denied'], (agent) => agent.reverse('GET', '/recorder/v1/a'),
    ({ bob }) => bob.access),
  refused('another agent’s token for what this agent may', ['consent_required', 'policy_denied'], (agent) => agent.reverse('GET', PULL),
    ({ other }) => other.access),
  refused('another agent’s token for the recorder', ['consent_required', 'policy_denied'], (agent) => agent.reverse('GET', '/recorder/v1/a'),
    ({ other }) => other.access),
  refused('Bob’s token, and Alice’s as the delegation', BAD_TOKEN, (agent, { alice }) => agent.reverse('GET', PULL,
    { fields: [`Postern-Delegation: ${alice.access}`] }), ({ bob }) => bob.access),
  refused('another agent’s token, and Alice’s as the delegation', BAD_TOKEN, (agent, { alice }) => agent.reverse('GET', PULL,
    { fields: [`Postern-Delegation: ${alice.access}`] }), ({ other }) => other.access),
  refused('Alice’s token, and Bob’s as the delegation', BAD_TOKEN, (agent, { bob }) => agent.reverse('GET', PULL,
    { fields: [`Postern-Delegation: ${bob.access}`] })),
  refused('two tokens in two fields of one name', 'request_ambiguous', (agent, { bob }) => agent.reverse('GET', PULL,
    { fields: [`Authorization: Bearer ${bob.access}`] })),
  refused('a tunnel of Bob’s, and Alice’s token inside', ['consent_required', 'policy_denied'], (agent, { alice }) => agent.call('GET',
    'https://api.github.com/repos/acme-corp/backend/pulls/42', { fields: [`Authorization: Bearer ${alice.access}`] }), ({ bob }) => bob.access),
  refused('a tunnel of Bob’s, and Alice’s delegation inside', 'header_refused', (agent, { alice }) => agent.call('GET',
    'https://api.github.com/repos/acme-corp/backend/pulls/42', { fields: [`Postern-Delegation: ${alice.access}`] }), ({ bob }) => bob.access),
  refused('a tunnel of Bob’s, and Alice’s proof for a proxy inside', ['consent_required', 'policy_denied'], (agent, { alice }) => agent.call('GET',
    'https://api.github.com/repos/acme-corp/backend/pulls/42', { fields: [`Proxy-Authorization: Bearer ${alice.access}`] }), ({ bob }) => bob.access),
  ...['access_token', 'token', 'authorization', 'postern_delegation', 'Proxy-Authorization'].map((name) => refused(`the token in the query as ${name}`,
    ['identity_required', 'client_credential_refused'], (agent, { alice }) => agent.reverse('GET', `${PULL}?${name}=${alice.access}`), () => undefined)),
  ...['Cookie: token=', 'X-Forwarded-Authorization: Bearer ', 'X-Original-Authorization: Bearer ', 'Authentication: Bearer ', 'X-Api-Key: ', 'X-Auth-Token: ',
    'Postern-Token: ', 'X-Postern-Agent: agent:pr-reviewer;', 'Proxy-Authentication-Info: ', 'X-Forwarded-Access-Token: ', 'X-Remote-User: pr-reviewer',
    'X-Forwarded-Client-Cert: By=spiffe://acme.com/pr-reviewer;', 'Client-Cert: ', 'X-SSL-Client-S-DN: CN=pr-reviewer',
    'X-Forwarded-User: alice@acme.com'].map((field) =>
    refused(`the token as ${field}…`, 'identity_required', (agent, world) => bare(agent, world, `${field}${world.alice.access}`), () => undefined)),
  ...['DPoP', 'dpop', 'Negotiate', 'Digest', 'HOBA', 'Mutual', 'AWS4-HMAC-SHA256', 'GNAP', 'PrivateToken'].map((scheme) => refused(`the scheme ${scheme}`,
    BAD_TOKEN, (agent, world) => bare(agent, world, `Authorization: ${scheme} ${world.alice.access}`), () => undefined)),
  ...['', 'a.b.c', 'eyJhbGciOiJub25lIn0.e30.'].map((proof) => refused(`DPoP with the proof ${JSON.stringify(proof)}`, BAD_TOKEN, (agent, world) => bare(agent,
    world, `Authorization: DPoP ${world.alice.access}`, `DPoP: ${proof}`), () => undefined)),
  // Base64url has no padding, but its readers pass over it: the bytes that were signed are the same.
  harmless('a token with padding is the token', (agent, world) => bare(agent, world, `Authorization: Bearer ${world.alice.access}==`, 'User-Agent: a'), [200,
    ...BAD_TOKEN], () => undefined),
  harmless('a Bearer token with a stray DPoP proof is a Bearer token', (agent) => agent.reverse('GET', PULL, { fields: ['DPoP: a.b.c'] }), [200, ...BAD_TOKEN]),
]

export const tokenAttacks: readonly AttackFamily[] = [
  { family: 'forged tokens', attacks: forgeries },
  { family: 'what is no token for this', attacks: strangers },
  { family: 'two proofs, and proofs in other places', attacks: confused },
]
