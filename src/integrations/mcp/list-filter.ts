import { parseStrictJson } from '../../http/strict-json.ts'
import type { AnswerFilter, MayCall } from '../integration.ts'
import { isRecord } from './message.ts'
import type { McpOperations } from './operations.ts'

/** The lists that answers hold, and what names an entry. */
const LISTS = [['tools', 'name'], ['prompts', 'name'], ['resources', 'uri']] as const

/** Each is judged by all rules: a longer list, which no server needs in one page, would hold up every other request. */
const MAX_ENTRIES = 4096

type Fields = Readonly<Record<string, unknown>>

/**
 * Leaves in every list just those entries that this principal could be allowed to use. A list is known by its shape, not by the request: an
 * answer that was broken off comes again on another stream.
 */
export function mcpListFilter(operations: McpOperations, mayCall: MayCall): AnswerFilter {
  const shown = (list: 'tools' | 'prompts' | 'resources', name: unknown): boolean => {
    const operation = operations.ofEntry(list, name)
    return operation !== undefined && mayCall(operation)
  }

  /**
   * @param room for how many entries more there is, in one document
   * @returns the message itself where it lists nothing, undefined where it cannot be judged
   */
  function filtered(message: unknown, room: { entries: number }): unknown {
    if (!isRecord(message)) return undefined
    const { result } = message
    if (!isRecord(result)) return message
    let kept: Fields = result
    for (const [list, key] of LISTS) {
      if (!Object.hasOwn(result, list)) continue
      const entries = result[list]
      if (!Array.isArray(entries) || (room.entries -= entries.length) < 0) return undefined
      kept = { ...kept, [list]: entries.filter((entry: unknown) => isRecord(entry) && shown(list, entry[key])) }
    }
    return kept === result ? message : { ...message, result: kept }
  }

  return {
    document(text) {
      const parsed = parseStrictJson(text)
      if (parsed === undefined) return undefined
      const messages: readonly unknown[] = Array.isArray(parsed.value) ? parsed.value : [parsed.value]
      const room = { entries: MAX_ENTRIES }
      const kept = messages.map((message) => filtered(message, room))
      if (kept.includes(undefined)) return undefined
      if (kept.every((message, at) => message === messages[at])) return text
      return JSON.stringify(Array.isArray(parsed.value) ? kept : kept[0])
    },
  }
}
