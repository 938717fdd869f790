/** One request as the strictest of servers reads it. */
export interface StrictRequest {
  readonly method: string
  readonly target: string
  /** Names in lower case. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

export interface StrictReading {
  readonly requests: readonly StrictRequest[]
  /** Why the bytes after the last whole request are no request, or no begin of one. */
  readonly problem: string | undefined
  /** A request that begins well and is not whole. */
  readonly unfinished: string
}

const REQUEST_LINE = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\/[!-~]*) HTTP\/1\.1$/
// oxlint-disable-next-line no-control-regex
const FIELD = /^([!#$%&'*+\-.^`|~0-9A-Za-z]+): ?((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)$/
const ONCE = new Set(['host', 'authorization', 'content-length', 'transfer-encoding', 'content-type', 'user-agent', 'connection'])

/**
 * Reads everything that came on one connection. Written for the tests alone, and by the RFC: it shares no code with what it judges.
 * Nothing is forgiven: not two framings, not a bare LF, not a chunk extension, not a trailer.
 */
export function readStrictly(bytes: string): StrictReading {
  const requests: StrictRequest[] = []
  let rest = bytes
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n')
    const head = end === -1 ? rest : rest.slice(0, end)
    const lines = head.split('\r\n')
    const problem = end === -1 ? undefined : headProblem(lines)
    if (problem !== undefined) return { requests, problem, unfinished: '' }
    if (end === -1) return { requests, problem: REQUEST_LINE.test(lines[0] ?? '') || lines.length === 1 ? undefined : 'no request line', unfinished: rest }
    const [, method = '', target = ''] = REQUEST_LINE.exec(lines[0] ?? '') ?? []
    const fields = lines.slice(1).map(fieldOf)
    const body = bodyOf(fields, rest.slice(end + 4))
    if (typeof body === 'string') return { requests, problem: body, unfinished: '' }
    if (body === undefined) return { requests, problem: undefined, unfinished: rest }
    requests.push({ method, target, fields, body: body.content })
    rest = rest.slice(end + 4 + body.length)
  }
  return { requests, problem: undefined, unfinished: '' }
}

function headProblem(lines: readonly string[]): string | undefined {
  if (!REQUEST_LINE.test(lines[0] ?? '')) return 'no request line'
  const seen = new Set<string>()
  for (const line of lines.slice(1)) {
    const name = FIELD.exec(line)?.[1]?.toLowerCase()
    if (name === undefined) return 'a line that is no field'
    if (ONCE.has(name) && seen.has(name)) return `${name} twice`
    seen.add(name)
  }
  return seen.has('content-length') && seen.has('transfer-encoding') ? 'two framings' : undefined
}

function fieldOf(line: string): readonly [string, string] {
  const [, name = '', value = ''] = FIELD.exec(line) ?? []
  return [name.toLowerCase(), value]
}

interface Body {
  readonly content: string
  /** Bytes on the wire. */
  readonly length: number
}

/** @returns a sentence where it is no body, undefined where it is not whole */
function bodyOf(fields: StrictRequest['fields'], rest: string): Body | string | undefined {
  const value = (name: string): string | undefined => fields.find(([field]) => field === name)?.[1]
  const coding = value('transfer-encoding')
  if (coding !== undefined) return coding === 'chunked' ? chunked(rest) : 'a coding other than chunked'
  const length = value('content-length')
  if (length === undefined) return { content: '', length: 0 }
  if (!/^(?:0|[1-9][0-9]*)$/.test(length)) return 'a length that is none'
  return rest.length < Number(length) ? undefined : { content: rest.slice(0, Number(length)), length: Number(length) }
}

function chunked(rest: string): Body | string | undefined {
  let content = ''
  let at = 0
  for (;;) {
    const lineEnd = rest.indexOf('\r\n', at)
    if (lineEnd === -1) return /^[0-9a-fA-F]*\r?$/.test(rest.slice(at)) ? undefined : 'a chunk size that is none'
    const size = rest.slice(at, lineEnd)
    if (!/^[0-9a-fA-F]{1,12}$/.test(size)) return 'a chunk size that is none'
    const length = Number.parseInt(size, 16)
    const begin = lineEnd + 2
    if (rest.length < begin + length + 2) return undefined
    if (rest.slice(begin + length, begin + length + 2) !== '\r\n') return length === 0 ? 'a trailer' : 'data longer than its size'
    if (length === 0) return { content, length: begin + 2 }
    content += rest.slice(begin, begin + length)
    at = begin + length + 2
  }
}
