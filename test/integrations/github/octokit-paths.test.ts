import { Octokit } from '@octokit/rest'
import { describe, expect, it } from 'vitest'
import { githubCatalogue } from '../../../src/integrations/github/catalogue.ts'
import { ENDPOINTS } from '../../../src/integrations/github/endpoint.ts'
import { isDenial } from '../../../src/model/denial.ts'
import { canonical } from './request.ts'

interface OctokitMethod {
  readonly endpoint: ((parameters: Record<string, unknown>) => { readonly method: string; readonly url: string }) & {
    readonly DEFAULTS: { readonly method: string; readonly url: string }
  }
}

const octokit = new Octokit()
const catalogue = githubCatalogue({ integration: 'github', apiPrefix: '', uploads: { host: 'uploads.github.com', prefix: '' } })

/** Every REST method of Octokit, with the operation that it documents. */
const methods = Object.values(octokit.rest as unknown as Record<string, Record<string, OctokitMethod>>)
  .flatMap((group) => Object.values(group))
  .map((method) => ({ method, name: `${method.endpoint.DEFAULTS.method} ${method.endpoint.DEFAULTS.url.replace(/^https:\/\/[^/]+|\{\?[^}]*\}/g, '')}` }))

const SIMPLE: Readonly<Record<string, string>> = { security_product: 'secret_scanning', enablement: 'disable_all', archive_format: 'zip' }
/** What people really call things, where slashes and percent signs are allowed. */
const AWKWARD: Readonly<Record<string, string>> = {
  ...SIMPLE, path: 'src/50% off/café #1?.ts', ref: 'heads/fix/100%', branch: 'fix/a b', name: '100% area/ci', tag: 'v1/2', dir: 'docs/a b',
  basehead: 'main...user:fix/x', environment_name: 'prod/eu', subject_digest: 'sha256:abc', username: 'dependabot[bot]', assignee: 'octo-cat',
}

function parametersOf(name: string, values: Readonly<Record<string, string>>): Record<string, unknown> {
  const names = [...name.matchAll(/\{([^}]+)\}/g)].map((match) => match[1] as string)
  return Object.fromEntries(names.map((one) => [one, values[one] ?? (/_(?:id|number)$/.test(one) ? 4711 : `a-${one}`.replaceAll('_', '-'))]))
}

function misread(values: Readonly<Record<string, string>>): readonly string[] {
  return methods.filter(({ name }) => ENDPOINTS.has(name)).flatMap(({ method, name }) => {
    const { method: verb, url } = method.endpoint(parametersOf(name, values))
    const match = catalogue.match(canonical(`${verb} ${url}`))
    const read = isDenial(match) ? match.denial : match.operation.name
    return read === name ? [] : [`${name} as ${read}: ${url}`]
  })
}

describe('what Octokit sends', () => {
  it('is read as the operation that Octokit means', () => {
    expect(methods.filter(({ name }) => ENDPOINTS.has(name)).length).toBeGreaterThan(700)
    expect(misread(SIMPLE)).toEqual([])
  })

  it('is read so with names that have to be encoded, too', () => {
    expect(misread(AWKWARD)).toEqual([])
  })

  it('is unknown where GitHub names no permission and nobody reviewed it, and nothing else passes for it', () => {
    const known = methods.filter(({ name }) => !ENDPOINTS.has(name)).flatMap(({ method, name }) => {
      const { method: verb, url } = method.endpoint(parametersOf(name, SIMPLE))
      const match = catalogue.match(canonical(`${verb} ${url}`))
      return isDenial(match) ? [] : [`${name} as ${match.operation.name}`]
    })
    // One and the same endpoint, documented under two names.
    expect(known).toEqual(['GET /repos/{owner}/{repo}/compare/{base}...{head} as GET /repos/{owner}/{repo}/compare/{basehead}'])
  })
})
