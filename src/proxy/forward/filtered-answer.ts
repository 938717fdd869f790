import type { AnswerHandler, UpstreamCall } from '../../egress/upstream.ts'
import { parseMediaType } from '../../http/media-type.ts'
import type { AnswerFilter } from '../../integrations/integration.ts'
import { AnswerDecorator } from './answer-decorator.ts'
import { AnswerRefused } from './answer-refused.ts'
import { EventStreamFilter } from './event-stream-filter.ts'
import { HeldBytes } from './held-bytes.ts'
import { rewrittenFields } from './rewritten-fields.ts'
import { soleField } from './sole-field.ts'

/** The most of an answer that is held in order to be rewritten: a document, or one event. */
const MAX_HELD_BYTES = 1_048_576
const PARTIAL_CONTENT = 206
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** What is done with the answer's body, as its header tells. */
type Body =
  | { readonly kind: 'events'; readonly filter: EventStreamFilter }
  /** Held whole, the head too: what cannot be judged is then answered as a refusal. */
  | { readonly kind: 'document'; readonly status: number; readonly fields: readonly string[]; readonly held: HeldBytes }
  /** Nothing is listed in it. */
  | { readonly kind: 'error' }
  /** Of a type that cannot be judged: it may be empty, and no more. */
  | { readonly kind: 'empty' }

/** Stands before a relay and passes on only what the filter leaves. What it cannot judge it breaks off: nothing passes unfiltered. */
export class FilteredAnswer extends AnswerDecorator {
  readonly #filter: AnswerFilter
  #body: Body | undefined
  #call: UpstreamCall | undefined

  constructor(inner: AnswerHandler, filter: AnswerFilter) {
    super(inner)
    this.#filter = filter
  }

  override onCall(call: UpstreamCall): void {
    this.#call = call
    super.onCall(call)
  }

  override onHead(status: number, fields: readonly string[]): void {
    const body = bodyOf(status, fields, this.#filter)
    this.#body = body
    if (body.kind === 'document') return
    super.onHead(status, body.kind === 'events' ? rewrittenFields(fields, undefined) : fields)
  }

  override onData(chunk: Buffer): void {
    const body = this.#body
    if (body === undefined || body.kind === 'empty') throw new AnswerRefused('the answer is of a type that cannot be judged, and is not passed unfiltered')
    if (body.kind === 'document') return hold(body, chunk)
    const shown = body.kind === 'events' ? body.filter.push(chunk) : chunk
    if (shown.length > 0) super.onData(shown)
  }

  override onEnd(trailers: readonly string[]): void {
    const body = this.#body
    if (body?.kind !== 'document') return super.onEnd(trailers)
    const shown = this.#rewritten(body.held.take())
    if (shown === undefined) {
      const error = new AnswerRefused('the answer cannot be judged, and is not passed unfiltered')
      this.#call?.abort(error)
      return super.onError(error)
    }
    super.onHead(body.status, rewrittenFields(body.fields, shown.length))
    if (shown.length > 0) super.onData(shown)
    super.onEnd(trailers)
  }

  #rewritten(bytes: Buffer): Buffer | undefined {
    if (bytes.length === 0) return bytes
    try {
      const shown = this.#filter.document(UTF8.decode(bytes))
      return shown === undefined ? undefined : Buffer.from(shown)
    } catch {
      return undefined
    }
  }
}

function bodyOf(status: number, fields: readonly string[], filter: AnswerFilter): Body {
  // What the whole means, a part does not tell: one entry of a list reads as a message of its own.
  if (status === PARTIAL_CONTENT) throw new AnswerRefused('the answer is a part of one, which cannot be judged, and is not passed unfiltered')
  const coding = soleField(fields, 'content-encoding')
  if (coding !== undefined && coding !== 'identity') throw new AnswerRefused('the answer is coded, although that was not accepted, and is not passed unfiltered')
  switch (parseMediaType(soleField(fields, 'content-type') ?? '')?.essence) {
    case 'text/event-stream': return { kind: 'events', filter: new EventStreamFilter(filter, MAX_HELD_BYTES) }
    case 'application/json': return { kind: 'document', status, fields, held: new HeldBytes() }
    default: return { kind: status >= 400 ? 'error' : 'empty' }
  }
}

function hold({ held }: Extract<Body, { readonly kind: 'document' }>, chunk: Buffer): void {
  if (held.length + chunk.length > MAX_HELD_BYTES) throw new AnswerRefused(`the answer is larger than ${MAX_HELD_BYTES} bytes, and is not passed unfiltered`)
  held.push(chunk)
}
