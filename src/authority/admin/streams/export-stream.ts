import type { AuditFilter, AuditIndex } from '../../../store/ports/audit-index.ts'

export interface ExportOptions {
  readonly index: Pick<AuditIndex, 'query'>
  readonly filter: AuditFilter
  /** Whether the one who reads may still do so: asked before each part. */
  mayGoOn(): Promise<boolean>
  /** Called once, however it ends. */
  onEnd(): void
  onBroken(error: unknown): void
  /** Breaks the answer off. */
  breakOff(controller: ReadableStreamDefaultController<Uint8Array>): void
}

const PART = 500

/**
 * The matching records as NDJSON, newest first, each line as it stands in the file. One part is held in memory, read when the reader is ready for
 * it. Where it cannot go on the answer breaks off, so that nobody takes a part for the whole.
 */
export function exportStream({ index, filter, mayGoOn, onEnd, onBroken, breakOff }: ExportOptions): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let after: string | undefined
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        if (!(await mayGoOn())) throw new Error('the one who reads is no longer signed in, or has lost the role')
        const page = await index.query(filter, { limit: PART, after })
        if (page.items.length > 0) controller.enqueue(encoder.encode(page.items.map(({ line }) => `${line}\n`).join('')))
        after = page.next
        if (after !== undefined) return
        onEnd()
        controller.close()
      } catch (error) {
        onEnd()
        onBroken(error)
        breakOff(controller)
      }
    },
    cancel: onEnd,
  }, { highWaterMark: 1 })
}
