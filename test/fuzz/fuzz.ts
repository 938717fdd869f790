import type { BlockCoverage } from './block-coverage.ts'
import type { FuzzTarget } from './fuzz-target.ts'
import { Dice, mutate } from './mutations.ts'

export interface Finding {
  readonly what: string
  readonly input: Buffer
}

export interface FuzzResult {
  readonly executions: number
  readonly findings: readonly Finding[]
  /** Inputs by which something ran that had not run before. */
  readonly added: readonly Buffer[]
}

export interface FuzzOptions {
  /** Inputs to begin with, beside the target's own. */
  readonly corpus: readonly Buffer[]
  readonly seed: number
  /** Asked now and then. */
  readonly goesOn: (executions: number) => boolean
  /** Guides where it is given: what reaches something new is built upon. */
  readonly coverage?: BlockCoverage
}

/** So many inputs between two looks at the coverage, which cost as much as hundreds of them. */
const BATCH = 512
const MAX_FINDINGS = 20

/** Gives a target inputs, each made of one that is known already, until it is told to stop. */
export function fuzz(target: FuzzTarget, { corpus, seed, goesOn, coverage }: FuzzOptions): FuzzResult {
  const dice = new Dice(seed)
  const known = [...target.seeds.map((text) => Buffer.from(text, 'latin1')), ...corpus]
  const added: Buffer[] = []
  const findings = new Map<string, Finding>()
  let executions = 0
  const execute = (input: Buffer): void => {
    executions += 1
    try {
      target.run(input)
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error)
      if (!findings.has(what)) findings.set(what, { what, input })
    }
  }
  for (const input of known) execute(input)
  coverage?.look(true)
  while (goesOn(executions) && findings.size < MAX_FINDINGS) {
    const batch = Array.from({ length: BATCH }, () => mutate(dice, dice.pick(known), target.words, dice.pick(known)))
    for (const input of batch) execute(input)
    if (coverage?.look(false) !== true) continue
    const found = newIn(batch, execute, coverage)
    known.push(...found)
    added.push(...found)
  }
  return { executions, findings: [...findings.values()], added }
}


/** Some of them reached something new: which, running halves of them again tells. What they reached counts as known afterwards. */
function newIn(batch: readonly Buffer[], execute: (input: Buffer) => void, coverage: BlockCoverage): readonly Buffer[] {
  const [only] = batch
  if (only === undefined) return []
  for (const input of batch) execute(input)
  if (batch.length === 1) return coverage.look(true) ? [only] : []
  if (!coverage.look(false)) return []
  const middle = batch.length >> 1
  return [...newIn(batch.slice(0, middle), execute, coverage), ...newIn(batch.slice(middle), execute, coverage)]
}
