import type { PersonId } from '../../model/ids.ts'

/** One person who has signed in, as their identity provider knows them. */
export interface Person {
  readonly id: PersonId
  /** The identity provider's `iss`, and `sub` there: who this is, whatever their address is by now. */
  readonly issuer: string
  readonly subject: string
  readonly name: string | undefined
  readonly email: string | undefined
  readonly groups: readonly string[]
  readonly firstSeenAtMs: number
  readonly lastSeenAtMs: number
}

export type SignIn = Omit<Person, 'firstSeenAtMs' | 'lastSeenAtMs'>

/** The people. All methods throw StoreError. */
export interface People {
  /**
   * Keeps what the identity provider said at a sign-in.
   * @returns undefined where the id belongs to another `issuer` and `subject`: a reused address is not the same person
   */
  signIn(signIn: SignIn): Promise<Person | undefined>
  get(id: PersonId): Promise<Person | undefined>
}
