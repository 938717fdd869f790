import { request as httpsRequest } from 'node:https'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seedRepositories } from '../../../src/demo/github/seed.ts'
import { startGithub, type Github } from '../../../src/demo/github/start-github.ts'
import { githubIntegration } from '../../../src/integrations/github/github.ts'
import type { Issuer } from '../../../src/integrations/issuer.ts'
import type { UpstreamHttp } from '../../../src/integrations/upstream-http.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { isDenial } from '../../../src/model/denial.ts'
import { orderOf } from './order.ts'

let github: Github
let issuer: Issuer
const signal = new AbortController().signal

/** The port over TLS, trusting the stand-in's authority and no other. */
const overTls: UpstreamHttp = (request) =>
  new Promise((resolve, reject) => {
    const { method, url, headers, body } = request
    const call = httpsRequest(url, { method, headers: { ...headers }, ca: github.caPem, agent: false }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers as Record<string, string>, body: Buffer.concat(chunks).toString() }))
    })
    call.on('error', reject)
    call.end(body)
  })

function repositoryOf(id: number): string {
  const found = seedRepositories(0).find((one) => one.id === id)
  if (found === undefined) throw new Error(`the stand-in has no repository ${id}`)
  return `${found.owner.login}/${found.name}`.toLowerCase()
}

beforeAll(async () => {
  github = await startGithub()
  const api = { scheme: 'https', host: 'localhost', port: github.port, basePath: '' } as const
  const app = { id: String(github.app.id), privateKey: new Secret(github.app.privateKeyPem), installationId: undefined }
  issuer = githubIntegration({ name: 'github', api, uploads: undefined, app, http: overTls, clock: systemClock }).issuer
})

afterAll(() => github.close())

describe('against the stand-in for GitHub', () => {
  it('a token can read the pull requests of the one repository, and is dead once ended', async () => {
    const issuance = await issuer.issue(orderOf({ targets: { kind: 'named', names: [repositoryOf(1001)] } }), signal)
    if (isDenial(issuance)) throw new Error(`${issuance.denial}: ${issuance.detail}`)
    expect(github.liveTokens()).toMatchObject([{ repositories: [repositoryOf(1001)], permissions: { metadata: 'read', pull_requests: 'read' } }])
    await issuer.revoke?.(issuance.secret, signal)
    expect(github.liveTokens()).toEqual([])
    await issuer.revoke?.(issuance.secret, signal)
  })

  it('a permission that the installation lacks is refused by name', async () => {
    const targets = { kind: 'named', names: [repositoryOf(2001)] } as const
    const denial = await issuer.issue(orderOf({ scopes: ['contents:write'], targets }), signal)
    expect(denial).toMatchObject({ denial: 'credential_refused', missingScopes: ['contents:write'] })
  })

  it('a repository that the app cannot see is not connected', async () => {
    const denial = await issuer.issue(orderOf({ targets: { kind: 'named', names: ['nobody/nothing'] } }), signal)
    expect(denial).toMatchObject({ denial: 'connection_required' })
    expect(github.problems).toEqual([])
  })
})
