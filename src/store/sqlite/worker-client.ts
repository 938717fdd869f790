import { Worker } from 'node:worker_threads'
import { StoreError } from '../store-error.ts'
import type { Answer, FromWorker, OperationName, Operations, ToWorker, WireError, WorkerSettings } from './protocol.ts'

/** More waiting calls than a healthy disk ever leaves: beyond it a call is refused rather than kept. */
const MAX_WAITING = 1024

interface Waiting {
  readonly told: (value: unknown) => void
  readonly resolve: (value: unknown) => void
  readonly reject: (error: StoreError) => void
}

/** Asks the store's thread; answers come in the order of the calls. */
export class WorkerClient {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  readonly #exited: Promise<void>
  #calls = 0
  #closed = false

  private constructor(worker: Worker, onLost: (error: unknown) => void) {
    this.#worker = worker
    this.#exited = new Promise((resolve) => worker.once('exit', () => resolve()))
    worker.on('message', (message: FromWorker) => {
      if ('answers' in message) for (const answer of message.answers) this.#settle(answer)
    })
    let broken: unknown
    worker.on('error', (error) => { broken = error })
    worker.once('exit', () => { if (!this.#closed) onLost(broken ?? new Error('the thread ended by itself')) })
    void this.#exited.then(() => this.#end())
  }

  /** False once it was closed, or its thread was lost. */
  get open(): boolean {
    return !this.#closed
  }

  /**
   * Starts the thread and opens the file.
   * @param onLost told where the thread ends without having been closed; nothing can be stored any more then
   * @throws StoreError
   */
  static async start(settings: WorkerSettings, onLost: (error: unknown) => void): Promise<WorkerClient> {
    const worker = new Worker(workerFile(), {
      workerData: settings, env: {}, execArgv: ['--disable-warning=ExperimentalWarning'], name: 'postern-store',
    })
    await opened(worker)
    return new WorkerClient(worker, onLost)
  }

  /**
   * @param told called with the result before the promise resolves, for all calls in the order in which they were performed; must not throw
   * @throws StoreError `store_overloaded`, `store_closed`, or what the operation met
   */
  call<Name extends OperationName>(
    operation: Name, argument: Parameters<Operations[Name]>[0], told: (result: ReturnType<Operations[Name]>) => void = () => undefined,
  ): Promise<ReturnType<Operations[Name]>> {
    if (this.#closed) return Promise.reject(closedError())
    if (this.#waiting.size >= MAX_WAITING) {
      const text = `${MAX_WAITING} calls are waiting for the store: the disk is too slow for this load.`
      return Promise.reject(new StoreError('store_overloaded', text))
    }
    const call = ++this.#calls
    const message: ToWorker = { call, operation, argument }
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#worker.postMessage(message)
    return new Promise((resolve, reject) => {
      this.#waiting.set(call, { told: told as (value: unknown) => void, resolve: resolve as (value: unknown) => void, reject })
    })
  }

  /** What was called before is done first, since the thread takes messages in order. */
  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true
      const message: ToWorker = 'close'
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      this.#worker.postMessage(message)
    }
    await this.#exited
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.call)
    this.#waiting.delete(answer.call)
    if ('error' in answer) return waiting?.reject(errorOf(answer.error))
    waiting?.told(answer.result)
    waiting?.resolve(answer.result)
  }

  #end(): void {
    this.#closed = true
    for (const { reject } of this.#waiting.values()) reject(closedError())
    this.#waiting.clear()
  }
}

/** The thread's file stands beside this one, as source or as built. */
function workerFile(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)
}

function opened(worker: Worker): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onMessage = (message: FromWorker): void => ('failed' in message ? reject(errorOf(message.failed)) : resolve())
  const onError = (error: unknown): void =>
    reject(new StoreError('store_failed', 'The store’s thread could not be started: see the log.', { cause: error }))
  const onExit = (): void => reject(closedError())
  worker.once('message', onMessage).once('error', onError).once('exit', onExit)
  return promise.finally(() => worker.off('message', onMessage).off('error', onError).off('exit', onExit))
}

function errorOf(error: WireError): StoreError {
  return new StoreError(error.code, error.message)
}

function closedError(): StoreError {
  return new StoreError('store_closed', 'The store is closed: open it again.')
}
