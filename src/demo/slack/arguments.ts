import type { Call } from '../server/call.ts'
import { parseJsonObject } from '../server/json-body.ts'

/** A method's arguments as text; what is structured in JSON stands as JSON text, as in a form. */
export type MethodArguments = ReadonlyMap<string, string>

/** What a call carries, and where. */
export interface ReadArguments {
  readonly values: MethodArguments
  /** Each place where the caller put a token; the header apart. */
  readonly tokens: readonly { readonly place: 'form' | 'query'; readonly value: string }[]
}

/** Slack's words for a body that cannot be read. */
export type ArgumentProblem = 'invalid_json' | 'invalid_form_data' | 'invalid_post_type'

/**
 * Reads arguments from the query and a form, multipart or JSON body; the body wins.
 * A token in JSON is no token: Slack takes it from the header then.
 */
export async function readArguments(call: Call): Promise<ReadArguments | ArgumentProblem> {
  const body = await readBody(call)
  if (typeof body === 'string') return body
  const query = [...call.query.entries()]
  const tokens = [
    ...(body.kind === 'form' ? tokensIn(body.entries, 'form') : []),
    ...tokensIn(query, 'query'),
  ]
  const values = new Map([...query, ...body.entries])
  values.delete('token')
  return { values, tokens }
}

type Entries = readonly (readonly [string, string])[]
type ReadBody = { readonly kind: 'form' | 'json'; readonly entries: Entries } | ArgumentProblem

async function readBody(call: Call): Promise<ReadBody> {
  if (call.method === 'GET' || call.body.length === 0) return { kind: 'form', entries: [] }
  const contentType = (call.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase()
  switch (contentType) {
    case 'application/json':
      return readJson(call.body)
    case 'application/x-www-form-urlencoded':
    case '':
      return { kind: 'form', entries: [...new URLSearchParams(call.body.toString('utf8')).entries()] }
    case 'multipart/form-data':
      return readMultipart(call)
    default:
      return 'invalid_post_type'
  }
}

function readJson(body: Buffer): ReadBody {
  const object = parseJsonObject(body)
  if (object === undefined) return 'invalid_json'
  const given = Object.entries(object).filter(([, value]) => value !== null && value !== undefined)
  return { kind: 'json', entries: given.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]) }
}

async function readMultipart(call: Call): Promise<ReadBody> {
  try {
    const form = await multipartForm(call)
    const texts = [...form.entries()].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : []))
    return { kind: 'form', entries: texts }
  } catch {
    return 'invalid_form_data'
  }
}

/** Parses a multipart body (RFC 7578). Rejects where it is malformed. */
export function multipartForm(call: Call): Promise<FormData> {
  return new Response(new Uint8Array(call.body), { headers: { 'content-type': call.headers['content-type'] ?? '' } }).formData()
}

function tokensIn(entries: Entries, place: 'form' | 'query'): ReadArguments['tokens'] {
  return entries.flatMap(([name, value]) => (name === 'token' ? [{ place, value }] : []))
}
