/**
 * What a field takes: a scope, or `issues|pull_requests:read` where either permission suffices (what belongs to issues and pull requests alike).
 */
export type Need = string

/** A type of GitHub's schema as far as it was reviewed: what does not stand here is unknown, and denied. */
export interface Shape {
  /** Its name in the schema. */
  readonly type: string
  readonly fields: ReadonlyMap<string, FieldRule>
  /** Of an interface or union: the types that a fragment may pick of it. */
  readonly on: ReadonlyMap<string, Shape>
}

export interface FieldRule {
  readonly needs: readonly Need[]
  /** Undefined for a leaf. */
  readonly shape: Shape | undefined
}

/** The schema's own description, which is public: everything below it is known. */
export const SCHEMA_SHAPE: Shape = { type: '__Schema', fields: new Map(), on: new Map() }

const NO_NEED: readonly Need[] = []
const LEAF: FieldRule = { needs: NO_NEED, shape: undefined }

type Composites = Readonly<Record<string, Shape | FieldRule>>

/**
 * Describes a type.
 * @param leaves fields without fields of their own, separated by white space
 * @param concrete for an interface or a union
 */
export function shape(type: string, leaves: string, composites: Composites = {}, concrete: readonly Shape[] = []): Shape {
  const fields = new Map<string, FieldRule>()
  for (const name of leaves.split(/\s+/)) if (name !== '') fields.set(name, LEAF)
  for (const [name, given] of Object.entries(composites)) fields.set(name, 'type' in given ? { needs: NO_NEED, shape: given } : given)
  return { type, fields, on: new Map(concrete.map((one) => [one.type, one])) }
}

/** A field that takes scopes, beside those of the fields it is below. */
export function needing(needs: Need | readonly Need[], below?: Shape): FieldRule {
  return { needs: typeof needs === 'string' ? [needs] : needs, shape: below }
}

/** Leaves that take one scope. */
export function leavesNeeding(need: Need, leaves: string): Composites {
  return Object.fromEntries(leaves.split(/\s+/).filter((name) => name !== '').map((name) => [name, needing(need)]))
}

const PAGE_INFO = shape('PageInfo', 'hasNextPage hasPreviousPage startCursor endCursor')

/** A page of a list, as GitHub's schema has it. Its types' names follow from the entry's, but for those that are given. */
export function connection(node: Shape, { type = `${node.type}Connection`, edge = `${node.type}Edge`, leaves = '' } = {}): Shape {
  return shape(type, `totalCount ${leaves}`, { nodes: node, edges: shape(edge, 'cursor', { node }), pageInfo: PAGE_INFO })
}
