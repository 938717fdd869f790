import type { ParameterKind } from '../../src/integrations/matching/parameter.ts'
import { parseTemplate, type PathTemplate } from '../../src/integrations/matching/path-template.ts'
import { PathTrie } from '../../src/integrations/matching/path-trie.ts'
import { isDenial } from '../../src/model/denial.ts'
import { holds, type FuzzTarget } from './fuzz-target.ts'
import { linesOf } from './text-input.ts'

const KINDS: Readonly<Record<string, ParameterKind>> = { owner: 'name', repo: 'name', number: 'number', id: 'number', branch: 'opaque', label: 'opaque' }
const ROUTES = [
  'GET /', 'GET /user', 'GET /users/{user}', 'GET /repos/{owner}/{repo}', 'PATCH /repos/{owner}/{repo}', 'GET /repos/{owner}/{repo}/pulls',
    'GET /repos/{owner}/{repo}/pulls/{number}', 'GET /repos/{owner}/{repo}/pulls/comments', 'GET /repos/{owner}/{repo}/pulls/{number}/files',
  'PUT /repos/{owner}/{repo}/pulls/{number}/merge', 'GET /repos/{owner}/{repo}/contents/{+path}', 'PUT /repos/{owner}/{repo}/contents/{+path}',
    'GET /repos/{owner}/{repo}/branches/{branch}/protection', 'DELETE /repos/{owner}/{repo}/labels/{label}',
    'GET /repos/{owner}/{repo}/issues/{number}/labels/{label}', 'GET /repos/{owner}/{repo}/git/ref/{+path}',
  'GET /things/new', 'GET /things/{name}', 'GET /things/{id}/parts', 'GET /things/{name}/parts/{part}', 'POST /things/{name}', 'GET /files/{+path}',
    'GET /files/of/{user}/all', 'GET /a/b/c', 'GET /a/{x}/c', 'GET /{x}/b/{y}',
].map((route) => {
  const [method = '', text = ''] = route.split(' ')
  return { method, template: parseTemplate(text, (name) => KINDS[name] ?? 'plain'), route }
})

const trie = new PathTrie<string>()
for (const { method, template, route } of ROUTES) trie.add(method, template, route)

/** A method and a path against a table of templates: the same as the plainest of matchers finds, parameters within their kinds. */
export const matcherTarget: FuzzTarget = {
  name: 'matcher',
  covers: ['src/integrations/matching/path-trie.ts', 'src/integrations/matching/path-template.ts', 'src/integrations/matching/parameter.ts'],
  words: ['GET', 'PUT', 'POST', 'PATCH', 'DELETE', '/repos', '/pulls', '/contents', '/branches', '/protection', '/labels', '/git/ref', '/things', '/new',
    '/parts', '/files', '/of', '/all', '/user', '/users', '/acme', '/42', '/007', '%2F', '%2f', '%25', '%2e', '%252F', '%C3%A9', '%00', '%5c', '..', '.', '//',
    '/', ';', '@', '\n', '%41', '%23'],
  seeds: ['GET\n/repos/acme/api/pulls/42', 'GET\n/repos/acme/api/contents/src%2Findex.ts', 'GET\n/repos/acme/api/branches/feature%2Fx/protection',
    'GET\n/things/new', 'GET\n/files/a/b/c', 'DELETE\n/repos/a/b/labels/100%25'],
  run: (input) => {
    const [method = '', rest = ''] = linesOf(input)
    const path = `/${rest.replace(/^\//, '')}`
    const found = trie.match(method, path)
    const expected = plainest(method, path)
    if (isDenial(found)) {
      holds(found.denial === 'path_refused' ? expected !== undefined : expected === undefined, 'no match, where the plainest matcher has one')
      return
    }
    holds(found.value === expected?.route, 'another template than the plainest matcher’s')
    const { template } = expected ?? { template: { parts: [] } }
    const filled = template.parts.map((part) => ('literal' in part ? part.literal : found.parameters[part.parameter])).join('/')
    holds(`/${filled}` === path, 'the parameters do not make up the path')
    for (const part of template.parts) if (!('literal' in part)) checkParameter(found.parameters[part.parameter] ?? '', part.kind)
  },
}

function checkParameter(raw: string, kind: ParameterKind): void {
  holds(kind === 'rest' || (raw !== '' && !raw.includes('/')), 'a parameter over several segments, or none')
  holds(kind !== 'number' || /^[0-9]+$/.test(raw), 'a number that is none')
  holds(kind !== 'name' || /^[A-Za-z0-9._-]+$/.test(raw), 'a target with other characters')
  holds(kind !== 'plain' || !/%(?:2[fF]|25|23|3[fF])/.test(raw), 'an encoded delimiter in a plain parameter')
  let text = raw
  for (let round = 0; round < 8; round += 1) {
    // oxlint-disable-next-line no-control-regex
    holds(!/[\\\x00-\x1f\x7f]/.test(text) && !text.split('/').some((segment) => segment === '.' || segment === '..'),
      'a parameter that decodes to a dot segment, a backslash or a control')
    text = text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  }
}

/** Every template tried one by one; of those that fit, the one that is most literal, from the left. */
function plainest(method: string, path: string): (typeof ROUTES)[number] | undefined {
  const segments = path.slice(1).split('/')
  const fitting = ROUTES.filter((one) => one.method === method && fits(one.template, segments))
  return fitting.toSorted((one, other) => compare(one.template, other.template))[0]
}

function fits({ parts }: PathTemplate, segments: readonly string[]): boolean {
  const last = parts.at(-1)
  const open = last !== undefined && 'kind' in last && last.kind === 'rest'
  if (open ? segments.length < parts.length : segments.length !== parts.length) return false
  return parts.every((part, at) => {
    const segment = segments[at] ?? ''
    if ('literal' in part) return part.literal === segment
    return part.kind === 'rest' || (part.kind === 'number' ? /^[0-9]{1,20}$/.test(segment) : segment !== '')
  })
}

function compare(one: PathTemplate, other: PathTemplate): number {
  for (let at = 0; at < Math.max(one.parts.length, other.parts.length); at += 1) {
    const difference = rank(one, at) - rank(other, at)
    if (difference !== 0) return difference
  }
  return 0
}

function rank({ parts }: PathTemplate, at: number): number {
  const part = parts[at]
  if (part === undefined) return 4
  if ('literal' in part) return 0
  return part.kind === 'number' ? 1 : part.kind === 'rest' ? 3 : 2
}
