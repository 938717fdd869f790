import type { Placement } from '../model/credential.ts'

/** What is wrong with a configured placement: each a clause without a final stop. */
export interface PlacementProblem {
  readonly problem: string
  readonly expected: string
}

const SLOT = '{credential}'
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^`|~-]+$/
const PRINTABLE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/
const PREFIX = /^\/[A-Za-z0-9._~:@/{}-]*[^/]$/
/** Fields that frame or route the message: a secret in one of them would break it, or be dropped. */
const TAKEN: ReadonlySet<string> = new Set([
  'host', 'content-length', 'content-type', 'content-encoding', 'transfer-encoding', 'connection', 'keep-alive', 'proxy-connection', 'te', 'trailer',
  'upgrade', 'expect', 'via', 'forwarded', 'proxy-authorization',
])

/** Judges a placement when it is configured, so that it cannot fail on a call. Pure. */
export function placementProblem(placement: Placement): PlacementProblem | undefined {
  switch (placement.in) {
    case 'header':
      return headerProblem(placement.name, placement.value)
    case 'basic':
      if (/^[\x20-\x39\x3b-\x7e]*$/.test(placement.username)) return undefined
      return { problem: 'the user name has a colon or a character that is not printable ASCII', expected: 'a user name as RFC 7617 has it' }
    case 'query':
      if (/^[A-Za-z0-9._~-]{1,64}$/.test(placement.name)) return undefined
      return { problem: 'the query field has no plain name', expected: 'letters, digits, ".", "_", "~" and "-", for example api_key' }
    case 'path':
      if (hasOneSlot(placement.prefix) && PREFIX.test(placement.prefix) && !/\/\/|\/\.{1,2}(?:\/|$)/.test(placement.prefix)) return undefined
      return { problem: 'the path prefix cannot be put before a path', expected: `"/" and one ${SLOT}, not ending in "/", for example /bot${SLOT}` }
  }
}

function headerProblem(name: string, value: string): PlacementProblem | undefined {
  if (!TOKEN.test(name)) return { problem: 'the header has no valid name', expected: 'a name as RFC 9110 has it, without "_", for example X-Api-Key' }
  if (TAKEN.has(name.toLowerCase())) {
    return { problem: `the header ${name} frames or routes the message`, expected: 'Authorization or a header of the upstream\'s own' }
  }
  if (hasOneSlot(value) && PRINTABLE.test(value)) return undefined
  return { problem: 'the header value has no single place for the secret', expected: `printable ASCII with one ${SLOT}, for example Bearer ${SLOT}` }
}

function hasOneSlot(template: string): boolean {
  return template.split(SLOT).length === 2
}
