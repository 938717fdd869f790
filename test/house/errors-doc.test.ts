import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CODES } from '../../src/model/codes.ts'
import { root } from './source-tree.ts'

const rows = [...readFileSync(join(root, 'docs', 'errors.md'), 'utf8').matchAll(/^\| `([a-z_]+)` \| (\d{3}) \| (denial|fault) \|/gm)]
const documented = new Map(rows.map(([, code, status, kind]) => [code as string, { status: Number(status), kind }]))

describe('docs/errors.md', () => {
  it('lists every code once', () => {
    expect(rows.length).toBe(documented.size)
    expect([...documented.keys()].toSorted()).toEqual(Object.keys(CODES).toSorted())
  })

  for (const [code, { status, kind }] of Object.entries(CODES)) {
    it(`tells the status and kind of ${code}`, () => expect(documented.get(code)).toEqual({ status, kind }))
  }
})
