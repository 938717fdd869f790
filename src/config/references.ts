import { access, constants, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isLookedFor, MIN_SECRET_BYTES } from '../http/scrub/secret-forms.ts'
import { Secret } from '../lib/secret.ts'
import type { SourceProblem } from '../lib/source-position.ts'
import type { YamlDocument, YamlPath } from '../lib/yaml-document.ts'
import { pathText } from '../lib/path-text.ts'
import { readTextFile, unreadable } from './read-text-file.ts'
import type { FileProblem } from './read-text-file.ts'
import { runSecretCommand } from './run-secret-command.ts'
import type { SecretReference } from './schema/config-schema.ts'

const MAX_FILE_BYTES = 262_144
const OTHERS = 0o007
const GROUP = 0o070

/** Where references lead. */
export interface ReferenceOptions {
  readonly env: NodeJS.ProcessEnv
  /** Relative paths begin here. */
  readonly baseDirectory: string
  /**
   * `ignore`: no file is looked at, no variable read, no command run; secrets and public texts are stood in for. For what needs no
   * more than the file says, where the secrets are not at hand.
   */
  readonly references?: 'follow' | 'ignore'
}

/**
 * Follows the references of one configuration: collects what is wrong rather than stop at the first. What could not be had is
 * stood in for, and must not be used while there are problems.
 */
export class References {
  readonly problems: SourceProblem[] = []
  readonly warnings: SourceProblem[] = []
  readonly #document: YamlDocument
  readonly #options: ReferenceOptions
  readonly #commands = new Map<string, Promise<string | FileProblem>>()

  constructor(document: YamlDocument, options: ReferenceOptions) {
    this.#document = document
    this.#options = options
  }

  /** The absolute form of a path; nothing is looked at. */
  path(text: string): string {
    return resolve(this.#options.baseDirectory, text)
  }

  get #ignored(): boolean {
    return this.#options.references === 'ignore'
  }

  /** The secret that a reference stands for, without line ends after it. */
  async secret(reference: SecretReference, at: YamlPath): Promise<Secret> {
    if (this.#ignored) return new Secret('ignored')
    const found = await this.#find(reference, at)
    if (typeof found !== 'string') return this.#missing(found, at)
    const value = found.replace(/[\r\n]+$/, '')
    return value === '' ? this.#missing({ problem: 'the secret is empty', expected: 'a secret' }, at) : new Secret(value)
  }

  /** The same of a secret that is put on requests: whoever reads the configuration hears of one that is too short to be looked for in answers. */
  async placedSecret(reference: SecretReference, at: YamlPath): Promise<Secret> {
    const secret = await this.secret(reference, at)
    if (!this.#ignored && !isLookedFor(secret)) {
      this.warnings.push(this.#located({ problem: 'the secret is so short that answers are not scrubbed of it', expected: `at least ${MIN_SECRET_BYTES} bytes` }, at))
    }
    return secret
  }

  /** The text of a public file. */
  async text({ file }: { readonly file: string }, at: YamlPath): Promise<string> {
    if (this.#ignored) return ''
    const found = await readTextFile(this.path(file), MAX_FILE_BYTES)
    if ('text' in found) return found.text
    this.#report(found, [...at, 'file'])
    return ''
  }

  /** The absolute path of a file that is read later, and again when it changes; it has to be there now. */
  async readable(file: string, at: YamlPath, hint?: string): Promise<string> {
    const path = this.path(file)
    if (this.#ignored) return path
    try {
      await access(path, constants.R_OK)
    } catch (error) {
      const found = unreadable(path, error)
      this.#report({ problem: found.problem, expected: hint ?? found.expected }, at)
    }
    return path
  }

  /** The absolute path of a folder that has to be there now. */
  async folder(text: string, at: YamlPath): Promise<string> {
    const path = this.path(text)
    if (this.#ignored) return path
    try {
      if (!(await stat(path)).isDirectory()) this.#report({ problem: `${path} is not a folder`, expected: 'the path of a folder' }, at)
    } catch (error) {
      this.#report({ ...unreadable(path, error), expected: 'a folder that exists; relative paths begin where Postern is started' }, at)
    }
    return path
  }

  async #find(reference: SecretReference, at: YamlPath): Promise<string | FileProblem> {
    if ('env' in reference) return this.#fromEnv(reference.env)
    if ('file' in reference) return this.#fromFile(reference.file, at)
    const key = JSON.stringify(reference.command)
    const running = this.#commands.get(key) ?? this.#run(reference.command)
    this.#commands.set(key, running)
    return running
  }

  #run(argv: readonly string[]): Promise<string | FileProblem> {
    return runSecretCommand(argv, { env: this.#options.env, directory: this.#options.baseDirectory })
  }

  #fromEnv(name: string): string | FileProblem {
    const value = this.#options.env[name]
    if (value !== undefined && value !== '') return value
    return { problem: `the environment variable ${name} is ${value === undefined ? 'not set' : 'empty'}`, expected: `${name} set to the secret` }
  }

  async #fromFile(file: string, at: YamlPath): Promise<string | FileProblem> {
    const path = this.path(file)
    const found = await readTextFile(path, MAX_FILE_BYTES)
    if (!('text' in found)) return found
    if ((found.mode & OTHERS) !== 0) {
      return { problem: `everybody on this machine may read or write ${path}`, expected: `a private file: chmod 600 ${path}` }
    }
    if ((found.mode & GROUP) !== 0) {
      this.warnings.push(this.#located({ problem: `the group of ${path} may read or write it`, expected: `a private file: chmod 600 ${path}` }, at))
    }
    return found.text
  }

  #missing(problem: FileProblem, at: YamlPath): Secret {
    this.#report(problem, at)
    return new Secret('unresolved')
  }

  #report(problem: FileProblem, at: YamlPath): void {
    this.problems.push(this.#located(problem, at))
  }

  #located({ problem, expected }: FileProblem, at: YamlPath): SourceProblem {
    return { ...this.#document.positionOf(at, 'value'), path: pathText(at), problem, expected }
  }
}
