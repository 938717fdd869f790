import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { given } from '../given.ts'

/** A copy of Keycloak for one run: its program, its data and its log. */
export interface KeycloakHome {
  readonly directory: string
  /** Told once it has started for the first time. */
  started(): Promise<void>
}

/** What says that the copy that others are made of has been through a first start. */
const MARK = '.first-start'
/** Its program, rewritten for the settings that it is started with. */
const PROGRAM = join('lib', 'quarkus')

/** Makes a copy, with a realm to import. */
export async function keycloakHome(realm: Readonly<Record<string, unknown>>): Promise<KeycloakHome> {
  const kept = given('KEYCLOAK')
  const directory = join(await mkdtemp(join(given('RUN'), 'keycloak-')), 'home')
  await cp(kept, directory, { recursive: true })
  await mkdir(join(directory, 'data', 'import'), { recursive: true })
  await writeFile(join(directory, 'data', 'import', 'realm.json'), JSON.stringify(realm))
  return { directory, started: () => keepProgram(directory, kept) }
}

/** At its first start Keycloak rewrites its program, which takes longer than all else: the next run begins with what came of it. */
async function keepProgram(directory: string, kept: string): Promise<void> {
  if (existsSync(join(kept, MARK))) return
  const fresh = join(kept, `new-program-${process.pid}`)
  await cp(join(directory, PROGRAM), fresh, { recursive: true })
  await rm(join(kept, PROGRAM), { recursive: true })
  await rename(fresh, join(kept, PROGRAM))
  await writeFile(join(kept, MARK), '')
}
