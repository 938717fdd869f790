import type { Dispatcher } from 'undici'

/** A body that was rewritten is no longer of this length, or what these were computed over. */
const OF_THE_BODY: ReadonlySet<string> = new Set(['content-length', 'content-md5', 'content-digest', 'repr-digest', 'digest', 'etag'])

/** The upstream's controller, with the header of an answer whose body is rewritten. */
export class RewrittenController implements Dispatcher.DispatchController {
  readonly rawHeaders: string[]
  readonly #controller: Dispatcher.DispatchController

  /** @param contentLength undefined where the body is streamed */
  constructor(controller: Dispatcher.DispatchController, fields: readonly string[], contentLength: number | undefined) {
    this.#controller = controller
    this.rawHeaders = contentLength === undefined ? [] : ['content-length', String(contentLength)]
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const [name = '', value = ''] = [fields[at], fields[at + 1]]
      if (!OF_THE_BODY.has(name.toLowerCase())) this.rawHeaders.push(name, value)
    }
  }

  get aborted(): boolean {
    return this.#controller.aborted
  }

  get paused(): boolean {
    return this.#controller.paused
  }

  get reason(): Error | null {
    return this.#controller.reason
  }

  abort(reason: Error): void {
    this.#controller.abort(reason)
  }

  pause(): void {
    this.#controller.pause()
  }

  resume(): void {
    this.#controller.resume()
  }
}
