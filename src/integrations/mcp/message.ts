import type { InspectedBody } from '../../http/body.ts'
import { deny, type Denial } from '../../model/denial.ts'
import { respelling, rivalNames } from './rival-names.ts'

export type MessageId = string | number
export type Params = Readonly<Record<string, unknown>>

/** One message of a client, sound in form. */
export type McpMessage =
  | { readonly kind: 'request'; readonly id: MessageId; readonly method: string; readonly params: Params }
  | { readonly kind: 'notification'; readonly method: string; readonly params: Params }
  /** To a question of the server's: elicitation, sampling, roots. */
  | { readonly kind: 'response'; readonly id: MessageId }

const MEMBERS: ReadonlySet<string> = new Set(['jsonrpc', 'id', 'method', 'params', 'result', 'error'])
/** Members of `params` that servers act upon, of all revisions; what policy says of one, it says by this spelling. */
const isRespelt = respelling([
  '_meta', 'argument', 'arguments', 'capabilities', 'clientInfo', 'context', 'cursor', 'inputResponses', 'level', 'name', 'notifications', 'protocolVersion',
  'reason', 'ref', 'requestId', 'requestState', 'task', 'taskId', 'uri',
])
const METHOD = /^[a-z]+(?:\/[a-zA-Z_]+){0,3}$/
/** Printable ASCII: it stands in answers and logs of others. */
const ID_TEXT = /^[\x20-\x7e]{1,256}$/

/**
 * Reads one JSON-RPC message, so strictly that no server can read another in it.
 * @returns the message, or the denial `body_refused`; its detail tells the rule, never the content
 * @see JSON-RPC 2.0 sections 4 and 5; MCP 2025-06-18, which took batches out
 */
export function readMessage(body: InspectedBody): McpMessage | Denial {
  if (body.format !== 'json') return refused('a message is one JSON object')
  if (Array.isArray(body.value)) return refused('a batch: each message is sent by itself')
  if (!isRecord(body.value)) return refused('a message is one JSON object')
  const message = body.value
  // Go's decoder, among others, takes `Method` for `method`.
  const stray = Object.keys(message).find((name) => !MEMBERS.has(name))
  if (stray !== undefined) return refused('a member that JSON-RPC does not know')
  if (message['jsonrpc'] !== '2.0') return refused('jsonrpc is not "2.0"')
  return Object.hasOwn(message, 'method') ? readCall(message) : readResponse(message)
}

/** The id that an answer to this parsed body has to carry; null where it has none that could be told. */
export function answeredId(value: unknown): MessageId | null {
  if (!isRecord(value) || !Object.hasOwn(value, 'method')) return null
  return messageId(value['id']) ?? null
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readCall(message: Params): McpMessage | Denial {
  const { method } = message
  if (Object.hasOwn(message, 'result') || Object.hasOwn(message, 'error')) return refused('a message that both asks and answers')
  if (typeof method !== 'string' || !METHOD.test(method)) return refused('method is not the name of a method')
  const params = message['params'] ?? {}
  if (!isRecord(params)) return refused('params is not an object')
  if (rivalNames(params)) return refused('params has a name twice, but for case: servers differ in which they take')
  if (isRespelt(params)) return refused('params has a name of MCP in another spelling: some servers take it all the same')
  if (!Object.hasOwn(message, 'id')) return { kind: 'notification', method, params }
  const id = messageId(message['id'])
  return id === undefined ? refused('id is neither a text of printable ASCII nor a whole number') : { kind: 'request', id, method, params }
}

function readResponse(message: Params): McpMessage | Denial {
  if (Object.hasOwn(message, 'params')) return refused('params without a method')
  if (Object.hasOwn(message, 'result') === Object.hasOwn(message, 'error')) return refused('neither a call nor an answer')
  const id = messageId(message['id'])
  return id === undefined ? refused('id is neither a text of printable ASCII nor a whole number') : { kind: 'response', id }
}

function messageId(value: unknown): MessageId | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined
  return typeof value === 'string' && ID_TEXT.test(value) ? value : undefined
}

function refused(detail: string): Denial {
  return deny('body_refused', detail, { hint: `Send one JSON-RPC 2.0 message; refused was: ${detail}.` })
}
