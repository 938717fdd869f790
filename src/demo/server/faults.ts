import type { AnswerHeaders } from './call.ts'

/** Which calls a fault waits for; the path as sent. */
export interface FaultScope {
  readonly method?: string
  readonly path?: RegExp
}

/** What goes wrong with one call, before the stand-in looks at it. */
export type FaultKind =
  | { readonly kind: 'fail'; readonly status: number; readonly headers: AnswerHeaders; readonly body: string }
  | { readonly kind: 'hang' }
  | { readonly kind: 'cut' }
  | { readonly kind: 'hold'; readonly reached: () => void; readonly released: Promise<void> }

interface Planned {
  readonly fault: FaultKind
  readonly scope: FaultScope
  left: number
}

/** A call that waits in the stand-in until it is let go; then it is answered as ever. */
export interface Hold {
  /** Resolves when the call is there. */
  readonly reached: Promise<void>
  release(): void
}

/** Switches that make a stand-in misbehave, for the next calls that match. First planned, first taken. */
export class Faults {
  /** Waited before every answer, milliseconds. */
  latencyMs = 0
  readonly #planned: Planned[] = []

  /** Answers with this status and does nothing else. */
  failNext(count: number, status: number, options: FaultScope & { readonly headers?: AnswerHeaders; readonly body?: string } = {}): void {
    this.#plan({ kind: 'fail', status, headers: options.headers ?? {}, body: options.body ?? '' }, options, count)
  }

  /** Takes the request and never answers. */
  hangNext(count = 1, scope: FaultScope = {}): void {
    this.#plan({ kind: 'hang' }, scope, count)
  }

  /** Cuts the socket, nothing done. */
  cutNext(count = 1, scope: FaultScope = {}): void {
    this.#plan({ kind: 'cut' }, scope, count)
  }

  /** Keeps the next call waiting until it is released. */
  holdNext(scope: FaultScope = {}): Hold {
    const reached = Promise.withResolvers<void>()
    const released = Promise.withResolvers<void>()
    this.#plan({ kind: 'hold', reached: reached.resolve, released: released.promise }, scope, 1)
    return { reached: reached.promise, release: released.resolve }
  }

  /** Everything in order again. Calls already held stay held. */
  clear(): void {
    this.#planned.length = 0
    this.latencyMs = 0
  }

  /** The fault for this call, used up by asking. */
  take(method: string, path: string): FaultKind | undefined {
    const index = this.#planned.findIndex(({ scope }) => inScope(scope, method, path))
    const planned = this.#planned[index]
    if (planned === undefined) return undefined
    planned.left -= 1
    if (planned.left === 0) this.#planned.splice(index, 1)
    return planned.fault
  }

  #plan(fault: FaultKind, scope: FaultScope, count: number): void {
    if (!Number.isSafeInteger(count) || count < 1) throw new TypeError('a fault is planned for one call or more')
    this.#planned.push({ fault, scope, left: count })
  }
}

function inScope(scope: FaultScope, method: string, path: string): boolean {
  return (scope.method === undefined || scope.method === method) && (scope.path === undefined || scope.path.test(path))
}
