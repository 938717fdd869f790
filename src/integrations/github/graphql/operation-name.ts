const MAX_SHOWN = 8
const MAX_NAME_LENGTH = 240

/**
 * A query as records show it: `graphql query repository { issues, pullRequests }, viewer`. Made of names in the catalogue alone.
 * @param shown the root fields, each with the objects below it
 */
export function queryName(shown: ReadonlyMap<string, ReadonlySet<string>>): string {
  const parts = [...shown].map(([root, below]) => (below.size === 0 ? root : `${root} { ${someOf([...below].toSorted())} }`))
  const name = `graphql query ${parts.length === 0 ? '__typename' : parts.toSorted().join(', ')}`
  return name.length <= MAX_NAME_LENGTH ? name : `${name.slice(0, MAX_NAME_LENGTH - 1)}…`
}

/** A mutation, as rules name it too: `graphql mutation addComment`. */
export function mutationName(name: string): string {
  return `graphql mutation ${name}`
}

function someOf(names: readonly string[]): string {
  return names.length <= MAX_SHOWN ? names.join(', ') : `${names.slice(0, MAX_SHOWN).join(', ')}, …`
}
