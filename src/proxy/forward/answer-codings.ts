import type { HeaderList } from '../../http/request.ts'
import { AnswerRefused } from './answer-refused.ts'
import { rewrittenFields } from './rewritten-fields.ts'

/** The content codings that can be undone (RFC 9110 section 8.4.1, RFC 7932, RFC 8878). */
export type Coding = 'gzip' | 'deflate' | 'br' | 'zstd'

const CODINGS: Readonly<Record<string, Coding>> = { gzip: 'gzip', 'x-gzip': 'gzip', deflate: 'deflate', br: 'br', zstd: 'zstd' }
const MAX_CODINGS = 2
const PARTIAL_CONTENT = 206

/** Fields that say how the messages within the body are coded (gRPC, Connect): these are not undone. */
const MESSAGE_CODINGS: ReadonlySet<string> = new Set(['grpc-encoding', 'connect-content-encoding'])
/** The lengths of all these names: most fields are told apart by them. */
const LENGTHS: ReadonlySet<number> = new Set(['content-encoding', ...MESSAGE_CODINGS].map(({ length }) => length))

/** A coded answer could not be looked into: none is asked for, neither whole nor message by message. */
export function withoutCodings(headers: HeaderList): HeaderList {
  const kept: string[] = []
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] as string
    if (name.length < ACCEPTS.length || !name.toLowerCase().endsWith(ACCEPTS)) kept.push(name, headers[at + 1] as string)
  }
  kept.push(ACCEPTS, 'identity')
  return kept
}

/** Also of `grpc-accept-encoding` and `connect-accept-encoding`: these mean identity where they are not said. */
const ACCEPTS = 'accept-encoding'

/**
 * How the answer's body is coded, in the order in which that was done; nearly always not at all. Pure.
 * @param fields name, value, name, value …
 * @throws AnswerRefused where it cannot be undone
 */
export function answerCodings(status: number, fields: readonly string[]): readonly Coding[] {
  let codings = NOT_CODED
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = fields[at] as string
    if (LENGTHS.has(name.length)) codings = withField(codings, name.toLowerCase(), fields[at + 1] as string)
  }
  if (codings.length > MAX_CODINGS) throw new AnswerRefused(`the answer is coded more than ${MAX_CODINGS} times over, and is not passed unscrubbed`)
  if (codings.length > 0 && status === PARTIAL_CONTENT) throw new AnswerRefused('the answer is a part of a coded one, and is not passed unscrubbed')
  return codings
}

/** The header of an answer whose body is passed on decoded. */
export function decodedFields(fields: readonly string[]): readonly string[] {
  const kept = rewrittenFields(fields, undefined)
  return kept.filter((_, at) => !OF_THE_CODED.has((kept[at - (at % 2)] as string).toLowerCase()))
}

const NOT_CODED: readonly Coding[] = []
/** Ranges would be of the bytes as they were coded. */
const OF_THE_CODED: ReadonlySet<string> = new Set(['content-encoding', 'accept-ranges'])

function withField(codings: readonly Coding[], name: string, value: string): readonly Coding[] {
  if (name === 'content-encoding') return [...codings, ...codingsIn(value)]
  if (MESSAGE_CODINGS.has(name) && value.trim().toLowerCase() !== 'identity') throw new AnswerRefused('the answer’s messages are coded, and are not passed unscrubbed')
  return codings
}

function codingsIn(value: string): readonly Coding[] {
  const names = value.split(',').map((name) => name.trim().toLowerCase()).filter((name) => name !== '' && name !== 'identity')
  return names.map((name) => {
    const coding = Object.hasOwn(CODINGS, name) ? CODINGS[name] : undefined
    if (coding === undefined) throw new AnswerRefused('the answer has a coding that is not known, and is not passed unscrubbed')
    return coding
  })
}
