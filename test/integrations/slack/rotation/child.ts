import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { slackIntegration } from '../../../../src/integrations/slack/slack-integration.ts'
import type { CredentialOrder } from '../../../../src/integrations/issuer.ts'
import type { UpstreamHttp } from '../../../../src/integrations/upstream-http.ts'
import { Secret } from '../../../../src/lib/secret.ts'
import { isDenial } from '../../../../src/model/denial.ts'
import type { AgentId } from '../../../../src/model/ids.ts'
import { openSqliteStore } from '../../../../src/store/sqlite/open-sqlite-store.ts'
import { allowingDecision } from '../../../support/decision.ts'

/** What the parent writes for its children. */
export interface ChildSettings {
  readonly storePath: string
  readonly key: string
  readonly gatePort: number
  readonly clientId: string
  readonly clientSecret: string
  readonly refreshToken: string
  readonly refreshTimeoutMs: number
  readonly leaseMs: number
}

/** A process that renews the token as fast as it can, and says a line for each token that Slack took. It is there to be killed. */
async function main(name: string, settings: ChildSettings): Promise<void> {
  const store = await openSqliteStore({ path: settings.storePath, keys: [new Secret(settings.key)] })
  const origin = { scheme: 'http', host: '127.0.0.1', port: settings.gatePort, basePath: '' } as const
  const { issuer } = slackIntegration({
    name: 'slack',
    origins: { api: origin, upload: origin },
    credential: { clientId: settings.clientId, clientSecret: new Secret(settings.clientSecret), refreshToken: new Secret(settings.refreshToken) },
    store,
    http: sendAs(name),
    onReauthRequired: () => undefined,
    // Every stored token counts as expired, so that each issuance renews and no old token hides a loss.
    times: { refreshAheadMs: 13 * 3_600_000, refreshAheadShare: 2, marginMs: 13 * 3_600_000, refreshTimeoutMs: settings.refreshTimeoutMs, leaseMs: settings.leaseMs, pollMs: 10, firstBackoffMs: 20 },
  })
  const stop = new AbortController()
  process.stdin.on('data', () => stop.abort())
  let failures = 0
  while (!stop.signal.aborted) {
    try {
      const issued = await issuer.issue(ORDER, AbortSignal.timeout(30_000))
      if (isDenial(issued)) return say(issued.denial)
      // The other process may have renewed twice meanwhile, which ends this token.
      failures = (await isTaken(settings.gatePort, issued.secret)) ? 0 : failures + 1
      if (failures === 0) say('ok')
      if (failures > 5) return say('token_not_taken')
    } catch {
      await pause(20)
    }
  }
  await store.close()
  say('stopped')
}

const ORDER: CredentialOrder = {
  principal: { agent: 'agent:child' as AgentId, agentName: 'child', identifiedBy: 'bound', delegation: undefined },
  integration: 'slack',
  operation: 'chat.postMessage',
  scopes: ['chat:write'],
  targets: { kind: 'named', names: ['C0123'] },
  expiresInMs: 600_000,
  authority: 'organisation',
  decision: allowingDecision(),
}

function sendAs(name: string): UpstreamHttp {
  return async (request, signal) => {
    const answer = await fetch(request.url, { method: request.method, headers: { ...request.headers, 'x-child': name }, body: request.body ?? null, signal })
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() }
  }
}

async function isTaken(port: number, token: Secret): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/auth.test`, { method: 'POST', headers: { authorization: `Bearer ${token.reveal()}` } })
  const body = (await answer.json()) as { ok: boolean }
  return body.ok
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

await main(process.argv[2] ?? '', JSON.parse(readFileSync(process.argv[3] ?? '', 'utf8')) as ChildSettings)
process.exit(0)
