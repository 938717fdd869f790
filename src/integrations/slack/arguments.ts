import type { InspectedBody } from '../../http/body.ts'
import { type Denial, deny } from '../../model/denial.ts'

/** The arguments of one call, from query and body together; each is given once. */
export type SlackArguments = ReadonlyMap<string, unknown>

/**
 * What every argument of Slack's is named like. Slack's servers read `channel[]`, `channel[0]`, ` channel` and `channel.id` as forms of other names,
 * so that a later one can take the place of the one that was judged.
 */
const NAME = /^[A-Za-z0-9_-]{1,64}$/
const MAX_ARGUMENTS = 200

/**
 * Reads the arguments in a query.
 * @param query without `?`
 * @returns the denial `request_ambiguous`, telling the rule and nothing of the query
 */
export function queryArguments(query: string | undefined): SlackArguments | Denial {
  const found = new Map<string, unknown>()
  for (const pair of (query ?? '').split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decoded(equals === -1 ? pair : pair.slice(0, equals))
    const value = equals === -1 ? '' : decoded(pair.slice(equals + 1))
    if (name === undefined || value === undefined) return deny('request_ambiguous', 'an escape in the query that is no UTF-8')
    const problem = problemOf(name, found)
    if (problem !== undefined) return deny('request_ambiguous', `in the query ${problem}`)
    found.set(name, value)
  }
  return found
}

/**
 * Adds the arguments in a body.
 * @returns the denial `body_refused` where the two could be read in more than one way
 */
export function withBodyArguments(query: SlackArguments, body: InspectedBody): SlackArguments | Denial {
  if (typeof body.value !== 'object' || body.value === null || Array.isArray(body.value)) return deny('body_refused', 'the JSON is not an object')
  const found = new Map(query)
  for (const [name, value] of Object.entries(body.value)) {
    const problem = problemOf(name, found)
    if (problem !== undefined) return deny('body_refused', `in the body ${problem}`)
    found.set(name, value)
  }
  return found
}

/** Whether the argument is there and says something. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

function problemOf(name: string, found: SlackArguments): string | undefined {
  if (!NAME.test(name)) return 'is an argument with a name that Slack has none like'
  if (found.has(name) || spelledOtherwise(name, found)) return 'is an argument that was given before'
  return found.size >= MAX_ARGUMENTS ? `are more than ${MAX_ARGUMENTS} arguments` : undefined
}

/** By case alone: nobody knows which of the two a server takes. */
function spelledOtherwise(name: string, found: SlackArguments): boolean {
  const folded = name.toLowerCase()
  for (const other of found.keys()) if (other.toLowerCase() === folded) return true
  return false
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
