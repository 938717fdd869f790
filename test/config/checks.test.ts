import { expect, test } from 'vitest'
import { ConfigFolder, problemsInText, SMALL, small } from './fixture.ts'

const plus = (section: string): string => `${SMALL}\n${section}\n`
const TLS = 'tls: { certificate: { file: cert.pem }, key: { file: key.pem }'
const integration = (text: string): string => small('integrations:', `integrations:\n  other: ${text}`)
const authority = (keys: string): string => `authority: { login: { issuer: https://idp.acme.com, client_id: postern }, ${keys} }`
const server = (addresses: readonly string[], agent = 'agent:late'): string => `resource_servers: [${addresses.map((address) => `{ resource: "${address}", agent: ${agent} }`).join(', ')}]`
const github = (git: string): string => integration(`{ type: github, app: { id: 1, private_key: { env: STORE_KEY } }, ${git} }`)
  .replace('hosts: [', 'hosts: [api.github.com, uploads.github.com, ')
const ROUTE = 'routes: [{ route: GET /x, access: read, scopes: [a] }]'

const refused: readonly [string, string, RegExp][] = [
  ['a listener that others reach, without TLS', plus('listener: { address: "0.0.0.0:8080" }'), /listener\.address: 0\.0\.0\.0:8080 can be reached from other machines.*`unsafe_allow_plaintext: true`/],
  ['a listener on every IPv6 address, without TLS', plus('listener: { address: "[::]:8080" }'), /listener\.address/],
  ['a listener on a name that only begins like loopback', plus('listener: { address: "127.0.0.1.example.com:8080" }'), /listener\.address/],
  ['a bound listener that others reach', plus(`listener: { address: "0.0.0.0:8080", ${TLS} }, bound_agent: { agent: agent:deployer } }`), /listener\.bound_agent: whoever reaches/],
  ['a bound agent that is not listed', plus('listener: { bound_agent: { agent: agent:nobody } }'), /bound_agent\.agent: agent:nobody is not among/],
  ['a WebSocket that may be silent for ever', plus('listener: { websocket: { idle_timeout: 0s } }'), /listener\.websocket\.idle_timeout: a bound on silence cannot be switched off/],
  ['a connection that may be silent for ever', plus('listener: { limits: { idle_timeout: 0s } }'), /listener\.limits\.idle_timeout: a bound on silence/],
  ['no time for a handshake', plus('listener: { limits: { handshake_timeout: 0ms } }'), /listener\.limits\.handshake_timeout: .*a duration above 0/],
  ['a trust domain without client certificates', plus(`listener: { ${TLS}, trust_domain: acme.com } }`), /trust_domain: client certificates are not asked for/],
  ['an operations port without token', plus('operations: {}'), /operations\.address: whoever reaches this port.*`token: { file: PATH }`/],
  ['an operations port with a token and without need of one', plus('operations: { token: { env: STORE_KEY }, unsafe_unauthenticated: true }'), /there is a token as well/],
  ['an operations port on the listener’s', plus('operations: { address: "127.0.0.1:8080", token: { env: STORE_KEY } }'), /the listener has this address/],
  ['an agent with the name of our own command line', small('agent:deployer', 'agent:postern-cli'), /agents\[1\]\.id: this name is Postern/],
  ['two agents of one id', small('agent:deployer', 'agent:pr-reviewer'), /agents\[1\]\.id: agents\[0\] has the same `id`/],
  ['two agents of one service account', small('  - id: agent:deployer', '    service_account: a/b\n  - { id: agent:deployer, service_account: a/b }'), /agents\[1\]\.service_account: agents\[0\]/],
  ['two agents of one subject, however it is spaced', small('  - id: agent:deployer', '    subject: "CN=x, O=y"\n  - { id: agent:deployer, subject: "CN=x,O=y" }'), /agents\[1\]\.subject: agents\[0\]/],
  ['an agent of another trust domain', plus(`listener: { ${TLS}, client_ca: { file: cert.pem }, trust_domain: acme.com } }`).replace('  - id: agent:deployer', '  - { id: agent:deployer, spiffe: spiffe://other.com/x }'), /spiffe: the trust domain other\.com is refused/],
  ['no way to prove anything', SMALL.replace(/identity:[^]*agents:/, 'agents:'), /identity: no agent has a way/],
  ['a bound token that nobody verifies', plus('listener: { bound_agent: { agent: agent:deployer, delegation_token: { file: t } } }').replace(/identity:[^]*agents:/, 'agents:'), /no delegation token is verified/],
  ['an https host that the CA does not cover', integration(`{ type: routes, origin: "https://wiki.acme.com", credential: none, ${ROUTE} }`), /integrations\.other\.origin: `ca\.hosts` does not cover wiki\.acme\.com; expected: `wiki\.acme\.com` in `ca\.hosts`/],
  ['a host whose name only ends like one that is covered', integration(`{ type: routes, origin: "https://eviltickets.acme.com", credential: none, ${ROUTE} }`), /does not cover eviltickets/],
  ['a subdomain of a covered host, which the listener would refuse', integration(`{ type: routes, origin: "https://eu.tickets.acme.com", credential: none, ${ROUTE} }`), /does not cover eu\.tickets/],
  ['two integrations of one host', integration(`{ type: routes, origin: "https://TICKETS.acme.com", credential: none, ${ROUTE} }`), /tickets\.acme\.com:443 is served by the integration other already/],
  ['two integrations of one host, by a further origin', integration(`{ type: routes, origin: "https://tickets.acme.com:9443", more_origins: ["https://tickets.acme.com:443/base"], credential: none, ${ROUTE} }`), /served by the integration other/],
  ['a credential without TLS', small('https://tickets', 'http://tickets'), /the credential would be sent without TLS.*`unsafe_allow_plaintext: true`/],
  ['a route that is none', small('GET /v1/tickets/{id}', 'FETCH tickets'), /routes\[0\]\.route: .*no method and path/],
  ['a target that the route does not have', small('targets: ["{id}"]', 'targets: ["{number}"]'), /routes\[0\]/],
  ['a placement in a header that frames the message', small('{ secret: { env: TICKETS_KEY } }', '{ secret: { env: TICKETS_KEY }, placement: { in: header, name: Host } }'), /credential\.placement: the header Host frames/],
  ['a placement without room for the secret', small('{ secret: { env: TICKETS_KEY } }', '{ secret: { env: TICKETS_KEY }, placement: { in: header, value: Bearer } }'), /no single place/],
  ['Slack without a token', integration('{ type: slack, client_id: "1", client_secret: { env: STORE_KEY }, tokens: {} }').replace('hosts: [', 'hosts: [slack.com, files.slack.com, '), /integrations\.other\.tokens: there is no token/],
  ['Slack with two tokens', integration('{ type: slack, client_id: "1", client_secret: { env: STORE_KEY }, tokens: { access: { env: A }, refresh: { env: B } } }').replace('hosts: [', 'hosts: [slack.com, files.slack.com, '), /there are two/],
  ['git at the API’s own host', github('git_origin: "https://api.github.com"'), /integrations\.other\.git_origin: the API is served at this host, at its root/],
  ['git below a path', github('git_origin: "https://api.github.com:8443/git"'), /integrations\.other\.git_origin: git’s host has no path/],
  ['git at a host that the CA does not cover', github('git_origin: "https://github.com"'), /git_origin: `ca\.hosts` does not cover github\.com/],
  ['an authority that others reach, without TLS', plus(authority('address: "0.0.0.0:8081", url: https://p.acme.com')), /authority\.address: 0\.0\.0\.0:8081 can be reached.*`behind_proxy: true`/],
  ['an authority on plain http for browsers elsewhere', plus(authority('address: "0.0.0.0:8081", url: "http://localhost:8081", unsafe_allow_plaintext: true')), /authority\.url: browsers elsewhere/],
  ['an https authority at which nothing ends TLS', plus(authority('url: https://p.acme.com')), /authority\.url: nothing ends TLS/],
  ['an authority on the listener’s address', plus(authority('address: "127.0.0.1:8080", url: "http://localhost:8080"')), /authority\.address: the listener has this address/],
  ['an authority URL with a path', plus(authority('url: "https://p.acme.com/postern", behind_proxy: true')), /authority\.url/],
  ['an authority URL on plain http that is not this machine', plus(authority('url: "http://p.acme.com", behind_proxy: true')), /authority\.url/],
  ['an authority at which nobody can sign in', plus('authority: { url: "http://localhost:8081" }'), /authority: nobody can sign in/],
  ['demo accounts beside an identity provider', plus(authority('url: "http://localhost:8081", unsafe_demo_accounts: [{ person: "user:a@b.c", name: A }]')), /there is an identity provider as well/],
  ['demo accounts that other machines reach', plus('authority: { url: "https://p.acme.com", behind_proxy: true, address: "0.0.0.0:8081", unsafe_demo_accounts: [{ person: "user:a@b.c", name: A }] }'), /whoever reaches the authority can sign in as anybody/],
  ['a delegation token that lives for a week', plus(authority('url: "http://localhost:8081", lifetimes: { delegation_token: 7d }')), /lifetimes\.delegation_token: the duration is out of bounds/],
  ['a preset that is longer than the longest', plus(authority('url: "http://localhost:8081", lifetimes: { consent_default: 2h, consent_max: 1h }')), /consent_default: it is longer/],
  ['a server at the authority’s own address', plus(authority(`url: "http://localhost:8081", ${server(['http://localhost:8081/mcp'])}`)), /resource_servers\[0\]\.resource: a token for it could be taken for one of Postern/],
  ['two servers at one address', plus(authority(`url: "http://localhost:8081", ${server(['https://a.b/mcp', 'https://a.b/mcp'])}`)), /resource_servers\[1\]\.resource: resource_servers\[0\] is at the same address/],
  ['a server that is an audience as well', plus(authority(`url: "http://localhost:8081", audiences: [{ audience: "https://a.b/mcp" }], ${server(['https://a.b/mcp'])}`)), /resource: it is among `authority\.audiences`/],
  ['a server that cannot prove itself', plus(authority(`url: "http://localhost:8081", ${server(['https://a.b/mcp'], 'agent:deployer')}`)), /resource_servers\[0\]\.agent: agent:deployer cannot prove that it is this server; expected: a `public_key`/],
  ...['http://a.b/mcp', 'https://a.b/mcp/', 'https://A.b/mcp', 'https://a.b/x/../mcp', 'https://a.b/mcp?x', 'https://a.b/mcp#x', 'https://u@a.b/mcp', 'https://a.b:443/mcp', 'mcp'].map((address): [string, string, RegExp] =>
    [`a server at ${address}`, plus(authority(`url: "http://localhost:8081", ${server([address])}`)), /resource_servers\[0\]\.resource/]),
  ['two stores', small('store: { key', 'store: { file: a.db, redis: { nodes: ["127.0.0.1:6379"] }, key'), /store\.redis: there is a `file` as well/],
  ['sentinels that watch nothing by name', small('store: { key', 'store: { redis: { topology: sentinel, nodes: ["127.0.0.1:6379"] }, key'), /`master` names what the sentinels watch/],
  ['a Redis elsewhere without TLS', small('store: { key', 'store: { redis: { nodes: ["redis.acme.com:6379"] }, key'), /another machine is reached without TLS/],
  ['a database of a cluster', small('store: { key', 'store: { redis: { topology: cluster, database: 2, nodes: ["127.0.0.1:6379"] }, key'), /a cluster has one database/],
  ['people who connect accounts nowhere', small('{ secret: { env: TICKETS_KEY } }', '{ oauth: { authorize_url: "https://a.b/c", token_url: "https://a.b/d", client_id: x } }'), /people connect accounts at the authority, and there is none/],
  ['a redirect URI with a wildcard', small('  - id: agent:deployer', '  - { id: agent:deployer, redirect_uris: ["https://*.acme.com/callback"] }'), /redirect_uris\[0\]/],
  ['a redirect URI on plain http elsewhere', small('  - id: agent:deployer', '  - { id: agent:deployer, redirect_uris: ["http://acme.com/callback"] }'), /redirect_uris\[0\]/],
  ['a redirect URI that a browser reads as another', small('  - id: agent:deployer', '  - { id: agent:deployer, redirect_uris: ["https://acme.com/a/../callback"] }'), /redirect_uris\[0\]/],
  ['a redirect URI with a fragment', small('  - id: agent:deployer', '  - { id: agent:deployer, redirect_uris: ["https://acme.com/callback#x"] }'), /redirect_uris\[0\]/],
  ['a redirect URI that names this machine by a name that others may resolve', small('  - id: agent:deployer', '  - { id: agent:deployer, redirect_uris: ["http://localhost/callback"] }'), /redirect_uris\[0\]/],
  ['credentials for no parent proxy', small('credential: { secret', 'connect: { via_proxy_credentials: { env: STORE_KEY } }\n    credential: { secret'), /there is no parent proxy/],
]

