import { readFileSync, statSync } from 'node:fs'
import type { Clock } from '../../lib/clock.ts'
import type { BoundAgent } from '../exchange.ts'

const LOOK_EVERY_MS = 1_000
const MAX_TOKEN_BYTES = 16_384

export interface BoundAgentOptions {
  readonly agent: string
  /** Undefined where the agent acts for itself. */
  readonly tokenFile: string | undefined
}

/**
 * The agent that a listener is bound to. Its delegation token is read again when the file changes, which is looked at once a second at most.
 * A file that is gone, unreadable, empty or too large gives no token: the agent then acts for nobody.
 */
export function createBoundAgent(options: BoundAgentOptions, clock: Clock): BoundAgent {
  const { agent, tokenFile } = options
  if (tokenFile === undefined) return { agent, delegationToken: () => undefined }
  let lookAgainMs = -Infinity
  let version = ''
  let token: string | undefined
  return {
    agent,
    requiresDelegation: true,
    delegationToken() {
      const nowMs = clock.monotonicMs()
      if (nowMs < lookAgainMs) return token
      lookAgainMs = nowMs + LOOK_EVERY_MS
      const current = versionOf(tokenFile)
      if (current === version) return token
      version = current
      token = readToken(tokenFile)
      return token
    },
  }
}

function versionOf(file: string): string {
  try {
    const { ino, size, mtimeNs } = statSync(file, { bigint: true })
    return `${ino} ${size} ${mtimeNs}`
  } catch {
    return 'unreadable'
  }
}

function readToken(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'latin1').trim()
    return text.length > 0 && text.length <= MAX_TOKEN_BYTES ? text : undefined
  } catch {
    return undefined
  }
}
