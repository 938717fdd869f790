import { describe, expect, it } from 'vitest'
import { githubCatalogue } from '../../../src/integrations/github/catalogue.ts'
import { ENDPOINT_FACTS, ENDPOINTS, endpoints } from '../../../src/integrations/github/endpoint.ts'
import { NEED_FAMILIES, WRITES_WITH_READ_SCOPE } from '../../../src/integrations/github/reviewed-needs.ts'
import { UNLISTED_OPERATIONS } from '../../../src/integrations/github/unlisted-operations.ts'
import { isDenial } from '../../../src/model/denial.ts'
import { canonical } from './request.ts'

const catalogue = githubCatalogue({ integration: 'github', apiPrefix: '', uploads: undefined })
const several = ENDPOINT_FACTS.filter((one) => one.scopes.length > 1)

const VALUES: Readonly<Record<string, string>> = {
  security_product: 'dependabot_alerts', enablement: 'enable_all', basehead: 'main...fix', archive_format: 'zip', path: 'src/index.ts',
}

/** A path that a client would send: numbers where GitHub has numbers, names elsewhere. */
function concrete(path: string): string {
  return path.replace(/\{([^}]+)\}/g, (_, name: string) => VALUES[name] ?? (/_(?:id|number)$/.test(name) ? '4711' : `a-${name.replaceAll('_', '-')}`))
}

describe('the table of GitHub endpoints', () => {
  it('holds every row of the facts: 968 endpoints, 1041 permissions of endpoints, 77 permissions', () => {
    const scopes = ENDPOINT_FACTS.flatMap((one) => one.scopes)
    expect(new Set(ENDPOINT_FACTS.map((one) => one.name)).size).toBe(968)
    expect(scopes).toHaveLength(1041)
    expect(new Set(scopes.map((scope) => scope.split(':')[0])).size).toBe(77)
    expect(ENDPOINT_FACTS.filter((one) => !one.installationToken)).toHaveLength(96)
  })

  it('gives a reviewed meaning to just the 73 endpoints with several permissions, each once and with a reason', () => {
    const reviewed = NEED_FAMILIES.flatMap((family) => family.endpoints)
    expect(several).toHaveLength(73)
    expect(reviewed.toSorted()).toEqual(several.map((one) => one.name).toSorted())
    expect(NEED_FAMILIES.filter((family) => family.reason.length < 30)).toEqual([])
  })

  it('never allows an endpoint with several permissions that nobody reviewed', () => {
    const unreviewed = endpoints(several, [])
    expect(several.map((one) => unreviewed.get(one.name)?.alternatives)).toEqual(several.map(() => []))
  })

  it('leaves no endpoint without an alternative, and invents no scope', () => {
    const strange = ENDPOINT_FACTS.filter(({ name, scopes }) => {
      const alternatives = ENDPOINTS.get(name)?.alternatives ?? []
      return alternatives.length === 0 || alternatives.some((one) => one.length === 0 || one.some((scope) => !scopes.includes(scope)))
    })
    expect(strange).toEqual([])
  })

  it('takes the access from the permission, not from the verb', () => {
    const others = [...ENDPOINTS.values()].filter(({ access, alternatives }) => {
      const levels = alternatives.flat().map((scope) => scope.split(':')[1])
      return access !== (levels.includes('admin') ? 'admin' : levels.includes('write') ? 'write' : 'read')
    })
    expect(others.map((one) => [one.name, one.access])).toEqual([...WRITES_WITH_READ_SCOPE].map((name) => [name, 'write']))
  })

  it.each([...ENDPOINTS.values()].map((one) => [one.name, one] as const))('reads %s as itself', (_, endpoint) => {
    const match = catalogue.match(canonical(`${endpoint.method} ${concrete(endpoint.path)}`))
    if (isDenial(match)) throw new Error(`${match.denial}: ${match.detail}`)
    expect(match.operation.name).toBe(endpoint.name)
    expect(match.operation.alternatives).toEqual(endpoint.alternatives)
    expect(match.operation.access).toBe(endpoint.access)
    expect(match.operation.integration).toBe('github')
  })

  it('adds no operation that stands in the table already', () => {
    const listed = new Set(ENDPOINT_FACTS.map((one) => one.name))
    expect(UNLISTED_OPERATIONS.filter((one) => listed.has(one.name))).toEqual([])
    expect(ENDPOINTS.size).toBe(968 + UNLISTED_OPERATIONS.length)
  })
})
