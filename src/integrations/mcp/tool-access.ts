import type { Access } from '../../model/operation.ts'

/** What tools of these names do, as the configuration tells it. */
export interface ToolOptions {
  /** A tool's name; `*` stands for any run of characters. */
  readonly name: string
  readonly access: Access
}

/** MCP 2026-07-28, tools: letters, digits, `_`, `-`, `.`; with the separators that servers use all the same. */
const TOOL_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.:/-]{0,126}[A-Za-z0-9_])?$/

/** Whether a name is plain enough that every server reads the same in it. */
export function isToolName(name: unknown): name is string {
  return typeof name === 'string' && TOOL_NAME.test(name) && !name.includes('//') && !name.includes('..')
}

/** The access of a tool: the first entry that fits tells it; a tool that nobody told of writes. */
export function toolAccess(tools: readonly ToolOptions[]): (name: string) => Access {
  const entries = tools.map(({ name, access }) => ({ pieces: name.split('*'), access }))
  return (name) => entries.find(({ pieces }) => fits(pieces, name))?.access ?? 'write'
}

/** Pieces in their order, the first at the beginning and the last at the end. Linear in the name. */
function fits(pieces: readonly string[], name: string): boolean {
  const [first = '', ...rest] = pieces
  const last = rest.pop()
  if (last === undefined) return name === first
  if (!name.startsWith(first)) return false
  let at = first.length
  for (const piece of rest) {
    const found = name.indexOf(piece, at)
    if (found === -1) return false
    at = found + piece.length
  }
  return name.length - last.length >= at && name.endsWith(last)
}
