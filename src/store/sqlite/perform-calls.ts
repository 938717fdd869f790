import type { DatabaseSync } from 'node:sqlite'
import { READS } from './operations.ts'
import type { Answer, Call, Operations, WireError } from './protocol.ts'
import { storeErrorOf } from './sqlite-error.ts'

/** What calls are performed on. */
export interface CallContext {
  readonly database: DatabaseSync
  readonly operations: Operations
  readonly path: string
  /** @throws StoreError where the file is no longer the one that was opened */
  readonly requireFile: () => void
}

/**
 * Performs calls in their order and commits them together: one wait for the disk for all. An operation that fails takes nothing of the
 * others with it; where the whole transaction is lost nothing has taken effect and nobody was told, and each is performed by itself.
 * @returns one answer a call, all of them durable by now
 */
export function performCalls(calls: readonly Call[], context: CallContext): readonly Answer[] {
  if (calls.every(isRead)) return calls.map((call) => performed(call, context))
  const { database } = context
  try {
    context.requireFile()
    // At once, not at the first write: a transaction that began by reading could not wait for another process.
    database.exec('BEGIN IMMEDIATE')
  } catch (error) {
    return calls.map((call) => (isRead(call) ? performed(call, context) : failed(call, error, context)))
  }
  try {
    const answers = calls.map((call) => performedApart(call, context))
    database.exec('COMMIT')
    return answers
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    return calls.flatMap((call) => (calls.length === 1 ? failed(call, error, context) : performCalls([call], context)))
  }
}

function isRead({ operation }: Call): boolean {
  return READS.has(operation)
}

/**
 * Within the transaction; an operation that throws leaves nothing of its own.
 * @throws what the operation threw, where the transaction is lost with it: a full disk may end all of it
 */
function performedApart(call: Call, context: CallContext): Answer {
  const { database } = context
  database.exec('SAVEPOINT operation')
  try {
    return { call: call.call, result: perform(call, context) }
  } catch (error) {
    if (!database.isTransaction) throw error
    database.exec('ROLLBACK TO operation')
    return failed(call, error, context)
  } finally {
    if (database.isTransaction) database.exec('RELEASE operation')
  }
}

function performed(call: Call, context: CallContext): Answer {
  try {
    context.requireFile()
    return { call: call.call, result: perform(call, context) }
  } catch (error) {
    return failed(call, error, context)
  }
}

function perform({ operation, argument }: Call, { operations }: CallContext): unknown {
  // The client's types tie argument to operation; here they are data.
  return (operations[operation] as (argument: unknown) => unknown)(argument)
}

function failed({ call }: Call, error: unknown, { path }: CallContext): Answer {
  return { call, error: wireError(error, path) }
}

/** The error as it crosses threads. */
export function wireError(error: unknown, path: string): WireError {
  const { code, message } = storeErrorOf(error, path)
  return { code, message }
}
