import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '../house/source-tree.ts'

/** A policy directory: the product's own files, with these put over or beside them. */
export function policiesWith(files: Readonly<Record<string, string>>): (directory: string) => Promise<string> {
  return async (directory) => {
    const policies = join(directory, 'policies')
    await mkdir(policies, { recursive: true })
    await cp(join(root, 'policies'), policies, { recursive: true })
    for (const [name, text] of Object.entries(files)) await writeFile(join(policies, name), text)
    return policies
  }
}

/** One more file of rules for an agent, each rule one line of flow YAML. */
export function agentRules(agent: string, ...rules: readonly string[]): string {
  return `policy: agent\nagent: ${agent}\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`
}
