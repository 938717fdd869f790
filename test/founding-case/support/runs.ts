import { randomBytes, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import { approvedRun, OauthAgent, type WorldBrowser } from '../../support/authority-world.ts'

/** What each agent asks of a person. */
export const ASKED = {
  'pr-reviewer': [
    { integration: 'github', scopes: ['pulls:read', 'pulls:write'], targets: ['acme-corp/*'] },
    { integration: 'slack', scopes: ['chat:write'], targets: ['C0CODEREVIEW'] },
    { integration: 'tickets', scopes: ['tickets:read', 'comments:create'], targets: ['*'] },
  ],
  'issue-triage': [
    { integration: 'github', scopes: ['issues:read', 'issues:write'], targets: ['acme-corp/*'] },
    { integration: 'tickets', scopes: ['tickets:read', 'comments:create'], targets: ['*'] },
  ],
  'release-notes': [
    { integration: 'github', scopes: ['contents:read', 'pulls:read'], targets: ['acme-corp/*'] },
    { integration: 'tickets', scopes: ['tickets:read'], targets: ['*'] },
  ],
} as const
export type Delegate = keyof typeof ASKED

/** The agent asks, the person approves all of it. @returns its delegation token */
export async function approve(url: string, browser: WorldBrowser, agent: Delegate): Promise<string> {
  return (await approvedRun({ url }, browser, agent, ASKED[agent])).access
}

/** The pipeline's own token: client credentials, proved by its key (RFC 7523). */
export async function pipelineToken(url: string, privateKey: KeyObject): Promise<string> {
  const nowS = Math.floor(Date.now() / 1000)
  const assertion = await new SignJWT({ iss: 'ci-pipeline', sub: 'ci-pipeline', aud: url, jti: randomBytes(12).toString('hex'), iat: nowS, exp: nowS + 60 })
    .setProtectedHeader({ alg: 'ES256' }).sign(privateKey)
  const { status, body } = await new OauthAgent(url, 'ci-pipeline').token({
    grant_type: 'client_credentials', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: assertion,
  })
  if (status !== 200) throw new Error(`no token for the pipeline: ${status} ${JSON.stringify(body)}`)
  return String(body['access_token'])
}
