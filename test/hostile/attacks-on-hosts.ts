import type { TestAgent } from '../support/agent-client.ts'
import type { Answer } from '../support/wire.ts'
import { harmless, refused, type Attack, type AttackFamily } from './attack.ts'
import type { HostileWorld } from './hostile-world.ts'

const HOST_CODES = ['host_refused', 'host_not_served', 'authority_mismatch', 'integration_unknown', 'request_malformed', 'path_refused', 'operation_unknown']

async function connect(agent: TestAgent, target: string): Promise<Answer> {
  const { head, wire } = await agent.connectTo(target)
  wire.close()
  return head
}

const proofOf = (world: HostileWorld): string => `Bearer ${world.alice.access}`

/** A request inside a tunnel, written as it is. */
async function inTunnel(agent: TestAgent, host: string, bytes: string, servername?: string): Promise<Answer> {
  const wire = await agent.tunnel(host, servername === undefined ? {} : { servername })
  const answer = await wire.ask(bytes)
  wire.close()
  return answer
}

/** Other integrations, and other people's things, by name. */
const borrowed: readonly Attack[] = [
  ...['tickets/v1/tickets', 'tickets/v1/tickets/T-1', 'tickets/v1/tickets/T-1/events'].map((path) => refused(`/${path}, which nobody approved`, ['policy_denied',
    'consent_required'], (agent) => agent.reverse('GET', `/${path}`))),
  ...['GITHUB', 'github.', 'git', 'githubs', 'recorder%2f..%2fgithub', 'recorder/../github', 'recorder/..;/github', './github', 'tickets;github',
    'github@recorder', '..', '%2e%2e', 'metrics', 'healthz', 'readyz', 'v1', 'oauth2', 'admin', 'sync', '.well-known', 'login', 'dashboard', 'debug', 'proxy.pac',
    '__proto__', 'constructor'].map((prefix) =>
    refused(`the prefix /${prefix}/`, [...HOST_CODES, 'policy_denied'], (agent) => agent.reverse('GET', `/${prefix}/repos/acme-corp/backend/pulls/42`))),
  ...['/github/repos/acme-corp/prod-payments/pulls/1', '/github/repos/bob-diaz/dotfiles/pulls/1', '/github/repos/evil-corp/backend/pulls/1',
    '/github/repos/acme-corp/infrastructure/pulls/1', '/github/user/repos', '/github/user/keys', '/github/user/emails', '/github/orgs/acme-corp/members',
    '/github/installation/repositories', '/github/applications/x/token', '/github/app/installations', '/github/users/bob-diaz/events', '/github/gists',
    '/github/notifications',
    '/github/repos/acme-corp/backend/actions/secrets', '/github/repos/acme-corp/backend/keys', '/github/repos/acme-corp/backend/hooks',
      '/github/orgs/acme-corp/actions/secrets', '/github/repositories/1/pulls/1', '/github/enterprises/acme/actions/permissions',
      '/github/repos/acme-corp/backend/dependabot/secrets', '/github/scim/v2/organizations/acme-corp/Users'].map((path) =>
    refused(`GET ${path}`, ['policy_denied', 'consent_required', 'operation_unknown', 'authority_insufficient', 'credential_refused', 'connection_required'],
      (agent) => agent.reverse('GET', path))),
  ...[['POST', '/github/repos/acme-corp/backend/hooks'], ['PUT', '/github/repos/acme-corp/backend/collaborators/mallory'], ['DELETE',
    '/github/repos/acme-corp/backend'], ['PATCH', '/github/repos/acme-corp/backend'], ['POST', '/github/repos/acme-corp/backend/transfer'], ['POST',
    '/github/repos/acme-corp/backend/keys'], ['PUT', '/github/repos/acme-corp/backend/actions/secrets/X'], ['POST', '/github/repos/acme-corp/backend/dispatches'],
    ['POST', '/github/user/repos'], ['POST', '/github/repos/acme-corp/backend/forks'], ['DELETE', '/github/installation/token'], ['POST',
    '/github/app/installations/81001/access_tokens'], ['PUT', '/github/repos/acme-corp/backend/contents/.github/workflows/x.yml']].map(([method = '', path = '']) =>
    refused(`${method} ${path}`, ['policy_denied', 'consent_required', 'operation_unknown', 'authority_insufficient', 'body_refused'],
      (agent) => agent.reverse(method, path, { body: '{}' }))),
]

