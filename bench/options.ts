import { parseArgs } from 'node:util'

/** What one run of the bench is asked to do. */
export interface Options {
  /** Small versions of every table, printed and not kept. */
  readonly quick: boolean
  /** Sections to run, in the bench's own order; all where none is named. */
  readonly only: readonly string[]
  /** Peers that are left out. */
  readonly without: readonly string[]
  readonly rounds: number
  /** The build that is measured. */
  readonly dist: string
  /** Of this run's files that tell why something failed. */
  readonly keep: boolean
}

/** @throws TypeError with one sentence, for a flag that there is not */
export function readOptions(args: readonly string[], defaultDist: string): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      without: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      dist: { type: 'string', default: defaultDist },
      keep: { type: 'boolean', default: false },
    },
  })
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5))
  if (!Number.isInteger(rounds) || rounds < 1) throw new TypeError('--rounds takes a whole number from 1')
  return { ...values, only: names(values.only), without: names(values.without), rounds }
}

function names(given: readonly string[]): string[] {
  return given.flatMap((text) => text.split(',')).map((name) => name.trim()).filter((name) => name !== '')
}
