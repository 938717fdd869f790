import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { RepeatedCall, Calls } from './call-loop.ts'
import type { Load, Order, Round } from './load-client.ts'

/** The load client in a process of its own. */
export class LoadProcess {
  readonly #child = fork(new URL('./load-client.ts', import.meta.url))

  async load(streams: readonly Load[], calls: readonly RepeatedCall[], pauseMs: number): Promise<number> {
    return await this.#ask({ do: 'load', streams, calls, pauseMs }) as number
  }

  async round(streams: readonly Load[], revokeUrl: string, operator: string): Promise<Round> {
    return await this.#ask({ do: 'round', streams, revokeUrl, operator }) as Round
  }

  /** What became of all calls. */
  async stop(): Promise<Calls> {
    return await this.#ask({ do: 'stop' }) as Calls
  }

  async close(): Promise<void> {
    const ended = once(this.#child, 'exit')
    if (this.#child.exitCode !== null) return
    this.#child.kill('SIGKILL')
    await ended
  }

  #ask(order: Order): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const gone = (code: number | null): void => reject(new Error(`the load client ended: ${code}`))
      this.#child.once('exit', gone)
      this.#child.once('message', (answer: { readonly result?: unknown; readonly error?: string }) => {
        this.#child.off('exit', gone)
        if (answer.error === undefined) resolve(answer.result)
        else reject(new Error(answer.error))
      })
      this.#child.send(order)
    })
  }
}
