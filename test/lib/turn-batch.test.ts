import { describe, expect, test } from 'vitest'
import { TurnBatch } from '../../src/lib/turn-batch.ts'

const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

describe('what a turn brings', () => {
  test('is handled together, in order, once the turn has brought all', async () => {
    const handled: string[] = []
    const batch = new TurnBatch<string>((item) => handled.push(item))
    batch.add('a')
    batch.add('b')
    await Promise.resolve()
    expect(handled).toEqual([])
    await turn()
    expect(handled).toEqual(['a', 'b'])
  })

  test('that comes while it is handled belongs to the next turn', async () => {
    const handled: string[] = []
    const batch = new TurnBatch<string>((item) => {
      handled.push(item)
      if (item === 'a') batch.add('of a')
    })
    batch.add('a')
    batch.add('b')
    await turn()
    expect(handled).toEqual(['a', 'b'])
    await turn()
    expect(handled).toEqual(['a', 'b', 'of a'])
  })

  test('can be handled sooner, once', async () => {
    const handled: string[] = []
    const batch = new TurnBatch<string>((item) => handled.push(item))
    batch.add('a')
    batch.flush()
    expect(handled).toEqual(['a'])
    batch.add('b')
    await turn()
    await turn()
    expect(handled).toEqual(['a', 'b'])
  })

  test('is not lost where one of it throws', async () => {
    const handled: string[] = []
    const batch = new TurnBatch<string>((item) => {
      if (item === 'bad') throw new Error('x')
      handled.push(item)
    })
    const thrown: unknown[] = []
    const before = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.once('uncaughtException', (error) => thrown.push(error))
    batch.add('bad')
    batch.add('a')
    batch.add('b')
    await turn()
    await turn()
    for (const listener of before) process.on('uncaughtException', listener)
    expect({ handled, thrown: thrown.map(String) }).toEqual({ handled: ['a', 'b'], thrown: ['Error: x'] })
  })
})
