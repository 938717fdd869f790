import { join } from 'node:path'
import { approvedRun, type PersonName } from '../../support/authority-world.ts'
import type { ProductProcess } from '../../support/product-process.ts'
import { openProductWorld, type ProductWorld } from '../../support/product-world.ts'
import { startRedisServer } from '../../support/redis-server.ts'
import { countInFile, countInRedis, type CountedTokens } from './count-tokens.ts'
import { emptyReport, type RaceReport } from './race-report.ts'
import { RacedSession, type FirstTokens } from './raced-session.ts'
import { TokenClient } from './token-client.ts'

/** How the races are run. */
export interface RaceOptions {
  readonly store: 'sqlite' | 'redis'
  readonly races: number
  /** Requests of one race. */
  readonly requests: number
  /** Sessions that race at the same time. */
  readonly together: number
  /** One race in so many is followed by a repetition, one in so many by a replay. */
  readonly repeatEvery: number
  readonly replayEvery: number
  onRace?(done: number): void
}

const ASKED = [{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/backend'] }]
const PEOPLE = ['alice', 'bob'] as const satisfies readonly PersonName[]

/**
 * Runs the whole product and races for refresh tokens at its token endpoint: on the embedded store one process, on Redis two that share it.
 * Every session was approved by a person on the consent page.
 */
export async function runRaces(options: RaceOptions): Promise<RaceReport> {
  const redis = options.store === 'redis' ? await startRedisServer() : undefined
  const world = await openProductWorld({ redis, processes: redis === undefined ? 1 : 2 })
  const processes: ProductProcess[] = []
  const clients = world.places.map(({ authorityPort }) => new TokenClient(world.url, authorityPort))
  try {
    for (const place of world.places) processes.push(await place.start())
    const races = new Races(world, clients, options)
    const report = await races.run()
    for (const client of clients) client.close()
    for (const code of await Promise.all(processes.map((process) => process.stop()))) if (code !== 0) report.wrong.push(`a process ended with ${code}`)
    races.compare(redis === undefined ? countInFile(join(world.places[0]?.directory ?? '', 'postern.db')) : await countInRedis(redis.port))
    return report
  } finally {
    await Promise.all(processes.map((process) => process.kill()))
    await world.close()
    await redis?.remove()
  }
}

class Races {
  readonly #world: ProductWorld
  readonly #clients: readonly TokenClient[]
  readonly #options: RaceOptions
  readonly #report = emptyReport()
  readonly #running: RacedSession[] = []
  #begun = 0

  constructor(world: ProductWorld, clients: readonly TokenClient[], options: RaceOptions) {
    this.#world = world
    this.#clients = clients
    this.#options = options
  }

  async run(): Promise<RaceReport> {
    const startedMs = performance.now()
    await Promise.all(Array.from({ length: this.#options.together }, (_, index) => this.#line(PEOPLE[index % PEOPLE.length] ?? 'alice')))
    await Promise.all(this.#running.map((session) => session.settle()))
    this.#report.seconds = (performance.now() - startedMs) / 1000
    return this.#report
  }

  /** What is in the store against what was told: of a session that runs one good token and each race's successor; of one that ended nothing. */
  compare(stored: readonly CountedTokens[]): void {
    const report = this.#report
    report.goodTokens = stored.reduce((sum, { good }) => sum + good, 0)
    report.succeededTokens = stored.reduce((sum, { succeeded }) => sum + succeeded, 0)
    const rotations = this.#running.reduce((sum, session) => sum + session.rotations, 0)
    if (stored.some(({ good }) => good > 1)) report.wrong.push('a session has two tokens that are good')
    if (report.goodTokens !== this.#running.length) report.wrong.push(`${this.#running.length} sessions run, and the store holds ${report.goodTokens} good tokens`)
    if (report.succeededTokens !== rotations) report.wrong.push(`${rotations} successors were told, and the store holds ${report.succeededTokens}`)
    if (report.alive !== this.#running.length) report.wrong.push('a session was lost')
  }

  /** One session after another, each until it is replayed. */
  async #line(person: PersonName): Promise<void> {
    const browser = await this.#world.signedIn(person)
    const begin = async (): Promise<RacedSession> => this.#begin(await approvedRun(this.#world, browser, 'pr-reviewer', ASKED))
    let session = await begin()
    while (this.#begun < this.#options.races) {
      this.#begun += 1
      const race = this.#begun
      await session.race(this.#options.requests)
      if (race % this.#options.repeatEvery === 0) await session.repeat()
      if (race % this.#options.replayEvery === 0 && session.rotations >= 2) {
        await session.replay(2)
        this.#running.splice(this.#running.indexOf(session), 1)
        session = await begin()
      }
      this.#options.onRace?.(this.#report.races)
    }
  }

  #begin(first: FirstTokens): RacedSession {
    const session = new RacedSession(first, this.#clients, this.#report)
    this.#running.push(session)
    this.#report.sessions += 1
    return session
  }
}
