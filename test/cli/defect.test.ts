import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type ConfiguredDirectory, PULL } from './support/configured.ts'
import { inConfiguredDirectory } from './support/in-configured-directory.ts'

let directory: ConfiguredDirectory
inConfiguredDirectory((made) => {
  directory = made
})

describe('a defect that nobody caught', () => {
  it('ends the process, the records of what had happened on disk first', async () => {
    // A defect is made from outside: a timer that throws once a file appears, loaded before the program.
    const trigger = directory.file('trigger')
    const preload = directory.file('defect.mjs')
    writeFileSync(preload, `
      import { existsSync } from 'node:fs'
      setInterval(() => { if (existsSync(${JSON.stringify(trigger)})) throw new TypeError('a defect for the test') }, 1).unref()
    `)
    const { process, url } = await directory.ready(directory.start({ env: { NODE_OPTIONS: `--import=${preload}` } }))
    expect((await directory.call(url + PULL, await directory.token())).status).toBe(200)
    writeFileSync(trigger, '')
    const { code, stderr } = await process.ended
    expect(code).toBe(70)
    expect(stderr).toContain('nothing was prepared for this')
    const events = readFileSync(directory.file('audit.jsonl'), 'utf8').trim().split('\n').map((line) => (JSON.parse(line) as { event: string }).event)
    expect(events).toContain('api.call')
    expect(events.at(-1)).toBe('audit.checkpoint')
  })
})
