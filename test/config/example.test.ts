import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { configJsonSchema } from '../../src/config/json-schema.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { parseConfigText } from '../../src/config/read-config-text.ts'
import { keysOfDocument, keysOfSchema } from './config-keys.ts'

const EXAMPLE = 'config/postern.example.yaml'
const SCHEMA = '../../config/postern.schema.json'

let base: string
let example: string

beforeAll(async () => {
  example = await readFile(EXAMPLE, 'utf8')
  base = await mkdtemp(join(tmpdir(), 'postern-example-'))
  await mkdir(join(base, 'policies'))
})

afterAll(() => rm(base, { recursive: true }))

/** With every setting on that is off. */
function everythingOn(): string {
  return example.replace(/^( *)# (?! *#)(?!yaml-language-server)/gm, '$1')
}

describe('the example', () => {
  test('loads once the files that it names are there', async () => {
    for (const [, file] of example.matchAll(/file: (\.\/state\/[^ }]+)/g)) await place(file ?? '')
    await place('./state/tickets-api-key')
    const { config, warnings } = await loadConfig({
      file: EXAMPLE, baseDirectory: base, env: { ...process.env, SLACK_CLIENT_SECRET: 'a', SLACK_REFRESH_TOKEN: 'b' },
    })
    expect(warnings).toEqual([])
    expect(config.integrations.map(({ name, type }) => `${name}: ${type}`)).toEqual(['github: github', 'slack: slack', 'tickets: routes'])
  })

  async function place(file: string): Promise<void> {
    const path = join(base, file)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, 'the content of it')
    await chmod(path, 0o600)
  }

  test('has every key of the schema, and no other', async () => {
    const { document } = await parseConfigText(EXAMPLE, everythingOn())
    const shown = keysOfDocument(document.value)
    const known = keysOfSchema(configJsonSchema())
    expect(known.length).toBeGreaterThan(100)
    expect(shown.filter((key) => !known.includes(key))).toEqual([])
    expect(known.filter((key) => !shown.includes(key))).toEqual([])
  })

  test('explains every key, the first time it comes, in the line before it', () => {
    const lines = example.split('\n')
    const unexplained: string[] = []
    const seen = new Set<string>()
    lines.forEach((line, index) => {
      const key = /^ *(?:# )?(?:- )?([a-z_]+):(?: |$)/.exec(line)?.[1]
      if (key === undefined || line.includes('yaml-language-server') || line.trimStart().startsWith('##')) return
      const explained = (lines[index - 1] ?? '').trimStart().startsWith('##')
      if (!explained && !seen.has(key)) unexplained.push(`${index + 1}: ${key}`)
      seen.add(key)
    })
    expect(unexplained).toEqual([])
  })
})

test('the JSON Schema for editors is that of the code (vitest -u writes it)', async () => {
  await expect(`${JSON.stringify(configJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(SCHEMA)
})
