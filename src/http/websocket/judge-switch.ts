import type { HeaderList } from '../request.ts'
import { acceptOf } from './accept.ts'

/** An upstream's 101 that is the answer to what was asked. */
export interface JudgedSwitch {
  /** The subprotocol that it chose among those that were offered. */
  readonly protocol: string | undefined
}

interface Seen {
  upgrade: string | undefined
  accept: string | undefined
  protocol: string | undefined
  connection: string
}

/** Fields that may stand once, and where they are kept. */
const SINGLE: ReadonlyMap<string, 'upgrade' | 'accept' | 'protocol'> = new Map([
  ['upgrade', 'upgrade'], ['sec-websocket-accept', 'accept'], ['sec-websocket-protocol', 'protocol'],
])
const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding'])

/**
 * Holds the fields of a 101 against what was asked. Pure.
 * @param key the `Sec-WebSocket-Key` that was sent; no extension was offered
 * @returns a sentence of ours where the answer is another
 * @see RFC 6455 section 4.1
 */
export function judgeSwitch(fields: HeaderList, key: string, protocols: readonly string[]): JudgedSwitch | string {
  const seen: Seen = { upgrade: undefined, accept: undefined, protocol: undefined, connection: '' }
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const problem = look((fields[at] as string).toLowerCase(), fields[at + 1] as string, seen)
    if (problem !== undefined) return problem
  }
  if (seen.upgrade?.toLowerCase() !== 'websocket') return 'its 101 is to another protocol'
  if (!seen.connection.split(',').some((token) => token.trim().toLowerCase() === 'upgrade')) return 'its 101 has no Connection: upgrade'
  if (seen.accept !== acceptOf(key)) return 'its Sec-WebSocket-Accept is not the answer to our key'
  if (seen.protocol !== undefined && !protocols.includes(seen.protocol)) return 'it chose a subprotocol that was not offered'
  return { protocol: seen.protocol }
}

function look(name: string, value: string, seen: Seen): string | undefined {
  const single = SINGLE.get(name)
  if (single !== undefined) {
    if (seen[single] !== undefined) return `its 101 has ${name} twice`
    seen[single] = value
  } else if (name === 'connection') {
    seen.connection += `,${value}`
  } else if (name === 'sec-websocket-extensions') {
    return 'it chose an extension, and none was offered'
  } else if (FRAMING.has(name)) {
    return 'its 101 has a body'
  }
  return undefined
}
