import type * as workerThreads from 'node:worker_threads'
import { expect, it, onTestFinished, vi } from 'vitest'
import { Secret } from '../../src/lib/secret.ts'
import { newId } from '../../src/model/ids.ts'
import { temporaryStore } from './temporary-store.ts'

const threads: workerThreads.Worker[] = []
vi.mock('node:worker_threads', async (original) => {
  const real = await original<typeof workerThreads>()
  class Known extends real.Worker {
    constructor(...given: ConstructorParameters<typeof workerThreads.Worker>) {
      super(...given)
      threads.push(this)
    }
  }
  return { ...real, Worker: Known }
})

it('tells once that its thread died, keeps nobody waiting, and takes nothing more', async () => {
  const lost: unknown[] = []
  const { store } = await temporaryStore({ onLost: (error) => lost.push(error) })
  const add = (): Promise<void> => store.liveCredentials.add({ id: newId('crd'), integration: 'github', secret: new Secret('t'), expiresAtMs: 5 })
  expect(store.open).toBe(true)
  const waiting = Promise.allSettled(Array.from({ length: 100 }, add))
  await threads[0]?.terminate()
  expect((await waiting).at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'store_closed' } })
  await expect(add()).rejects.toMatchObject({ code: 'store_closed' })
  expect(lost).toHaveLength(1)
  expect(store.open).toBe(false)
  onTestFinished(() => store.close())
})
