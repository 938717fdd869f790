/** Where clients and servers keep what is nobody else's business; its names are not judged. */
const META = '_meta'

/**
 * Whether some object has two names that differ in case, width or form alone: a server that folds them would take another value than the
 * one that policy looked at. Linear.
 */
export function rivalNames(root: Readonly<Record<string, unknown>>): boolean {
  const pending: unknown[] = [root]
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value !== 'object' || value === null) continue
    if (!Array.isArray(value) && hasRivals(Object.keys(value))) return true
    for (const [name, child] of Object.entries(value)) {
      if (typeof child === 'object' && child !== null && !(value === root && name === META)) pending.push(child)
    }
  }
  return false
}

/**
 * Whether an object has one of these names in another case, width or form, even where it stands alone: a server that folds names acts by it,
 * and whoever judges looks for the name itself and finds none.
 */
export function respelling(known: readonly string[]): (object: Readonly<Record<string, unknown>>) => boolean {
  const exact = new Set(known)
  const anyForm = new Set(known.map(folded))
  return (object) => Object.keys(object).some((name) => !exact.has(name) && anyForm.has(folded(name)))
}

function hasRivals(names: readonly string[]): boolean {
  return new Set(names.map(folded)).size !== names.length
}

/** Upper case first: the Kelvin sign and the long s, which simple folding takes for `k` and `s`, become them only so. */
function folded(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase()
}
