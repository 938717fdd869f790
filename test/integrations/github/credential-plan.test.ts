import { describe, expect, it } from 'vitest'
import type { CredentialPlan } from '../../../src/integrations/github/credential-plan.ts'
import { planCredential } from '../../../src/integrations/github/credential-plan.ts'
import { ENDPOINTS } from '../../../src/integrations/github/endpoint.ts'
import type { CredentialOrder } from '../../../src/integrations/issuer.ts'
import { isDenial } from '../../../src/model/denial.ts'
import type { Targets } from '../../../src/model/operation.ts'
import { orderOf } from './order.ts'

function plan(changes: Partial<CredentialOrder>): CredentialPlan {
  const planned = planCredential(orderOf(changes))
  if (isDenial(planned)) throw new Error(planned.detail)
  return planned
}

function named(...names: readonly string[]): Targets {
  return { kind: 'named', names }
}

describe('the token that an order comes down to', () => {
  it('has the one repository and the decided permissions', () => {
    const planned = plan({ scopes: ['pull_requests:read', 'contents:read', 'contents:write'] })
    expect(planned).toMatchObject({ owner: 'acme', repositories: ['api'], narrowedBy: 'upstream' })
    expect([...planned.permissions]).toEqual([['contents', 'write'], ['pull_requests', 'read']])
  })

  it('has no repository where only the organisation is meant, and then organisation permissions alone', () => {
    expect(plan({ scopes: ['members:read', 'organization_hooks:read'], targets: named('acme') })).toMatchObject({ owner: 'acme', repositories: [] })
    expect(plan({ scopes: ['metadata:read'], targets: named('acme') })).toMatchObject({ owner: 'acme', repositories: [] })
  })

  it('has the repository where a team is given one', () => {
    const planned = plan({ scopes: ['administration:write', 'members:read'], targets: named('acme', 'acme/api') })
    expect(planned).toMatchObject({ owner: 'acme', repositories: ['api'] })
  })

  it('has only the repository that is there already, where the body names the one to come', () => {
    const operation = 'PATCH /repos/{owner}/{repo}'
    const planned = plan({ operation, scopes: ['administration:write'], targets: named('acme/api', 'acme/new') })
    expect(planned.repositories).toEqual(['api'])
  })

  it('has metadata alone where nothing is needed, since no permission would mean every permission', () => {
    const planned = plan({ operation: 'GET /rate_limit', scopes: [], targets: { kind: 'none' } })
    expect([planned.owner, [...planned.permissions], planned.narrowedBy]).toEqual([undefined, [['metadata', 'read']], 'proxy'])
    expect([...plan({ scopes: [] }).permissions]).toEqual([['metadata', 'read']])
  })

  it.each<[string, Partial<CredentialOrder>, string]>([
    ['acting by a person’s authority', { authority: 'person' }, 'authority_insufficient'],
    ['an operation for people only', { operation: 'GET /user/emails', scopes: ['emails:read'], targets: { kind: 'none' } }, 'credential_refused'],
    ['an unresolved target', { targets: { kind: 'unresolved', reason: 'x' } }, 'credential_refused'],
    ['targets of two owners', { targets: named('acme/api', 'evil/api') }, 'credential_refused'],
    ['a fork into another organisation', {
      operation: 'POST /repos/{owner}/{repo}/forks', scopes: ['administration:write', 'contents:read'], targets: named('acme/api', 'evil/api'),
    }, 'credential_refused'],
    ['a repository permission over a whole organisation', { scopes: ['contents:read'], targets: named('acme') }, 'credential_refused'],
    ['a mix of both over a whole organisation', { scopes: ['members:read', 'contents:read'], targets: named('acme') }, 'credential_refused'],
    ['scopes without any target', { scopes: ['contents:read'], targets: { kind: 'none' } }, 'credential_refused'],
    ['organisation scopes without any target', { scopes: ['members:read'], targets: { kind: 'none' } }, 'credential_refused'],
    ['a new repository', { operation: 'POST /orgs/{org}/repos', scopes: ['administration:write'], targets: named('acme', 'acme/new') }, 'credential_refused'],
    ['something that is no scope', { scopes: ['everything'] }, 'credential_refused'],
    ['too many repositories', { targets: named(...Array.from({ length: 51 }, (_, at) => `acme/r${at}`)) }, 'credential_refused'],
  ])('is refused for %s', (_, changes, code) => {
    const planned = planCredential(orderOf(changes))
    expect(isDenial(planned) && planned.denial).toBe(code)
  })

  it('is refused for every operation that GitHub keeps for people', () => {
    const forPeople = [...ENDPOINTS.values()].filter((one) => !one.installationToken)
    expect(forPeople).toHaveLength(96)
    for (const { name } of forPeople) expect(planCredential(orderOf({ operation: name }))).toMatchObject({ denial: 'credential_refused' })
  })

  it('never leaves the list of repositories out for a permission that GitHub’s table knows on repositories', () => {
    const sets = [...ENDPOINTS.values()]
      .filter((one) => one.path.startsWith('/repos/'))
      .flatMap((one) => one.alternatives)
      .filter((scopes) => scopes.some((scope) => scope !== 'metadata:read'))
    expect(sets.length).toBe(499)
    const issued = sets.filter((scopes) => !isDenial(planCredential(orderOf({ scopes, targets: named('acme') }))))
    expect(issued).toEqual([])
  })
})
