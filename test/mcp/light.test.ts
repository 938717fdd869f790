import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../house/source-tree.ts'

const folder = join(root, 'src', 'sdk', 'mcp')
const files = readdirSync(folder)

it.each(files)('%s takes nothing but Node’s own modules and the rest of the package: either MCP SDK is handed in', (file) => {
  const from = [...readFileSync(join(folder, file), 'utf8').matchAll(/\b(?:from|import) '([^']+)'$|\bimport\('([^']+)'\)/gm)].map(([, specifier, dynamic]) => specifier ?? dynamic ?? '')
  expect(from.filter((specifier) => !/^(?:\.{1,2}\/|node:)/.test(specifier))).toEqual([])
})

it('is found', () => { expect(files.length).toBeGreaterThan(10) })
