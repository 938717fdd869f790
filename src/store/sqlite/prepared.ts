import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

/** What a statement's named parameters are given; the names stand in the statement with a colon. */
export type Parameters = Readonly<Record<string, SQLInputValue>>

type Finder<Row> = (parameters: object) => Row | undefined

/** A statement that gives one row at most. */
export function one<Row>(statement: StatementSync): Finder<Row> {
  return (parameters) => statement.get(parameters as Parameters) as Row | undefined
}

/** A statement that gives rows. */
export function many<Row>(statement: StatementSync): (parameters: object) => Row[] {
  return (parameters) => statement.all(parameters as Parameters) as unknown as Row[]
}

/** A statement that changes rows. @returns how many, from the statement */
export function counted(statement: StatementSync): (parameters: object) => number {
  return (parameters) => Number(statement.run(parameters as Parameters).changes)
}

/** A statement whose text depends on what is asked, prepared once for each text; there are as many as there are filters' combinations. */
export function preparedOnDemand(database: DatabaseSync): (sql: string) => StatementSync {
  const prepared = new Map<string, StatementSync>()
  return (sql) => {
    const statement = prepared.get(sql) ?? database.prepare(sql)
    prepared.set(sql, statement)
    return statement
  }
}

/** `WHERE` with the conditions that are given; nothing where none is. */
export function where(conditions: readonly (string | false)[]): string {
  const given = conditions.filter((condition) => condition !== false)
  return given.length === 0 ? '' : `WHERE ${given.join(' AND ')}`
}
