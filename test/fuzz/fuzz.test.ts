import { describe, expect, it } from 'vitest'
import { readCorpus } from './corpus-files.ts'
import { fuzz } from './fuzz.ts'
import { TARGETS } from './targets.ts'

const EXECUTIONS = 3_000
const SEED = 20_261_122

describe('anything at all, given to', () => {
  for (const [name, load] of Object.entries(TARGETS)) {
    it(`the ${name}: what must hold holds`, async () => {
      const target = await load()
      const { findings, executions } = fuzz(target, { corpus: readCorpus(name), seed: SEED, goesOn: (count) => count < EXECUTIONS })
      expect(findings.map(({ what, input }) => `${what}: ${JSON.stringify(input.toString('latin1'))}`)).toEqual([])
      expect(executions).toBeGreaterThanOrEqual(EXECUTIONS)
    })
  }

  it('a target that has a fault: it is found', () => {
    const faulty = { name: 'faulty', covers: [], words: ['a', 'b', 'c'], seeds: ['x'],
      run: (input: Buffer) => { if (input.includes('abc')) throw new Error('abc is not borne') } }
    expect(fuzz(faulty, { corpus: [], seed: 1, goesOn: (count) => count < 50_000 }).findings.map(({ what }) => what)).toEqual(['abc is not borne'])
  })
})
