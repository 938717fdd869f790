import type { Repository, StoredFile } from '../model.ts'

const AUTHOR = 'Alice Chen <alice-chen@users.noreply.github.com>'

/**
 * A repository's branches as `git fast-import` reads them: the default branch with one commit, every other one commit ahead of it. Files that
 * are made while they are sent are left out.
 */
export function importStream(repository: Repository): Buffer {
  const { branches, defaultBranch, createdAtMs } = repository
  const main = branches.get(defaultBranch)
  const others = [...branches.values()].filter((branch) => branch !== main)
  const committer = `committer ${AUTHOR} ${Math.floor(createdAtMs / 1000)} +0000\n`
  const beginning = [`commit refs/heads/${defaultBranch}\n${committer}`, ...data('The beginning')]
  const parts: (string | Buffer)[] = [...beginning, ...files(main?.files ?? new Map())]
  for (const { name } of others) {
    parts.push(`commit refs/heads/${name}\n${committer}`, ...data(`Work on ${name}`), `from refs/heads/${defaultBranch}\n`)
    parts.push(...file('CHANGES.md', Buffer.from(`# ${name}\n`)))
  }
  return Buffer.concat([...parts, 'done\n'].map((part) => Buffer.from(part as string)))
}

function files(stored: ReadonlyMap<string, StoredFile>): readonly (string | Buffer)[] {
  return [...stored].flatMap(([path, one]) => (one.kind === 'text' ? file(path, one.content) : []))
}

function file(path: string, content: Buffer): readonly (string | Buffer)[] {
  return [`M 100644 inline ${path}\n`, ...data(content)]
}

function data(content: string | Buffer): readonly (string | Buffer)[] {
  const bytes = Buffer.from(content as string)
  return [`data ${bytes.length}\n`, bytes, '\n']
}
