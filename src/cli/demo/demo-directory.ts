import { cp, mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { takeExclusiveLock } from '../../lib/exclusive-lock.ts'
import { sentenceOf } from '../../lib/system-error.ts'

/**
 * Takes the demo's directory and empties it: nothing of an earlier demo is of use, since its stand-ins are gone.
 * @returns the function that gives it up again; what lies in it stays, to be looked at
 * @throws Error where another demo runs in it, or where it cannot be made
 */
export async function takeDemoDirectory(directory: string): Promise<() => void> {
  // Beside the directory, which is about to be emptied.
  const lockFile = join(dirname(directory), 'demo.lock')
  const lock = await writable(directory, async () => {
    await mkdir(dirname(directory), { recursive: true, mode: 0o700 })
    return takeExclusiveLock(lockFile)
  })
  if (lock === undefined) throw new Error(`another demo runs in ${directory}: end it first, or start this one in another directory`)
  await writable(directory, async () => {
    await rm(directory, { recursive: true, force: true })
    await mkdir(directory, { mode: 0o700 })
  }).catch((error: unknown) => {
    lock.release()
    throw error
  })
  return () => lock.release()
}

/** A copy of the policies that come with the package, to be edited without touching those. @returns where it is */
export async function copyPolicies(from: string, directory: string): Promise<string> {
  const to = join(directory, 'policies')
  await cp(from, to, { recursive: true })
  return to
}

async function writable<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new Error(`the demo keeps its files in ${directory}, which cannot be written: ${sentenceOf(error)}`, { cause: error })
  }
}
