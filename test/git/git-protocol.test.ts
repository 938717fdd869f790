import { describe, expect, it } from 'vitest'
import { describeGithub } from '../../src/integrations/github/github.ts'
import { IntegrationIndex } from '../../src/integrations/integration-index.ts'
import type { Origin } from '../../src/integrations/integration.ts'
import { connectGate } from '../../src/proxy/connect-gate.ts'
import { principal } from '../issuance/fixture.ts'

const at = (host: string, basePath = ''): Origin => ({ scheme: 'https', host, port: 443, basePath })
const cloud = describeGithub({ name: 'github', api: at('api.github.com'), uploads: at('uploads.github.com'), git: at('github.com') })
const server = describeGithub({ name: 'ghe', api: at('ghe.acme.com', '/api/v3'), uploads: at('ghe.acme.com', '/api/uploads'), git: at('ghe.acme.com') })
const noGit = describeGithub({ name: 'plain', api: at('ghe.other.com', '/api/v3'), uploads: undefined })

const gate = connectGate({
  identify: () => principal(), integrations: new IntegrationIndex([cloud, server, noGit]), clock: { nowMs: () => 0, monotonicMs: () => 0 }, unmatched: 'deny', admit: () => undefined,
})
const PROOFS = { token: undefined, delegationToken: undefined, certificate: undefined, bound: undefined }

describe('a tunnel to a GitHub’s host', () => {
  it.each([
    ['github.com', 'intercept_http1', 'git'], ['api.github.com', 'intercept', 'the API'], ['uploads.github.com', 'intercept', 'release assets'],
    ['ghe.acme.com', 'intercept_http1', 'git and the API of an Enterprise Server'], ['ghe.other.com', 'intercept', 'an Enterprise Server without git'],
  ])('%s: %s, for %s', async (host, verdict) => {
    expect(await gate({ host, port: 443, proofs: PROOFS, connection: { place: undefined, onClose: () => undefined } })).toBe(verdict)
  })
})
