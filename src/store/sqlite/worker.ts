import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { openDatabase } from './database.ts'
import { watchFile } from './file-watch.ts'
import { operationsOn } from './operations.ts'
import { type CallContext, performCalls, wireError } from './perform-calls.ts'
import type { Call, FromWorker, ToWorker, WorkerSettings } from './protocol.ts'

/** So many operations share one commit at most: the first of them waits for the last. */
const MAX_TOGETHER = 64

/** The store's thread: SQLite waits for the disk, and the data plane's event loop must not. */
function main(settings: WorkerSettings): void {
  try {
    const database = openDatabase(settings)
    serve({ database, path: settings.path, operations: operationsOn(database), requireFile: watchFile(settings.path) })
    send({ opened: true })
  } catch (error) {
    send({ failed: wireError(error, settings.path) })
    parentPort?.close()
  }
}

/** What was asked while the disk was waited for is performed together. */
function serve(context: CallContext): void {
  parentPort?.on('message', (first: ToWorker) => {
    const calls: Call[] = []
    let next: ToWorker | undefined = first
    for (; next !== undefined && next !== 'close'; next = calls.length < MAX_TOGETHER ? queued() : undefined) calls.push(next)
    if (calls.length > 0) send({ answers: performCalls(calls, context) })
    if (next !== 'close') return
    context.database.close()
    parentPort?.close()
  })
}

function queued(): ToWorker | undefined {
  const received = parentPort === null ? undefined : receiveMessageOnPort(parentPort)
  return received?.message as ToWorker | undefined
}

function send(message: FromWorker): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(message)
}

main(workerData as WorkerSettings)
