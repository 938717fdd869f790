import type { Person } from '../../store/ports/people.ts'

/** `Alice Chen (alice@acme.com)`: a name alone can be anybody's. */
export function shownPerson({ id, name }: Pick<Person, 'id' | 'name'>): string {
  const address = id.slice('user:'.length)
  return name === undefined || name === address ? address : `${name} (${address})`
}
