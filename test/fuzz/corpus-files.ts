import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const HOME = new URL('./corpus/', import.meta.url).pathname

/** What earlier runs found worth building upon, one file an input. */
export function readCorpus(target: string): readonly Buffer[] {
  const directory = join(HOME, target)
  return existsSync(directory) ? readdirSync(directory).toSorted().map((name) => readFileSync(join(directory, name))) : []
}

/** Keeps inputs; the same one is kept once. */
export function keepInCorpus(target: string, inputs: readonly Buffer[]): void {
  const directory = join(HOME, target)
  mkdirSync(directory, { recursive: true })
  for (const input of inputs) writeFileSync(join(directory, createHash('sha256').update(input).digest('hex').slice(0, 16)), input)
}
