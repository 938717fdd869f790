import type { TestAgent } from '../support/agent-client.ts'
import type { Answer } from '../support/wire.ts'
import { harmless, refused, type Attack, type AttackFamily } from './attack.ts'
import type { HostileWorld } from './hostile-world.ts'

/** A request to one of Postern's own ports, which an agent in the same pod may well reach. */
async function port(agent: TestAgent, url: string, method: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> {
  const answer = await fetch(url, { method, headers, redirect: 'manual', ...(body !== undefined && { body }) })
  const text = await answer.text()
  agent.seen.push(Buffer.from(JSON.stringify([...answer.headers]) + text))
  return { status: answer.status, fields: [...answer.headers], body: text, code: /"code":\s*"([a-z_]+)"/.exec(text)?.[1], whole: true }
}

const bearer = ({ alice }: HostileWorld): Record<string, string> => ({ authorization: `Bearer ${alice.access}`, 'content-type': 'application/json' })
const NOT_YOURS = ['sign_in_required', 'role_required', 'cross_site_refused', 'not_found', 'input_refused', 401, 403, 404]

const READ = ['me', 'agents', 'agents/pr-reviewer', 'agents/pr-reviewer/permissions', 'delegations', 'sessions', 'connections', 'connections/con_x', 'approvals',
  'break-glass', 'audit', 'audit/export', 'audit/tail', 'audit/series', 'policy', 'policy/history', 'integrations', '../v1/audit', '%2e%2e/v1/audit', 'audit/',
  '/audit', 'audit?token=', 'audit;x']
const WRITE = ['people/alice@acme.com/revoke', 'agents', 'agents/issue-triage/restore', 'agents/pr-reviewer/revoke', 'delegations/dlg_x/revoke',
  'sessions/ses_x/revoke', 'connections/con_x/revoke', 'approvals/apr_x/approve', 'approvals/apr_x/deny', 'break-glass', 'break-glass/bgl_x/approve',
  'policy/explain']

const admin: readonly Attack[] = [
  ...READ.map((path) => refused(`GET /v1/${path} with the agent’s token`, NOT_YOURS, (agent, world) => port(agent, `${world.world.url}/v1/${path}`, 'GET',
    bearer(world)))),
  ...WRITE.map((path) => refused(`POST /v1/${path} with the agent’s token`, NOT_YOURS, (agent, world) => port(agent, `${world.world.url}/v1/${path}`, 'POST',
    bearer(world), '{}'))),
  ...['/sync/heartbeat', '/sync/credential', '/sync/keys', '/sync', '/internal', '/debug/pprof', '/.env', '/.git/config', '/store.key', '/../postern.db',
    '/..%2fpostern.db', '/config', '/actuator/env', '/server-status'].map((path) =>
    refused(`GET ${path} at the authority`, [401, 403, 404, 400, 302, 303], (agent, world) => port(agent, `${world.world.url}${path}`, 'GET', bearer(world)))),
  ...['/oauth2/introspect', '/oauth2/revoke', '/oauth2/token', '/oauth2/par', '/oauth2/device'].map((path) =>
    refused(`POST ${path} as nobody`, [400, 401, 403], (agent, { world }) => port(agent, `${world.url}${path}`, 'POST',
      { 'content-type': 'application/x-www-form-urlencoded' }, 'token=x&client_id=nobody'))),
]

const operations: readonly Attack[] = ['/metrics', '/metrics/', '//metrics', '/%6detrics', '/metrics?token=x', '/debug', '/config',
  '/readyz/../metrics'].flatMap((path) => [
  refused(`GET ${path} of the operations port as nobody`, [401, 403, 404, 400], (agent, { world }) => port(agent, `${world.operationsUrl}${path}`, 'GET')),
  refused(`GET ${path} of the operations port with the agent’s token`, [401, 403, 404, 400], (agent, world) => port(agent, `${world.world.operationsUrl}${path}`,
    'GET', bearer(world))),
])

/** What its tokens can be exchanged for, and where that is good. */
const exchanges: readonly Attack[] = [
  ...['tickets', 'github-admin', '', '../github', 'https://evil.example', 'recorder github',
    'GITHUB'].map((resource) => refused(`an exchange for ${JSON.stringify(resource)}`, [400, 401, 403], async (agent, { alice }) => told(agent,
    await alice.agent.exchange(alice.access, resource)))),
  ...['refresh', 'bob'].map((whose) => refused(`an exchange of ${whose === 'bob' ? 'another person’s token for what they did not approve' : 'a refresh token'}`,
    [400, 401, 403], async (agent, world) =>
    told(agent, await world.alice.agent.exchange(whose === 'bob' ? world.bob.access : world.alice.refresh, 'recorder')))),
  refused('an exchange as another client', [400, 401, 403], async (agent, { alice, other }) => told(agent, await other.agent.exchange(alice.access, 'recorder'))),
  refused('the upstream’s own credential released', [400, 401, 403], async (agent, { alice }) => told(agent,
    await alice.agent.exchange(alice.access, 'recorder', { delivery: 'released',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token' }).then((answer) =>
    ({ ...answer, status: answer.status === 200 && answer.body['delivery'] !== 'released' && String(answer.body['access_token']).startsWith('ey') ? 403 : answer.status })))),
  ...['/github/repos/acme-corp/backend/pulls/42', '/tickets/v1/tickets',
    '/slack/api/chat.postMessage'].map((path) => refused(`a stand-in of the recorder’s at ${path}`, ['proof_mismatch', 'policy_denied', 'token_invalid'],
    async (_, world) =>
    world.agent(await standIn(world)).reverse('GET', path))),
  refused('a stand-in as the subject of an exchange', [400, 401, 403], async (agent, world) => told(agent,
    await world.alice.agent.exchange(await standIn(world), 'recorder'))),
  refused('a code that was used already', [400, 401], async (agent, { alice }) => told(agent,
    await alice.agent.token({ grant_type: 'authorization_code', code: 'used', redirect_uri: 'http://127.0.0.1/callback', code_verifier: alice.agent.verifier }))),
  ...['password', 'client_credentials', 'implicit', 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'urn:ietf:params:oauth:grant-type:saml2-bearer',
    '__proto__'].map((grant) =>
    refused(`the grant ${grant}`, [400, 401], async (agent, { alice }) => told(agent,
      await alice.agent.token({ grant_type: grant, username: 'alice', password: 'x', scope: 'github:pulls:read', assertion: alice.access })))),
]

async function standIn({ alice }: HostileWorld): Promise<string> {
  const { status, body } = await alice.agent.exchange(alice.access, 'recorder')
  if (status !== 200) throw new Error(`no stand-in: ${status} ${JSON.stringify(body)}`)
  return String(body['access_token'])
}

function told(agent: TestAgent, { status, body }: { readonly status: number; readonly body: Readonly<Record<string, unknown>> }): Answer {
  agent.seen.push(Buffer.from(JSON.stringify(body)))
  return { status, fields: [], body: JSON.stringify(body), code: undefined, whole: true }
}

/** An upstream that sends the agent, or us, somewhere else. */
const AWAY = ['https://evil.example/', 'http://evil.example:PORT/steal', '//evil.example:PORT/', 'http://127.0.0.1:PORT/',
  'http://169.254.169.254/latest/meta-data', 'https://api.github.com/user', '/v1/other', '../../..', 'https://recorder.internal:8443/', 'file:///etc/passwd',
  'javascript:alert(1)', 'http://recorder.internal/v1/a']
const redirects: readonly Attack[] = AWAY.flatMap((place) => [301, 302, 303, 307, 308].map((status) => harmless(`${status} to ${place}`,
  async (agent, { recorder, attacker }) => {
  recorder.respond = (socket) => void socket.write(`HTTP/1.1 ${status} Moved\r\nLocation: ${place.replace('PORT', String(attacker.port))}\r\nRefresh: 0; url=${place}\r\nContent-Length: 0\r\n\r\n`)
  return agent.reverse(status === 307 ? 'POST' : 'GET', '/recorder/v1/away', status === 307 ? { body: '{}' } : {})
}, [status])))

/** Fields by which an upstream could lead around the proxy, or leave a session behind. */
const lures: readonly Attack[] = ['Alt-Svc: h3="evil.example:443"', 'Alt-Svc: h2=":8443"; ma=99999', 'Set-Cookie: session=upstream', 'Set-Cookie2: a=b',
  'Proxy-Authenticate: Basic realm="give"', 'Proxy-Authorization: Basic x', 'Proxy-Connection: keep-alive', 'Upgrade: h2c', 'Alternate-Protocol: 443:quic',
  'NEL: {"report_to":"evil"}', 'Report-To: {"endpoints":[{"url":"https://evil.example"}]}', 'Reporting-Endpoints: a="https://evil.example"'].map((field) =>
  harmless(`the answer’s ${field}`, async (agent, { recorder }) => {
    recorder.respond = (socket) => void socket.write(`HTTP/1.1 200 OK\r\n${field}\r\nContent-Length: 2\r\n\r\nok`)
    const answer = await agent.reverse('GET', '/recorder/v1/lure')
    const name = field.slice(0, field.indexOf(':')).toLowerCase()
    return { ...answer, status: answer.fields.some(([one]) => one === name) ? 599 : answer.status }
  }))

export const posternAttacks: readonly AttackFamily[] = [
  { family: 'the admin API and the pages', attacks: admin },
  { family: 'the operations port', attacks: operations },
  { family: 'exchanges and grants', attacks: exchanges },
  { family: 'redirects', attacks: redirects },
  { family: 'fields of an answer', attacks: lures },
]