test.each(refused)('%s is refused', (_, text, expected) => {
  expect(problemsInText(text)).toEqual([expect.stringMatching(expected)])
})

const accepted: readonly [string, string][] = [
  ['a listener that others reach, with TLS', plus(`listener: { address: "0.0.0.0:8443", ${TLS} } }`)],
  ['a listener that others reach, marked unsafe', plus('listener: { address: "0.0.0.0:8080", unsafe_allow_plaintext: true }')],
  ['a listener on a Unix socket', plus('listener: { address: "unix:/run/postern.sock", bound_agent: { agent: agent:deployer } }')],
  ['an operations port on a Unix socket', plus('operations: { address: "unix:/run/postern-operations.sock" }')],
  ['an operations port marked unsafe', plus('operations: { unsafe_unauthenticated: true }')],
  ['git at an Enterprise Server, beside its API', github('origin: "https://tickets.acme.com:8443/api/v3", git_origin: "https://tickets.acme.com:8443"')],
  ['a server with a client certificate of its own', small('  - id: agent:deployer', '  - { id: agent:deployer, spiffe: spiffe://acme.com/x }').concat(`\n${authority(`url: "http://localhost:8081", ${server(['https://a.b/mcp', 'http://127.0.0.1:8090/mcp', 'https://c.d'], 'agent:deployer')}`)}\n`)],
  ['a server that is registered by the API later', plus(authority(`url: "http://localhost:8081", ${server(['https://a.b/mcp'])}`))],
  ['two ports of one host', integration(`{ type: routes, origin: "https://tickets.acme.com:8443", credential: none, ${ROUTE} }`)],
  ['a plain origin marked unsafe, which needs no certificate', integration(`{ type: routes, origin: "http://wiki.acme.com", unsafe_allow_plaintext: true, credential: none, ${ROUTE} }`)],
]

test.each(accepted)('%s is accepted', (_, text) => {
  expect(problemsInText(text)).toEqual([])
})

test('what is not wrong and most likely not meant is told as a warning', async () => {
  const folder = await ConfigFolder.make()
  const { warnings } = await folder.load(small('  - id: agent:deployer', '    service_account: a/b\n    spiffe: spiffe://acme.com/x\n  - id: agent:deployer'))
  expect(warnings.map(({ path, problem }) => `${path}: ${problem}`)).toEqual([
    'agents[0].service_account: no service-account token is verified', 'agents[0].spiffe: no client certificate is asked for',
  ])
  await folder.remove()
})
