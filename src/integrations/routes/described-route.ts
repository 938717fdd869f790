import { WEBSOCKET } from '../../http/request.ts'
import { parseTemplate, type PathTemplate } from '../matching/path-template.ts'
import { alternativesOf, type RouteOptions } from './route-options.ts'
import { parseTargetTemplate, type TargetTemplate } from './target-template.ts'

/** One route, read and found sound. */
export interface DescribedRoute {
  readonly method: string
  readonly template: PathTemplate
  readonly options: RouteOptions
  readonly alternatives: readonly (readonly string[])[]
  readonly targets: readonly TargetTemplate[]
  /** The body has to be read for the targets. */
  readonly readsBody: boolean
}

const ROUTE = /^([A-Z]+) (\/\S*)$/
const SCOPE = /^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}$/
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', WEBSOCKET])

/** @throws TypeError that says what is wrong with the route */
export function describeRoute(options: RouteOptions): DescribedRoute {
  const match = ROUTE.exec(options.route)
  const [, method = '', path = ''] = match ?? []
  if (!METHODS.has(method)) throw new TypeError(`"${options.route}" is no method and path, for example GET /v1/tickets/{id}`)
  const targets = options.targets.map(parseTargetTemplate)
  const template = readTemplate(path, options.opaque, targets)
  const alternatives = alternativesOf(options)
  for (const scope of alternatives.flat()) {
    if (!SCOPE.test(scope)) throw new TypeError(`"${scope}" is no scope, for example tickets:read`)
  }
  const readsBody = targets.some(({ parts }) => parts.some(({ from }) => from === 'body'))
  if (readsBody && method === WEBSOCKET) throw new TypeError(`"${options.route}" has no body that could name a target`)
  return { method, template, options, alternatives, targets, readsBody }
}

/** A parameter that names a target holds a plain name: percent-encodings would give one target several spellings. */
function readTemplate(path: string, opaque: readonly string[], targets: readonly TargetTemplate[]): PathTemplate {
  const named = new Set(targets.flatMap(({ parts }) => parts.flatMap((part) => (part.from === 'path' ? [part.parameter] : []))))
  const template = parseTemplate(path, (parameter) => (named.has(parameter) ? 'name' : opaque.includes(parameter) ? 'opaque' : 'plain'))
  const kinds = new Map(template.parts.flatMap((part) => ('parameter' in part ? [[part.parameter, part.kind] as const] : [])))
  for (const parameter of named) {
    if (!kinds.has(parameter)) throw new TypeError(`the target names {${parameter}}, which the path has not: ${path}`)
    if (opaque.includes(parameter) || kinds.get(parameter) === 'rest') {
      throw new TypeError(`{${parameter}} names a target and cannot be opaque: ${path}`)
    }
  }
  const stray = opaque.find((parameter) => !kinds.has(parameter))
  if (stray !== undefined) throw new TypeError(`{${stray}} is opaque, but the path has not got it: ${path}`)
  return template
}
