import type { z } from 'zod'

type Schema = z.core.$ZodType
type Path = readonly (string | number)[]

/** The keys that a schema knows at a place of a value; of a union those of every option that the value could mean. */
export function knownKeysAt(schema: Schema, path: Path, value: unknown): readonly string[] {
  return [...new Set(schemasAt(schema, path, value).flatMap((found) => shapeOf(found) === undefined ? [] : Object.keys(shapeOf(found) ?? {})))]
}

/** The description that a schema carries at a place of a value: the innermost there is. */
export function describeAt(schema: Schema, path: Path, value: unknown): string | undefined {
  const parents = path.length === 0 ? [schema] : schemasAt(schema, path.slice(0, -1), value).flatMap((found) => step(found, path.at(-1)))
  for (const parent of parents) {
    for (const layer of layersOf(parent)) {
      const description = descriptionOf(layer)
      if (description !== undefined) return description
    }
  }
  return undefined
}

function schemasAt(schema: Schema, path: Path, value: unknown): readonly Schema[] {
  const here = expand(schema, value)
  const [first, ...rest] = path
  if (first === undefined) return here
  return here.flatMap((found) => step(found, first)).flatMap((next) => schemasAt(next, rest, childOf(value, first)))
}

function childOf(value: unknown, part: string | number): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[part] : undefined
}

/** The schema without its wrappers, and each option of a union by itself. */
function expand(schema: Schema, value: unknown): readonly Schema[] {
  const inner = layersOf(schema).at(-1) ?? schema
  const options = (inner._zod.def as { options?: readonly Schema[] }).options
  if (options === undefined) return [inner]
  const expanded = options.flatMap((option) => expand(option, value))
  const fitting = expanded.filter((option) => fits(option, value))
  return fitting.length > 0 ? fitting : expanded
}

/** Whether the literal keys of an object schema (`type: github`) are those of the value. */
function fits(schema: Schema, value: unknown): boolean {
  const shape = shapeOf(schema)
  if (shape === undefined) return false
  return Object.entries(shape).every(([key, field]) => {
    const values = field._zod.def.type === 'literal' ? field._zod.values : undefined
    return values === undefined || values.has(childOf(value, key) as z.core.util.Primitive)
  })
}

/** From the outermost wrapper (optional, default, readonly, pipe, lazy …) to what is wrapped. */
function layersOf(schema: Schema): readonly Schema[] {
  const definition = schema._zod.def as { innerType?: Schema, in?: Schema, getter?: () => Schema }
  const inner = definition.innerType ?? definition.in ?? definition.getter?.()
  return inner === undefined ? [schema] : [schema, ...layersOf(inner)]
}

function shapeOf(schema: Schema): Readonly<Record<string, Schema>> | undefined {
  return (schema._zod.def as { shape?: Readonly<Record<string, Schema>> }).shape
}

function step(schema: Schema, part: string | number | undefined): readonly Schema[] {
  const definition = schema._zod.def as { element?: Schema, valueType?: Schema }
  const next = typeof part === 'string' ? shapeOf(schema)?.[part] ?? definition.valueType : definition.element
  return next === undefined ? [] : [next]
}

function descriptionOf(schema: Schema): string | undefined {
  const description = (schema as { description?: unknown }).description
  return typeof description === 'string' ? description : undefined
}
