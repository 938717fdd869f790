import { spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../house/source-tree.ts'

const record = (seq: number): string =>
  `${JSON.stringify({ v: 1, seq, ts: '2026-11-21T09:32:14.120Z', event: 'admin.started', id: `evt_${seq}`, prev: `sha256:${'0'.repeat(64)}` })}\n`

it('opens no inspector for SIGUSR1', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'postern-inspector-'))
  const file = join(directory, 'audit.jsonl')
  writeFileSync(file, record(1))
  const child = spawn(process.execPath, [join(root, 'src/bin.ts'), 'audit', 'tail', '--follow', '--json', file], { stdio: ['ignore', 'pipe', 'pipe'] })
  let told = ''
  child.stderr.on('data', (chunk: Buffer) => { told += chunk.toString() })
  const ended = new Promise((resolve) => child.once('close', resolve))
  for await (const chunk of child.stdout) {
    if (String(chunk).includes('"seq":2')) break
    child.kill('SIGUSR1')
    appendFileSync(file, record(2))
  }
  child.kill('SIGINT')
  await ended
  rmSync(directory, { recursive: true })
  expect(told).not.toContain('Debugger')
})
