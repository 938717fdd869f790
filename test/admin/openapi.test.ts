import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { adminRoutes } from '../../src/authority/admin/admin-routes.ts'
import { openApiDocument } from '../../src/authority/admin/openapi-document.ts'
import { root } from '../house/source-tree.ts'
import { AdminWorld } from './support/admin-world.ts'

type Operation = Readonly<Record<string, unknown>> & { readonly responses: Readonly<Record<string, unknown>>; readonly summary?: string }
interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}

const document = openApiDocument() as Document
const operations = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })))

/** Every `$ref` below. */
function references(node: unknown): readonly string[] {
  if (Array.isArray(node)) return node.flatMap(references)
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([name, value]) => (name === '$ref' && typeof value === 'string' ? [value] : references(value)))
}

describe('the description of the admin API', () => {
  it('is docs/openapi.json (node scripts/openapi.ts writes it)', () => {
    expect(readFileSync(join(root, 'docs', 'openapi.json'), 'utf8')).toBe(`${JSON.stringify(document, undefined, 2)}\n`)
  })

  it('is what a running authority tells', async () => {
    const world = await AdminWorld.start()
    const { status, json } = await world.ask('GET', '/v1/openapi.json')
    await world.close()
    expect({ status, json }).toEqual({ status: 200, json: JSON.parse(JSON.stringify(document)) })
  })

  it('has the routes that are served, and no other', () => {
    const served = adminRoutes(new AdminWorld().deps()).openAPIRegistry.definitions
      .flatMap((each) => (each.type === 'route' ? [`${each.route.method} ${each.route.path}`] : []))
    expect(operations.map(({ path, method }) => `${method} ${path}`).toSorted()).toEqual(served.toSorted())
  })

  it('is OpenAPI 3.1 whose references lead somewhere', () => {
    expect(document.openapi).toBe('3.1.0')
    const known = new Set(Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`))
    const used = references(document)
    expect(used.length).toBeGreaterThan(20)
    expect(used.filter((each) => !known.has(each))).toEqual([])
  })

  it.each(operations)('$method $path names its parameters, its answer and its refusals', ({ path, operation }) => {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    const parameters = (operation['parameters'] ?? []) as readonly { name: string; in: string; required?: boolean }[]
    expect(parameters.filter((each) => each.in === 'path').map(({ name }) => name)).toEqual(named)
    expect(operation.summary).toMatch(/^[A-Z].{3,}/)
    expect(Object.keys(operation.responses)).toContain('default')
    expect(Object.keys(operation.responses).filter((status) => /^2\d\d$/.test(status))).toHaveLength(1)
  })

  it('permits no unknown field in any body', () => {
    const bodies = operations.flatMap(({ operation }) => references(operation['requestBody']))
    const open = [...new Set(bodies)].filter((each) => {
      const schema = document.components.schemas[each.slice('#/components/schemas/'.length)] as { additionalProperties?: unknown }
      return schema.additionalProperties !== false
    })
    expect(bodies.length).toBeGreaterThan(5)
    expect(open).toEqual([])
  })
})
