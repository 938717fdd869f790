import type { Targets } from '../../model/operation.ts'
import { refusedParameter } from '../matching/parameter.ts'

const MAX_LENGTH = 2048
/** RFC 3986, stricter: scheme and host in lower case, no user, no fragment; path and query apart. */
const HIERARCHICAL = /^([a-z][a-z0-9+.-]*):\/\/([a-z0-9._-]*(?::[0-9]{1,5})?)(?:\/([^?#]*))?(?:\?([^#]*))?$/
const OPAQUE = /^([a-z][a-z0-9+.-]*):([^/?#][^?#]*)$/
/** Only what cannot stand as it is, and in the one spelling of RFC 3986 section 2.1: anything else has a second one. */
const ENCODED_WHERE_NEEDED = /^(?:[^%]|%(?:20|22|3C|3E|5E|60|7B|7D|[89A-F][0-9A-F]))*$/
const PLAIN_QUERY = /^[A-Za-z0-9._~!$&'()*+,;=:@/?-]*$/

/**
 * The target that a resource's URI is. One that a server could take for another (dot segments, encodings, an empty segment, upper case in
 * scheme or host) cannot be told. Pure; linear.
 */
export function resourceTarget(uri: unknown): Targets {
  if (typeof uri !== 'string' || uri === '' || uri.length > MAX_LENGTH) return unclear('the URI is no text, empty or long')
  const [, , , path, query = ''] = HIERARCHICAL.exec(uri) ?? []
  const rest = path ?? OPAQUE.exec(uri)?.[2]
  if (rest === undefined && !HIERARCHICAL.test(uri)) return unclear('the URI is not in its plain form')
  const wrong = rest === undefined ? undefined : refusedParameter(rest, 'rest')
  if (wrong !== undefined) return unclear(`the URI has ${wrong}`)
  if (rest !== undefined && !ENCODED_WHERE_NEEDED.test(rest)) return unclear('the URI encodes what needs no encoding, or in lower case')
  if (!PLAIN_QUERY.test(query)) return unclear('the URI has an encoded query')
  return { kind: 'named', names: [uri] }
}

function unclear(reason: string): Targets {
  return { kind: 'unresolved', reason }
}
