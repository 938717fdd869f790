import { describe, expect, it } from 'vitest'
import { Started } from '../../src/cli/serve/started.ts'
import { failureOf, ManualTime, settled } from '../issuance/manual-time.ts'

function world(): { time: ManualTime; told: unknown[]; order: string[]; started: Started } {
  const time = new ManualTime()
  const told: unknown[] = []
  return { time, told, order: [], started: new Started(time, (error) => told.push(error)) }
}

describe('what has been started', () => {
  it('ends in the opposite order, once, whoever asks', async () => {
    const { order, started } = world()
    started.add(() => void order.push('audit'))
    started.add(async () => {
      await settled()
      order.push('store')
    })
    started.addFirst(() => void order.push('operations'))
    await Promise.all([started.closeAll(), started.closeAll()])
    expect(order).toEqual(['store', 'audit', 'operations'])
  })

  it('gives each its turn after a failure, and is no clean end then', async () => {
    const { order, started, told } = world()
    started.add(() => void order.push('store'))
    started.add(() => Promise.reject(new Error('the audit could not be flushed')))
    started.add(() => { throw new Error('a second one') })
    expect(await failureOf(started.closeAll())).toMatchObject({ message: 'a second one' })
    expect(order).toEqual(['store'])
    expect(told).toHaveLength(2)
  })

  it('leaves behind what is stuck, after its time', async () => {
    const { time, order, started } = world()
    started.add(() => void order.push('audit'))
    started.add(() => new Promise(() => undefined), 10_000)
    const failure = failureOf(started.closeAll())
    await time.advance(9_999)
    expect(order).toEqual([])
    await time.advance(1)
    expect(await failure).toMatchObject({ message: expect.stringContaining('10000 ms') })
    expect(order).toEqual(['audit'])
  })
})