/** Names and addresses that are no upstream of ours, or are ourselves. */
const places = (world: HostileWorld): readonly string[] => [
  `127.0.0.1:${world.world.port}`, `localhost:${world.world.port}`, `127.0.0.1:${new URL(world.world.operationsUrl).port}`,
    `localhost:${new URL(world.world.operationsUrl).port}`, `localhost:${new URL(world.world.url).port}`, `evil.example:${world.attacker.port}`,
    `localhost:${world.attacker.port}`,
  `rebound.evil.example:${world.world.port}`, `recorder.internal:${world.attacker.port}`, `api.github.com:${world.attacker.port}`,
    `recorder.internal:${world.recorder.port}`, `api.github.com.evil.example:${world.attacker.port}`,
]
const FIXED = ['169.254.169.254:80', 'metadata.google.internal:80', 'metadata:80', '[fd00:ec2::254]:80', '100.100.100.200:80', 'instance-data:80',
  '169.254.170.2:80', '0.0.0.0:80', '[::]:80', '[::ffff:127.0.0.1]:443', '2130706433:443', '0x7f.1:443', 'kubernetes.default.svc:443', 'localhost:6379',
  'localhost:22', 'host.docker.internal:80', 'evil.example:443', 'api.github.com:22', 'api.github.com:80', 'slack.com:25']

const elsewhere: readonly Attack[] = [
  ...Array.from({ length: 12 }, (_, at) => [
    refused(`CONNECT to place ${at + 1} of ours or the attacker’s`, HOST_CODES, (agent, world) => connect(agent, places(world)[at] ?? '')),
    refused(`absolute form to place ${at + 1}`, HOST_CODES, (agent, world) => agent.absolute('GET', `http://${places(world)[at]}/v1/audit`)),
    refused(`absolute form by TLS to place ${at + 1}`, HOST_CODES, (agent, world) => agent.absolute('GET', `https://${places(world)[at]}/metrics`)),
  ]).flat(),
  ...FIXED.map((target) => refused(`CONNECT ${target}`, HOST_CODES, (agent) => connect(agent, target))),
  ...FIXED.map((target) => refused(`absolute form to ${target}`, HOST_CODES, (agent) => agent.absolute('GET',
    `http://${target}/latest/meta-data/iam/security-credentials/`))),
]

/** A request for one host that says another somewhere. */
const fronted: readonly Attack[] = [
  ...['evil.example', 'recorder.internal', 'slack.com', 'uploads.github.com', 'api.github.com.', 'api.github.com:8443', 'api.github.com@evil.example',
    ''].flatMap((host) => [
    refused(`a tunnel to GitHub, Host ${host}`, ['authority_mismatch', 'host_refused', 'request_malformed'], (agent) => inTunnel(agent, 'api.github.com',
      `GET /repos/acme-corp/backend/pulls/42 HTTP/1.1\r\nHost: ${host}\r\n\r\n`)),
    refused(`absolute form to GitHub, Host ${host}`, ['authority_mismatch', 'host_refused', 'request_malformed'], (agent,
      world) => agent.raw(`GET https://api.github.com/repos/acme-corp/backend/pulls/42 HTTP/1.1\r\nHost: ${host}\r\nProxy-Authorization: ${proofOf(world)}\r\n\r\n`)),
    refused(`a tunnel to GitHub, its target https://${host}/`, ['authority_mismatch', 'host_refused', 'request_malformed', 'path_refused'],
      (agent) => inTunnel(agent, 'api.github.com', `GET https://${host}/repos/acme-corp/backend/pulls/42 HTTP/1.1\r\nHost: api.github.com\r\n\r\n`)),
  ]),
  ...['recorder.internal', 'slack.com', 'evil.example'].map((servername) => refused(`a tunnel to GitHub, TLS to ${servername}`, ['authority_mismatch'],
    (agent) => inTunnel(agent, 'api.github.com', 'GET /repos/acme-corp/backend/pulls/42 HTTP/1.1\r\nHost: api.github.com\r\n\r\n', servername))),
  ...['X-Forwarded-Host', 'X-Host', 'Forwarded', 'X-Original-URL', 'X-Rewrite-URL', 'X-Forwarded-Server', 'X-HTTP-Host-Override', 'X-Original-Host',
    'X-Envoy-Original-Path', 'X-Forwarded-Uri'].map((name) =>
    harmless(`${name}: evil.example is passed over`, (agent) => agent.reverse('GET', '/recorder/v1/a', { fields: [`${name}: evil.example`] }))),
]

export const hostAttacks: readonly AttackFamily[] = [
  { family: 'what is another’s', attacks: borrowed },
  { family: 'places that are no upstream', attacks: elsewhere },
  { family: 'one host in front of another', attacks: fronted },
]
