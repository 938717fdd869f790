import { chmodSync, closeSync, lstatSync, mkdirSync, openSync, statSync, type Stats } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { StoreError } from '../store-error.ts'

const OTHERS = 0o007
const GROUP_AND_OTHERS = 0o077
const WORLD_WRITABLE = 0o002
const STICKY = 0o1000

/**
 * Makes sure that nobody else can read or replace the store: creates folder (0700) and file (0600) where they are missing, takes the
 * group's rights away (Kubernetes gives them at each mount), and refuses what was open to everybody. SQLite gives the journal the file's
 * own mode.
 * @throws StoreError `store_path_unsafe`, `store_unreachable`
 */
export function secureStoreFile(path: string): void {
  const file = resolve(path)
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    checkFolder(dirname(file))
    create(file)
    checkFile(file)
  } catch (error) {
    if (error instanceof StoreError) throw error
    const text = `The store ${path} cannot be created or read (${codeOf(error)}): make its folder writable for this user.`
    throw new StoreError('store_unreachable', text, { cause: error })
  }
}

function checkFolder(folder: string): void {
  const facts = statSync(folder)
  if (!facts.isDirectory()) throw unsafe(folder, 'is not a folder', 'a folder of this user')
  if ((facts.mode & WORLD_WRITABLE) !== 0 && (facts.mode & STICKY) === 0) {
    throw unsafe(folder, 'can be written by everybody', `chmod o-w ${folder}`)
  }
}

/** `wx` never follows a link and never touches what is there. */
function create(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

function checkFile(file: string): void {
  const facts = lstatSync(file)
  if (!facts.isFile()) throw unsafe(file, 'is a link or no plain file', 'a plain file')
  if (!ownedByUs(facts)) throw unsafe(file, 'belongs to another user', 'a file of the user that runs Postern')
  if ((facts.mode & OTHERS) !== 0) throw unsafe(file, 'can be read by everybody', `chmod 600 ${file}`)
  if ((facts.mode & GROUP_AND_OTHERS) !== 0) chmodSync(file, 0o600)
}

function ownedByUs(facts: Stats): boolean {
  return process.getuid === undefined || facts.uid === process.getuid()
}

function unsafe(path: string, problem: string, right: string): StoreError {
  return new StoreError('store_path_unsafe', `The store's path ${path} ${problem}: ${right}.`)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error'
}
