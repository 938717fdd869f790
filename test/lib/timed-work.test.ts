import { describe, expect, it } from 'vitest'
import { abortable } from '../../src/lib/abortable.ts'
import { BoundedCache } from '../../src/lib/bounded-cache.ts'
import { systemTimers } from '../../src/lib/timers.ts'
import { within } from '../../src/lib/within.ts'
import { failureOf, ManualTime, settled } from '../issuance/manual-time.ts'

const late = () => new Error('late')

describe('work within a time', () => {
  it('gives its result and takes the timer back', async () => {
    const time = new ManualTime()
    expect(await within(time, 100, async () => 'done', late)).toBe('done')
    await settled()
    expect(time.pending).toBe(0)
  })

  it('passes its failure on', async () => {
    await expect(within(new ManualTime(), 100, async () => { throw new Error('broken') }, late)).rejects.toThrow('broken')
  })

  it('is told to stop when the time is over, and what it gives then is handed to whoever undoes it', async () => {
    const time = new ManualTime()
    const { promise, resolve } = Promise.withResolvers<string>()
    const undone: string[] = []
    let stopped = false
    const waiting = within(time, 100, (signal) => {
      signal.addEventListener('abort', () => { stopped = true })
      return promise
    }, late, (value) => undone.push(value))
    const refused = failureOf(waiting)
    await time.advance(100)
    expect(await refused).toMatchObject({ message: 'late' })
    expect(stopped).toBe(true)
    resolve('too late')
    await settled()
    expect(undone).toEqual(['too late'])
  })
})

describe('waiting that can be given up', () => {
  it('ends with the signal, without leaving a listener or an unhandled failure', async () => {
    const controller = new AbortController()
    const work = Promise.withResolvers<string>()
    const waiting = failureOf(abortable(work.promise, controller.signal, late))
    controller.abort()
    expect(await waiting).toMatchObject({ message: 'late' })
    work.reject(new Error('nobody waits for this'))
    await settled()
  })

  it('gives the result where nobody gave up, and fails at once where somebody had already', async () => {
    expect(await abortable(Promise.resolve('done'), new AbortController().signal, late)).toBe('done')
    await expect(abortable(Promise.reject(new Error('broken')), AbortSignal.abort(), late)).rejects.toThrow('late')
  })
})

describe('the system\'s timers', () => {
  it('run once, unless taken back', async () => {
    const ran: string[] = []
    const cancel = systemTimers.after(1, () => ran.push('taken back'))
    cancel()
    await new Promise<void>((resolve) => {
      systemTimers.after(2, () => { ran.push('ran'); resolve() })
      // The timers of ours keep no process alive: this one does, for the test.
      const alive = setInterval(() => { if (ran.includes('ran')) clearInterval(alive) }, 1)
    })
    expect(ran).toEqual(['ran'])
  })

  it('do not run at once what is due in more than 2^31 milliseconds', async () => {
    let ran = false
    const cancel = systemTimers.after(2 ** 31 + 1_000, () => { ran = true })
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(ran).toBe(false)
    cancel()
  })
})

describe('the bounded cache', () => {
  it('tells of what had to go, not of what was deleted or replaced', () => {
    const evicted: string[] = []
    const cache = new BoundedCache<{ readonly name: string }>(2, ({ name }, key) => evicted.push(`${key}=${name}`))
    cache.set('a', { name: '1' })
    cache.set('b', { name: '1' })
    cache.set('a', { name: '2' })
    cache.get('b')
    cache.set('c', { name: '1' })
    cache.delete('b')
    expect(evicted).toEqual(['a=2'])
    expect(cache.values()).toEqual([{ name: '1' }])
    expect(cache.size).toBe(1)
  })
})
