import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { operationalLog } from '../../src/cli/serve/operational-log.ts'
import { root } from '../house/source-tree.ts'

const PROGRAM = `
import { operationalLog } from ${JSON.stringify(join(root, 'src/cli/serve/operational-log.ts'))}
const log = operationalLog('info')
const before = process.memoryUsage().heapUsed
for (let line = 0; line < 20_000; line += 1) log.error({ line, filler: 'x'.repeat(1000) }, 'nobody reads this')
setImmediate(() => {
  global.gc()
  process.stdout.write(process.memoryUsage().heapUsed - before < 8_000_000 ? 'alive and lean' : 'alive')
})
`

describe('the operational log', () => {
  it.each(['debug', 'info'] as const)('tells of an error what it is and where, and no other member of it (%s)', (level) => {
    const lines: string[] = []
    const log = operationalLog(level, { write: (line) => void lines.push(line) })
    const wrong = Object.assign(new TypeError('Invalid URL', { cause: Object.assign(new Error('below'), { body: 'canary' }) }), {
      code: 'ERR_INVALID_URL', input: 'https://a.example/?key=canary', body: { token: 'canary' },
    })
    log.error({ err: wrong }, 'a defect')
    log.error({ err: 'canary' }, 'no error at all')
    expect(lines.join('')).not.toContain('canary')
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      err: { type: 'TypeError', message: 'Invalid URL', code: 'ERR_INVALID_URL', stack: expect.stringMatching(/^TypeError: Invalid URL\n +at .*\ncaused by: Error: below/s) },
    })
  })

  it('neither throws nor hoards where standard error takes nothing', () => {
    const full = openSync('/dev/full', 'w')
    const { stdout, status } = spawnSync(process.execPath, ['--expose-gc', '--input-type=module-typescript', '-e', PROGRAM], {
      stdio: ['ignore', 'pipe', full], encoding: 'utf8', cwd: root,
    })
    closeSync(full)
    expect({ stdout, status }).toEqual({ stdout: 'alive and lean', status: 0 })
  })
})
