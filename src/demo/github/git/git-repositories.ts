import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Repository } from '../model.ts'
import { importStream } from './import-stream.ts'
import { runGit } from './run-git.ts'

/** GitHub's refusal of a push that changes workflow files by a token without that permission. */
const PRE_RECEIVE = `#!/bin/sh
[ "$STAND_IN_WORKFLOWS" = write ] && exit 0
zero=0000000000000000000000000000000000000000
while read -r old new ref; do
  [ "$new" = $zero ] && continue
  [ "$old" = $zero ] && old=HEAD
  if git diff --name-only "$old" "$new" -- .github/workflows | grep -q .; then
    echo "refusing to allow a GitHub App to create or update workflow without \\\`workflows\\\` permission"
    exit 1
  fi
done
`

/** As GitHub has them: parts can be fetched, and any commit by its id. */
const SETTINGS = ['http.receivepack', 'uploadpack.allowFilter', 'uploadpack.allowAnySHA1InWant']

/**
 * Bare repositories in a folder of their own, each made when it is first asked for: whoever uses no git needs none installed. What is
 * pushed stays here; the API goes on showing what it began with.
 */
export class GitRepositories {
  readonly #made = new Map<number, Promise<string>>()
  #folder: Promise<string> | undefined

  /** The folder of one repository, `…/acme-corp/backend.git`. @throws GitFailed */
  folderOf(repository: Repository): Promise<string> {
    const there = this.#made.get(repository.id)
    if (there !== undefined) return there
    const making = this.#make(repository)
    this.#made.set(repository.id, making)
    making.catch(() => this.#made.delete(repository.id))
    return making
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#made.values())
    if (this.#folder !== undefined) await rm(await this.#folder, { recursive: true, force: true, maxRetries: 3 })
  }

  async #make(repository: Repository): Promise<string> {
    const root = await (this.#folder ??= mkdtemp(join(tmpdir(), 'postern-demo-git-')))
    const folder = join(root, repository.owner.login, `${repository.name}.git`)
    await mkdir(folder, { recursive: true })
    await runGit(['init', '--quiet', '--bare', `--initial-branch=${repository.defaultBranch}`], folder)
    for (const setting of SETTINGS) await runGit(['config', setting, 'true'], folder)
    await runGit(['fast-import', '--quiet', '--done'], folder, importStream(repository))
    const hook = join(folder, 'hooks', 'pre-receive')
    await writeFile(hook, PRE_RECEIVE)
    await chmod(hook, 0o755)
    return folder
  }
}
