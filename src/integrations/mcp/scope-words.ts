import type { Access } from '../../model/operation.ts'
import type { ScopeWords } from '../scope-words.ts'

interface Words {
  readonly can: string
  readonly access: Access
}

const WORDS: ReadonlyMap<string, Words> = new Map<string, Words>([
  ['tools:read', { can: 'Use tools that only look something up', access: 'read' }],
  ['tools:call', { can: 'Use tools, also those that change something', access: 'write' }],
  ['tools:admin', { can: 'Use every tool, also those that administer', access: 'admin' }],
  ['resources:read', { can: 'Read resources', access: 'read' }],
  ['prompts:read', { can: 'Get prompts', access: 'read' }],
  ['tasks:read', { can: 'Look at tasks and their results', access: 'read' }],
  ['tasks:write', { can: 'Look at tasks, answer and cancel them', access: 'write' }],
])

/** @param title the server's name, as people know it */
export function mcpScopeWords(title: string): ScopeWords {
  return {
    title,
    can: (scope) => `${WORDS.get(scope)?.can ?? `Use the permission ${scope}`} of ${title}`,
    // What nothing is known of is told as the gravest.
    access: (scope) => WORDS.get(scope)?.access ?? 'admin',
    targets: { one: 'tool', many: 'tools', everything: `everything that ${title} has` },
    powers: [{ words: `use tools of ${title} that change something`, operations: ['tools/call *'] }],
  }
}
