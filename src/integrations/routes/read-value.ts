import type { InspectedBody } from '../../http/body.ts'
import { decodeOnce } from '../../http/percent.ts'
import { namesAsAnyServer } from '../../http/query.ts'

/** What was found, or why nobody can tell what the upstream will find. */
export type Read = { readonly values: readonly string[] } | { readonly unclear: string }

/** Printable ASCII, not beginning or ending with a space: what no upstream trims or normalises to something else. */
const CLEAR = /^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/
const MAX_VALUES = 100

/** Reads a query field as every server reads it, or not at all. Pure. */
export function readQuery(query: string | undefined, name: string): Read {
  const folded = name.toLowerCase()
  const pairs = (query ?? '').split('&').filter((pair) => namesAsAnyServer(pair).has(folded))
  const pair = pairs[0]
  if (pair === undefined) return { unclear: `the query has no ${name}` }
  const equals = pair.indexOf('=')
  if (pairs.length > 1 || equals === -1 || pair.includes(';') || pair.slice(0, equals) !== name) {
    return { unclear: `the query has ${name} twice, or in a spelling that servers read in different ways` }
  }
  const value = decodeOnce(pair.slice(equals + 1).replaceAll('+', ' '))
  // A value that could be decoded once more has two readings.
  return value === undefined || value.includes('%') ? { unclear: `${name} in the query is encoded in an unclear way` } : clear([value], name)
}

/** Reads a field of a strictly parsed body; `names` leads from the outermost object inwards. Pure. */
export function readBodyField(body: InspectedBody, names: readonly string[]): Read {
  const path = names.join('.')
  let value = body.value
  for (const name of names) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return { unclear: `the body has no ${path}` }
    if (hasRival(value, name)) return { unclear: `the body has ${name} in several spellings` }
    if (!Object.hasOwn(value, name)) return { unclear: `the body has no ${path}` }
    value = (value as Readonly<Record<string, unknown>>)[name]
  }
  const texts = (Array.isArray(value) ? value : [value]).map(textOf)
  const whole = texts.filter((text) => text !== undefined)
  return whole.length === texts.length && whole.length > 0 ? clear(whole, path) : { unclear: `${path} in the body is neither text nor a number` }
}

/** Another spelling of the name that some upstream could prefer: by case, or as frameworks index a form (`project[]`). */
function hasRival(value: object, name: string): boolean {
  const folded = name.toLowerCase()
  return Object.keys(value).some((key) => key !== name && (/^[^[]*/.exec(key)?.[0] ?? key).trim().toLowerCase() === folded)
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return Number.isSafeInteger(value) ? String(value) : undefined
}

function clear(values: readonly string[], name: string): Read {
  if (values.length > MAX_VALUES) return { unclear: `${name} names too many targets` }
  return values.every((value) => CLEAR.test(value)) ? { values } : { unclear: `${name} is empty, long, or not plain text` }
}
