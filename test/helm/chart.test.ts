import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readConfigDocuments } from '../../src/config/read-config-text.ts'
import { parseYamlFile } from '../../src/lib/yaml-document.ts'
import { root } from '../house/source-tree.ts'

/** Helm itself is not among what the tests install: held here is what needs no rendering. */
const chart = join(root, 'helm', 'postern')
const read = (...path: readonly string[]): string => readFileSync(join(chart, ...path), 'utf8')
const templates = readdirSync(join(chart, 'templates')).map((name) => ({ name, text: read('templates', name) }))
const EXAMPLES = readdirSync(join(chart, 'examples'))

type Json = { readonly [key: string]: unknown }
const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

async function yaml(...path: readonly string[]): Promise<Json> {
  const [document] = await parseYamlFile({ file: path.join('/'), text: read(...path) })
  if (!isMap(document?.value)) throw new Error(`${path.join('/')} is no mapping`)
  return document.value
}

/** As Helm merges values over a chart's own: maps key by key, null takes a key away, anything else replaces. */
function merged(base: Json, over: Json): Json {
  const result: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const before = result[key]
    if (value === null) delete result[key]
    else result[key] = isMap(before) && isMap(value) ? merged(before, value) : value
  }
  return result
}

async function valuesOf(example: string): Promise<Json> {
  return merged(await yaml('values.yaml'), await yaml('examples', example))
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: boolean | Schema
}
const schema = JSON.parse(read('values.schema.json')) as Schema & { readonly $schema: string }

/** Every key of the values against the schema's `properties`, as deep as the schema names them. */
function strangers(values: unknown, node: Schema, at: string): string[] {
  if (node.properties === undefined || !isMap(values)) return []
  const { properties } = node
  return Object.entries(values).flatMap(([key, value]) => {
    const known = properties[key]
    return known === undefined ? [`${at}.${key}`] : strangers(value, known, `${at}.${key}`)
  })
}

function openObjects(node: Schema, at: string): string[] {
  if (node.properties === undefined) return []
  const here = node.additionalProperties === false ? [] : [at]
  return [...here, ...Object.entries(node.properties).flatMap(([key, inner]) => openObjects(inner, `${at}.${key}`))]
}

describe('the values', () => {
  it('are described by a draft-07 schema that knows every key and takes no other', async () => {
    expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#')
    expect(strangers(await yaml('values.yaml'), schema, '')).toEqual([])
    expect(openObjects(schema, '')).toEqual([])
    expect(Object.keys(schema.properties ?? {}).toSorted()).toEqual(Object.keys(await yaml('values.yaml')).toSorted())
  })

  it('are used: each template names only values that there are', async () => {
    const values = await yaml('values.yaml')
    const named = new Set(templates.flatMap(({ text }) => [...text.matchAll(/\.Values\.([A-Za-z]+(?:\.[A-Za-z]+)*)/g)].map(([, path]) => path ?? '')))
    const missing = [...named].filter((path) => {
      let at: unknown = values
      for (const key of path.split('.')) {
        // Below the configuration and the agent's container stands what the user gives.
        if (path.startsWith('config.') || path.startsWith('agent.container.')) return false
        if (!isMap(at) || !(key in at)) return true
        at = at[key]
      }
      return false
    })
    expect(missing).toEqual([])
  })

  for (const example of EXAMPLES) {
    it(`of ${example} are known, and make a configuration that Postern takes`, async () => {
      expect(strangers(await yaml('examples', example), schema, '')).toEqual([])
      const { config } = await valuesOf(example)
      const documents = await parseYamlFile({ file: example, text: JSON.stringify(config) })
      expect(readConfigDocuments(example, documents)).toMatchObject({ problems: [], warnings: [] })
    })

    it(`of ${example} mount every file that the configuration refers to`, async () => {
      const values = await valuesOf(example)
      const files = [...JSON.stringify(values['config']).matchAll(/"\/etc\/postern\/secrets\/([a-z-]+)\//g)].map(([, name]) => name)
      expect(new Set(files)).toEqual(new Set(Object.keys(values['secretFiles'] as Json)))
      const config = JSON.stringify(values['config'])
      expect((values['tls'] as Json)['secretName'] !== '').toBe(config.includes('/etc/postern/tls/'))
      expect((values['authority'] as Json)['tlsSecretName'] !== '').toBe(config.includes('/etc/postern/authority-tls/'))
    })
  }
})

describe('the templates', () => {
  const all = templates.map(({ text }) => text).join('\n')

  it('never mount by subPath, which would freeze policies and configuration', () => {
    expect(all).not.toMatch(/subPath/i)
  })

  it('ask for nothing that restricted pod security refuses', () => {
    for (const line of ['allowPrivilegeEscalation: false', 'readOnlyRootFilesystem: true', 'runAsNonRoot: true', 'capabilities: { drop: [ALL] }',
      'seccompProfile: { type: RuntimeDefault }', 'automountServiceAccountToken: false']) expect(all).toContain(line)
    expect(all).not.toMatch(/hostPath|hostNetwork|hostPID|privileged: true|runAsUser: 0/)
  })

  it('probe the operations port, by paths that need no token', () => {
    expect([...all.matchAll(/httpGet: \{ path: (\S+), port: (\S+) \}/g)].map(([, path, port]) => `${path} ${port}`))
      .toEqual(['/readyz operations', '/readyz operations', '/healthz operations'])
  })

  it('show the agent’s container the trust bundle and nothing else of ours', () => {
    const agent = /define "postern\.agentContainer"[\s\S]*?\{\{- end -\}\}\s*$/.exec(templates.find(({ name }) => name === '_helpers.tpl')?.text ?? '')?.[0] ?? ''
    expect([...agent.matchAll(/"mountPath" "([^"]+)"/g)].map(([, path]) => path)).toEqual(['/run/postern'])
  })

  it('open the authority’s port where the configuration has one, and nowhere else', async () => {
    const { config } = await valuesOf('authority.values.yaml')
    expect(((config as Json)['authority'] as Json)['address']).toBe('0.0.0.0:8444')
    expect([...all.matchAll(/containerPort: (\d+)/g)].map(([, port]) => port)).toEqual(['8080', '9090', '8444'])
    expect(all).toMatch(/if \.Values\.config\.authority \}\}\n {2}- \{ name: authority, containerPort: 8444 \}/)
    expect(templates.find(({ name }) => name === 'authority.yaml')?.text).toMatch(/^\{\{- if \.Values\.config\.authority \}\}/)
  })

  it('come from files of this chart alone', () => {
    expect(read('Chart.yaml')).not.toContain('dependencies')
    expect(templates.map(({ name }) => basename(name)).toSorted()).toContain('deployment.yaml')
  })
})
