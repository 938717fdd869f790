import { parentPort, workerData } from 'node:worker_threads'
import type { DatabaseSync } from 'node:sqlite'
import { openDatabase } from './database.ts'
import { watchFile } from './file-watch.ts'
import { operationsOn } from './operations.ts'
import type { FromWorker, Operations, ToWorker, WireError, WorkerSettings } from './protocol.ts'
import { storeErrorOf } from './sqlite-error.ts'

/** The store's thread: SQLite waits for the disk, and the data plane's event loop must not. */
function main(settings: WorkerSettings): void {
  try {
    const database = openDatabase(settings)
    serve(database, settings.path, operationsOn(database))
    send({ opened: true })
  } catch (error) {
    send({ failed: wireError(error, settings.path) })
    parentPort?.close()
  }
}

function serve(database: DatabaseSync, path: string, operations: Operations): void {
  const requireFile = watchFile(path)
  parentPort?.on('message', (message: ToWorker) => {
    if (message !== 'close') return answer(message, path, operations, requireFile)
    database.close()
    parentPort?.close()
  })
}

function answer(message: Exclude<ToWorker, 'close'>, path: string, operations: Operations, requireFile: () => void): void {
  try {
    requireFile()
    // The client's types tie argument to operation; here they are data.
    const perform = operations[message.operation] as (argument: unknown) => unknown
    send({ call: message.call, result: perform(message.argument) })
  } catch (error) {
    send({ call: message.call, error: wireError(error, path) })
  }
}

function wireError(error: unknown, path: string): WireError {
  const { code, message } = storeErrorOf(error, path)
  return { code, message }
}

function send(message: FromWorker): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(message)
}

main(workerData as WorkerSettings)
