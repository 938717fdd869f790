import type { Clock } from '../../lib/clock.ts'
import type { PersonId } from '../../model/ids.ts'
import type { People, Person, SignIn } from '../ports/people.ts'
import type { ChangeFeed } from './change-feed.ts'
import type { PersonRow } from './person-statements.ts'
import type { WorkerClient } from './worker-client.ts'

/** People in SQLite. */
export class SqlitePeople implements People {
  readonly #client: WorkerClient
  readonly #feed: ChangeFeed
  readonly #clock: Clock

  constructor(client: WorkerClient, feed: ChangeFeed, clock: Clock) {
    this.#client = client
    this.#feed = feed
    this.#clock = clock
  }

  async signIn({ id, issuer, subject, name, email, groups }: SignIn): Promise<Person | undefined> {
    const row = {
      id, issuer, subject, name: name ?? null, email: email ?? null, groups: JSON.stringify(groups), now: this.#clock.nowMs(),
    }
    const person = await this.#client.call('people.sign_in', row, (kept) => {
      if (kept !== undefined) this.#feed.tell({ kind: 'person', id })
    })
    return person && personOf(person)
  }

  async get(id: PersonId): Promise<Person | undefined> {
    const row = await this.#client.call('people.get', id)
    return row && personOf(row)
  }
}

function personOf(row: PersonRow): Person {
  return {
    id: row.id as PersonId,
    issuer: row.issuer,
    subject: row.subject,
    name: row.name ?? undefined,
    email: row.email ?? undefined,
    groups: JSON.parse(row.groups) as string[],
    firstSeenAtMs: row.first_seen_at,
    lastSeenAtMs: row.last_seen_at,
  }
}
