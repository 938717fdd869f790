import type { PersonId } from '../../model/ids.ts'
import type { People, Person, SignIn } from '../ports/people.ts'
import { Commit } from './commit.ts'
import { OVERTAKEN, Records, settled } from './records.ts'
import type { StoreAccess } from './store-access.ts'

/** People in Redis. */
export class RedisPeople implements People {
  readonly #access: StoreAccess
  readonly #people: Records<Person>

  constructor(access: StoreAccess) {
    this.#access = access
    this.#people = new Records(access, 'person')
  }

  signIn({ id, issuer, subject, name, email, groups }: SignIn): Promise<Person | undefined> {
    return settled(async () => {
      const before = await this.#people.get(id)
      const known = before?.document
      if (known !== undefined && (known.issuer !== issuer || known.subject !== subject)) return undefined
      const now = this.#access.clock.nowMs()
      const person: Person = { id, issuer, subject, name, email, groups, firstSeenAtMs: known?.firstSeenAtMs ?? now, lastSeenAtMs: now }
      const commit = new Commit()
      this.#people.put(commit, id, before, person)
      return (await this.#access.feed.commit(commit, [{ kind: 'person', id }])) ? person : OVERTAKEN
    })
  }

  async get(id: PersonId): Promise<Person | undefined> {
    return (await this.#people.get(id))?.document
  }
}
