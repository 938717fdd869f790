import { array, assert, constantFrom, oneof, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CanonicalRequest } from '../../src/http/request.ts'
import { describeGithub } from '../../src/integrations/github/github.ts'
import type { Match, Origin } from '../../src/integrations/integration.ts'
import { matchRequest } from '../../src/integrations/match-request.ts'
import { isDenial, type Denial } from '../../src/model/denial.ts'
import type { Operation } from '../../src/model/operation.ts'
import { canonical } from '../integrations/github/request.ts'

const at = (host: string, basePath = ''): Origin => ({ scheme: 'https', host, port: 443, basePath })
const cloud = describeGithub({ name: 'github', api: at('api.github.com'), uploads: at('uploads.github.com'), git: at('github.com') })
const server = describeGithub({ name: 'ghe', api: at('ghe.acme.com', '/api/v3'), uploads: at('ghe.acme.com', '/api/uploads'), git: at('ghe.acme.com') })
const without = describeGithub({ name: 'github', api: at('api.github.com'), uploads: undefined })

const UPLOAD = 'application/x-git-upload-pack-request'
const RECEIVE = 'application/x-git-receive-pack-request'
const WRITE = [['contents:write', 'workflows:write'], ['contents:write']]

/** What a rule would declare of anything that may be declared at all. */
const DECLARED: Operation = { integration: 'github', name: 'declared', access: 'read', alternatives: [[]], targets: { kind: 'none' }, parameters: {} }

function judged(line: string, contentType?: string, integration = cloud): Match | Denial {
  const request: CanonicalRequest = { ...canonical(line), contentType }
  return matchRequest(integration, request, () => DECLARED)
}

function operation(line: string, contentType?: string, integration = cloud): Operation {
  const match = judged(line, contentType, integration)
  if (isDenial(match)) throw new Error(`${match.denial}: ${match.detail}`)
  return match.operation
}

const G = 'https://github.com'

describe('what git asks for', () => {
  it.each([
    [`GET ${G}/acme/api.git/info/refs?service=git-upload-pack`, undefined, 'GET /{owner}/{repo}.git/info/refs?service=git-upload-pack', 'read', [['contents:read']]],
    [`GET ${G}/acme/api/info/refs?service=git-upload-pack`, undefined, 'GET /{owner}/{repo}.git/info/refs?service=git-upload-pack', 'read', [['contents:read']]],
    [`POST ${G}/acme/api.git/git-upload-pack`, UPLOAD, 'POST /{owner}/{repo}.git/git-upload-pack', 'read', [['contents:read']]],
    [`POST ${G}/acme/api/git-upload-pack`, UPLOAD, 'POST /{owner}/{repo}.git/git-upload-pack', 'read', [['contents:read']]],
    [`GET ${G}/acme/api.git/info/refs?service=git-receive-pack`, undefined, 'GET /{owner}/{repo}.git/info/refs?service=git-receive-pack', 'write', WRITE],
    [`POST ${G}/acme/api.git/git-receive-pack`, RECEIVE, 'POST /{owner}/{repo}.git/git-receive-pack', 'write', WRITE],
  ])('%s', (line, type, name, access, alternatives) => {
    const found = operation(line, type)
    expect([found.name, found.access, found.alternatives, found.targets]).toEqual([name, access, alternatives, { kind: 'named', names: ['acme/api'] }])
  })

  it.each([
    ['Acme-Corp/Backend.git', 'acme-corp/backend'],
    ['acme_ent/my.repo.git', 'acme_ent/my.repo'],
    ['acme/.github', 'acme/.github'],
    ['acme/git-upload-pack', 'acme/git-upload-pack'],
    ['repos/acme', 'repos/acme'],
  ])('of %s acts on %s', (path, target) => {
    expect(operation(`GET ${G}/${path}/info/refs?service=git-upload-pack`).targets).toEqual({ kind: 'named', names: [target] })
  })

  it('is told apart from the API of an Enterprise Server at the same host', () => {
    expect(operation('GET https://ghe.acme.com/acme/api.git/info/refs?service=git-upload-pack', undefined, server).access).toBe('read')
    expect(operation('GET https://ghe.acme.com/api/v3/repos/acme/api', undefined, server).name).toBe('GET /repos/{owner}/{repo}')
    // Below `/api` nothing is a repository, whatever it looks like.
    expect(judged('GET https://ghe.acme.com/api/v3/info/refs?service=git-upload-pack', undefined, server)).toMatchObject({ operation: DECLARED })
    expect(judged('GET https://ghe.acme.com/api/graphql.git/info/refs?service=git-upload-pack', undefined, server)).toMatchObject({ operation: DECLARED })
  })
})

