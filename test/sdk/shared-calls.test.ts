import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SharedCalls } from '../../src/sdk/shared-calls.ts'

describe('calls that are shared', () => {
  it('run once for all who wait, are aborted when none does, and are never kept, in any order of coming and going', async () => {
    await fc.assert(fc.asyncProperty(
      fc.array(fc.record({ key: fc.constantFrom('a', 'b'), leaves: fc.boolean() }), { minLength: 1, maxLength: 12 }),
      fc.boolean(),
      async (callers, fails) => {
        const calls = new SharedCalls<string>()
        const runs: { readonly key: string; readonly signal: AbortSignal; readonly end: () => void }[] = []
        const work = (key: string) => (signal: AbortSignal): Promise<string> => new Promise((resolve, reject) => {
          runs.push({ key, signal, end: () => (fails ? reject(new Error(key)) : resolve(key)) })
        })
        const waiting = callers.map(({ key, leaves }) => {
          const controller = new AbortController()
          return { key, leaves, controller, result: calls.run(key, controller.signal, work(key)).then((value) => value, (error: Error) => error.message) }
        })
        expect(runs.map(({ key }) => key).toSorted()).toEqual([...new Set(callers.map(({ key }) => key))].toSorted())
        for (const one of waiting) if (one.leaves) one.controller.abort(new Error('left'))
        await Promise.all(waiting.filter(({ leaves }) => leaves).map(({ result }) => result))
        for (const { key, signal, end } of runs) {
          expect(signal.aborted).toBe(waiting.filter((one) => one.key === key).every(({ leaves }) => leaves))
          end()
        }
        for (const one of waiting) expect(await one.result).toBe(one.leaves ? 'left' : one.key)
        const before = runs.length
        const again = calls.run('a', undefined, work('a'))
        expect(runs.length).toBe(before + 1)
        runs.at(-1)?.end()
        await again.catch(() => undefined)
      },
    ), { numRuns: 100 })
  })

  it('do not begin for whoever has left already', async () => {
    let begun = 0
    const work = (): Promise<void> => { begun += 1; return Promise.resolve() }
    await expect(new SharedCalls<void>().run('a', AbortSignal.abort(new Error('left')), work)).rejects.toThrow('left')
    expect(begun).toBe(0)
  })
})
