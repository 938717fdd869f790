import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../house/source-tree.ts'

const read = (...path: readonly string[]): string => readFileSync(join(root, ...path), 'utf8')
const typescriptSource = (name: string): string => read('src', 'sdk', 'errors', name)
const pythonSource = (name: string): string => read('sdk', 'python', 'src', 'postern', name)
const TYPESCRIPT = { classes: typescriptSource('refusals.ts'), base: typescriptSource('postern-error.ts'), table: typescriptSource('error-classes.ts') }
const PYTHON = { classes: pythonSource('errors.py'), table: pythonSource('codes.py'), exports: pythonSource('__init__.py') }

/** What one class of errors is made of: what it is a kind of, and its own fields. */
interface ErrorShape {
  readonly parent: string
  readonly fields: readonly string[]
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

function shapesIn(text: string, head: RegExp, field: RegExp): Readonly<Record<string, ErrorShape>> {
  const starts = [...text.matchAll(head)]
  return Object.fromEntries(starts.map((start, index) => {
    const body = text.slice(start.index + start[0].length, starts[index + 1]?.index)
    return [start[1] ?? '', { parent: start[2] ?? '', fields: [...body.matchAll(field)].map(([, name = '']) => snakeCase(name)) }]
  }))
}

const typescriptShapes = shapesIn(`${TYPESCRIPT.base}\n${TYPESCRIPT.classes}`, /^export class (\w+) extends (\w+)/gm, /^ {2}readonly (\w+):/gm)
const pythonShapes = shapesIn(PYTHON.classes, /^class (\w+Error)\((\w+)\)/gm, /^ {4}(\w+): /gm)

const pairs = (text: string, pair: RegExp): Readonly<Record<string, string>> => Object.fromEntries([...text.matchAll(pair)].map(([, code = '', name = '']) => [code, name]))

describe('the package for Python, beside the one for TypeScript', () => {
  it('knows the same codes, each with the same class', () => {
    const typescript = pairs(TYPESCRIPT.table, /^ {2}(\w+): (\w+Error),$/gm)
    expect(Object.keys(typescript).length).toBeGreaterThan(80)
    expect(pairs(PYTHON.table, /^ {4}"(\w+)": (\w+Error),$/gm)).toEqual(typescript)
  })

  it('has the same classes of errors, of the same kinds, with the same fields', () => {
    expect(Object.keys(typescriptShapes).length).toBeGreaterThan(15)
    expect({ ...pythonShapes, PosternError: { ...pythonShapes['PosternError'], parent: 'Error' } }).toEqual(typescriptShapes)
    expect(pythonShapes['PosternError']?.parent).toBe('Exception')
  })

  it('exports each of them', () => {
    const exported = [...PYTHON.exports.matchAll(/^ {4}"(\w+)",$/gm)].map(([, name]) => name)
    expect(exported).toEqual(expect.arrayContaining(Object.keys(typescriptShapes)))
  })
})
