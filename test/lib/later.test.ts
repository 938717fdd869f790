import { describe, expect, test } from 'vitest'
import { Later } from '../../src/lib/later.ts'

describe('a value that comes later', () => {
  test('is told in the turn in which it comes, once', () => {
    const later = new Later<string>()
    const told: unknown[] = []
    later.whenSettled((value) => told.push(value), (error) => told.push(error))
    expect(told).toEqual([])
    later.resolve('a')
    later.resolve('b')
    later.reject(new Error('c'))
    expect(told).toEqual(['a'])
  })

  test('is told at once to a listener that comes after it', () => {
    const later = new Later<string>()
    const told: unknown[] = []
    const error = new Error('x')
    later.reject(error)
    later.whenSettled((value) => told.push(value), (thrown) => told.push(thrown))
    expect(told).toEqual([error])
  })

  test('can be awaited as a promise is', async () => {
    const good = new Later<string>()
    const bad = new Later<string>()
    good.resolve('a')
    bad.reject(new Error('x'))
    expect(await good.toPromise()).toBe('a')
    await expect(bad.toPromise()).rejects.toThrow('x')
  })

  test('has one listener: a second would never have been told', () => {
    const later = new Later<string>()
    later.whenSettled(() => undefined, () => undefined)
    expect(() => later.whenSettled(() => undefined, () => undefined)).toThrow(TypeError)
  })
})