describe('what else stands at git’s host', () => {
  it.each([
    [`GET ${G}/acme/api.git/info/refs`, 'operation_unknown', 'git’s older protocol, which names no service'],
    [`GET ${G}/acme/api.git/info/refs?`, 'operation_unknown', 'git’s older protocol, which names no service'],
    [`GET ${G}/acme/api.git/HEAD`, 'operation_unknown', 'a file of git’s older protocol'],
    [`GET ${G}/acme/api.git/objects/info/packs`, 'operation_unknown', 'a file of git’s older protocol'],
    [`GET ${G}/acme/api.git/info/refs?service=git-upload-archive`, 'operation_unknown', 'a service that is neither git-upload-pack nor git-receive-pack'],
    [`GET ${G}/acme/api.git/info/refs?service=git-upload-pack&service=git-receive-pack`, 'operation_unknown', 'a service that is neither git-upload-pack nor git-receive-pack'],
    [`GET ${G}/acme/api.git/info/refs?service=git%2Dreceive-pack`, 'operation_unknown', 'a service that is neither git-upload-pack nor git-receive-pack'],
    [`GET ${G}/acme/api.git/info/refs?x=1&service=git-upload-pack`, 'operation_unknown', 'a service that is neither git-upload-pack nor git-receive-pack'],
    [`HEAD ${G}/acme/api.git/info/refs?service=git-upload-pack`, 'operation_unknown', 'references asked for by another method than GET'],
    [`GET ${G}/acme/api.git/git-upload-pack`, 'operation_unknown', 'a service of git’s by another method than POST, or with a query'],
    [`POST ${G}/acme/api.git/git-upload-pack?service=git-receive-pack`, 'operation_unknown', 'a service of git’s by another method than POST, or with a query'],
    [`POST ${G}/acme/api.git/git-upload-pack`, 'operation_unknown', 'a body of another type than the service takes'],
    [`POST ${G}/acme/api.git/info/lfs/objects/batch`, 'operation_unknown', 'Git LFS'],
    [`GET ${G}/acme/api.git/info/lfs/locks`, 'operation_unknown', 'Git LFS'],
    [`GET ${G}/acme/api.wiki.git/info/refs?service=git-upload-pack`, 'operation_unknown', 'the wiki of a repository'],
    [`GET ${G}/acme/api.git.git/info/refs?service=git-upload-pack`, 'path_refused', 'a repository name with the ending .git, or with that ending in capitals'],
    [`GET ${G}/acme/api.GIT/info/refs?service=git-upload-pack`, 'path_refused', 'a repository name with the ending .git, or with that ending in capitals'],
    [`GET ${G}/acme/.git/info/refs?service=git-upload-pack`, 'path_refused', 'a repository name with the ending .git, or with that ending in capitals'],
    [`GET ${G}/acme/a%70i.git/info/refs?service=git-upload-pack`, 'path_refused', 'an owner or a repository that GitHub cannot have'],
    [`GET ${G}/ac.me/api.git/info/refs?service=git-upload-pack`, 'path_refused', 'an owner or a repository that GitHub cannot have'],
    [`GET ${G}/acme/api;x=.git/info/refs?service=git-upload-pack`, 'path_refused', 'an owner or a repository that GitHub cannot have'],
    [`GET ${G}/`, 'operation_unknown', 'a path on git’s host that names no repository'],
    [`GET ${G}/acme`, 'operation_unknown', 'a path on git’s host that names no repository'],
    [`GET ${G}/acme/api`, 'operation_unknown', 'neither clone, fetch nor push'],
    [`GET ${G}/acme/api.git`, 'operation_unknown', 'neither clone, fetch nor push'],
    [`GET ${G}/acme/api/archive/refs/heads/main.zip`, 'operation_unknown', 'neither clone, fetch nor push'],
    [`GET ${G}/acme/api/raw/main/secret.txt`, 'operation_unknown', 'neither clone, fetch nor push'],
    [`GET ${G}/acme/api.git//info/refs?service=git-upload-pack`, 'operation_unknown', 'neither clone, fetch nor push'],
    [`GET ${G}/acme/x/api.git/info/refs?service=git-upload-pack`, 'operation_unknown', 'neither clone, fetch nor push'],
    [`POST ${G}/login/oauth/access_token`, 'operation_unknown', 'neither clone, fetch nor push'],
    [`GET ${G}/repos/acme/api`, 'operation_unknown', 'neither clone, fetch nor push'],
  ])('%s is %s, and no rule can declare it', (line, code, detail) => {
    expect(judged(line)).toMatchObject({ denial: code, detail })
  })

  it.each([
    ['a push’s body sent to the service that reads', `POST ${G}/acme/api.git/git-upload-pack`, RECEIVE],
    ['a fetch’s body sent to the service that writes', `POST ${G}/acme/api.git/git-receive-pack`, UPLOAD],
    ['a form', `POST ${G}/acme/api.git/git-receive-pack`, 'application/x-www-form-urlencoded'],
  ])('%s is refused', (_, line, type) => {
    expect(judged(line, type)).toMatchObject({ denial: 'operation_unknown', detail: 'a body of another type than the service takes' })
  })

  it('tells of LFS what would help', () => {
    expect(judged(`POST ${G}/acme/api.git/info/lfs/objects/batch`)).toMatchObject({ hint: expect.stringContaining('GIT_LFS_SKIP_SMUDGE=1') })
  })
})

