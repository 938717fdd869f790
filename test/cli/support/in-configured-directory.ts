import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { build } from './built.ts'
import { ConfiguredDirectory, startUpstreams, type Upstreams } from './configured.ts'

/** Builds the program and starts its upstreams once for the file; `take` gets a new configured directory before each test. */
export function inConfiguredDirectory(take: (directory: ConfiguredDirectory) => Promise<void> | void): void {
  let upstreams: Upstreams
  let directory: ConfiguredDirectory
  beforeAll(async () => {
    build()
    upstreams = await startUpstreams()
  }, 120_000)
  afterAll(() => upstreams.close())
  beforeEach(async () => {
    directory = await ConfiguredDirectory.make(upstreams)
    await take(directory)
  })
  afterEach(() => directory.remove())
}
