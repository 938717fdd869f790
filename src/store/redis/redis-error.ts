import { StoreError, type StoreErrorCode } from '../store-error.ts'

/** Whether a command may have changed something: then an answer that never came leaves its outcome unknown. */
export type CommandEffect = 'read' | 'write'

/** Our own time-out, told apart from what ioredis throws. */
export class NoAnswer extends Error {}

/** ioredis refuses these itself, before anything is written to a socket. */
const NEVER_SENT = /^Stream isn't writeable|^Cluster isn't ready|^None of startup nodes|^Failed to refresh slots/

/** Words by which Redis itself refuses a command that it has not carried out. */
const REFUSALS: readonly { readonly words: RegExp; readonly code: StoreErrorCode; readonly text: string }[] = [
  { words: /\bOOM\b/, code: 'store_full', text: 'Redis is out of memory: raise `maxmemory`; nothing that was stored is lost.' },
  { words: /\bMISCONF\b/, code: 'store_full', text: 'Redis cannot write to its disk and takes no changes: make room on that disk, or mend it.' },
  { words: /\b(?:WRONGPASS|NOAUTH)\b|invalid (?:username-password|password)/, code: 'store_unreachable',
    text: 'Redis does not take this user name and password: correct them in the configuration.' },
  { words: /\bNOPERM\b/, code: 'store_unreachable',
    text: 'Redis does not permit this user what the store needs: allow it all keys under the prefix, scripts, streams and INFO.' },
  { words: /\b(?:READONLY|LOADING|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|BUSY|UNBLOCKED|MOVED|ASK)\b|Too many Cluster redirections/, code: 'store_unreachable',
    text: 'Redis takes no commands at the moment (it starts, or changes its master): it is tried again; if that lasts, look at Redis.' },
]

const UNREACHABLE = 'Redis cannot be reached: check that it runs and that the configuration names it; it is tried again.'
const UNTRUSTED = 'The certificate of Redis is not trusted, or is of another name: name its authority and its server name in the configuration.'
const UNKNOWN = 'Redis did not answer: whether the change was made is not known, and is seen when it is read again.'
const CERTIFICATE = /CERT|TLS|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/

/**
 * Says in one sentence what an error of Redis or of the connection to it means. Neither it nor its cause holds any argument of a command: the
 * original error would name them, the password among them.
 */
export function redisStoreError(thrown: unknown, effect: CommandEffect): StoreError {
  if (thrown instanceof StoreError) return thrown
  if (!(thrown instanceof Error)) return new StoreError('store_failed', 'Redis failed in an unknown way: see the log, and report it.')
  if (thrown instanceof TypeError) return new StoreError('store_failed', 'The store has a defect: see the log, and report it.', { cause: thrown })
  if (thrown.name === 'ReplyError' || thrown.message.startsWith('Too many Cluster redirections')) return refused(thrown)
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : thrown.name
  // What ioredis and the socket say themselves names no argument; the error beside it would.
  const cause = new Error(thrown.message)
  if (CERTIFICATE.test(code)) return new StoreError('store_unreachable', UNTRUSTED, { cause })
  if (effect === 'read' || NEVER_SENT.test(thrown.message)) return new StoreError('store_unreachable', UNREACHABLE, { cause })
  return new StoreError('store_outcome_unknown', UNKNOWN, { cause })
}

function refused(reply: Error): StoreError {
  const known = REFUSALS.find(({ words }) => words.test(reply.message))
  const cause = new Error(/^-?[A-Z]+\b/.exec(reply.message)?.[0] ?? 'ERR')
  if (known !== undefined) return new StoreError(known.code, known.text, { cause })
  return new StoreError('store_failed', `Redis refused a command (${cause.message}): see its log, and report it.`, { cause })
}