describe('the API beside it', () => {
  it('knows no git, and says what would have it', () => {
    expect(cloud.catalogue.match(canonical('GET /acme/api.git/info/refs?service=git-upload-pack'))).toMatchObject({ denial: 'operation_unknown' })
    expect(without.catalogue.match(canonical('GET /acme/api.git/info/refs?service=git-upload-pack'))).toMatchObject({
      denial: 'operation_unknown', hint: 'git over HTTPS is served once the integration has a git_origin.',
    })
  })

  it('still lets rules declare what the catalogue does not know', () => {
    expect(judged('GET https://api.github.com/unheard/of')).toMatchObject({ operation: DECLARED })
  })

  it('has the one list of hosts', () => {
    expect(cloud.origins.map(({ host }) => host)).toEqual(['api.github.com', 'uploads.github.com', 'github.com'])
    expect(server.origins).toEqual([{ ...at('ghe.acme.com', '/api/v3'), http2: false }])
    expect(without.origins).toEqual([at('api.github.com')])
  })
})

describe('in reverse mode', () => {
  it.each([
    ['GET', '/acme/api.git/info/refs', 'github.com'],
    ['GET', '/acme/api/info/refs', 'github.com'],
    ['POST', '/acme/api.git/git-upload-pack', 'github.com'],
    ['POST', '/acme/api/git-receive-pack', 'github.com'],
    ['POST', '/acme/api.git/info/lfs/objects/batch', 'github.com'],
    ['GET', '/acme/api.git/HEAD', 'github.com'],
    ['GET', '/acme/api.git', 'github.com'],
    ['GET', '/repos/acme/api', undefined],
    ['GET', '/repos/acme/git-upload-pack', undefined],
    ['POST', '/repos/acme/api/git/refs', undefined],
    ['GET', '/repos/acme/api/contents/.git/info/refs', undefined],
    ['GET', '/repos/acme/api.git/info/refs', undefined],
    ['GET', '/repos/acme/api/git/ref/info/refs', undefined],
  ])('%s %s is for %s', (method, path, host) => {
    expect(cloud.reverseOrigin?.(method, path)?.host).toBe(host)
  })

  it('nothing that the API knows is taken for git', () => {
    const paths = [...cloud.vocabulary.operations()].map(({ name }) => name).filter((name) => !name.includes('.git/'))
    const strays = paths.filter((name) => {
      const [method = '', path = ''] = name.split(' ')
      return cloud.reverseOrigin?.(method, path.replaceAll(/\{\w+\}/g, 'x')) !== undefined
    })
    expect(paths.length).toBeGreaterThan(900)
    expect(strays).toEqual([])
  })
})

describe('of every path at git’s host', () => {
  const segment = oneof(
    constantFrom('info', 'refs', 'git-upload-pack', 'git-receive-pack', 'acme', 'api.git', 'api', '.git', 'x.git.git', 'lfs', 'objects', '..', '%2e', 'repos'),
    string({ unit: constantFrom('a', 'B', '.', 'g', 'i', 't', '%', '2', '/', '-', '_', ';'), maxLength: 8 }),
  )
  const path = array(segment, { maxLength: 6 }).map((segments) => `/${segments.join('/')}`)
  const query = constantFrom('', '?service=git-upload-pack', '?service=git-receive-pack', '?service=x', '?service=git-upload-pack&service=git-receive-pack')
  const method = constantFrom('GET', 'POST', 'HEAD', 'PUT', 'DELETE')

  it('what is accepted is one of the four, with one target that the path names; never a write as a read', () => {
    assert(property(method, path, query, constantFrom(undefined, UPLOAD, RECEIVE), (verb, text, search, type) => {
      const match = judged(`${verb} ${G}${text}${search}`, type)
      if (isDenial(match)) return
      const { access, name, targets } = match.operation
      const writes = (search === '' ? text : search).endsWith('receive-pack')
      expect(access).toBe(writes ? 'write' : 'read')
      expect(name).toMatch(/^(?:GET|POST) \/\{owner\}\/\{repo\}\.git\/(?:info\/refs\?service=)?git-(?:upload|receive)-pack$/)
      const [owner = '', repo = ''] = text.slice(1).split('/')
      expect(targets).toEqual({ kind: 'named', names: [`${owner}/${repo.replace(/\.git$/, '')}`.toLowerCase()] })
    }), { numRuns: 3_000 })
  })
})
