/**
 * The known name that a mistyped one most likely meant.
 * Pure; O(names × length²); long texts have no nearest name.
 * @returns undefined where nothing is near: more than a third of the letters differ
 */
export function nearestName(text: string, known: Iterable<string>): string | undefined {
  if (text.length > 100) return undefined
  let nearest: string | undefined
  let least = Math.max(1, Math.floor(text.length / 3)) + 1
  for (const name of known) {
    if (Math.abs(name.length - text.length) >= least) continue
    const distance = editDistance(text.toLowerCase(), name.toLowerCase())
    if (distance < least) [nearest, least] = [name, distance]
  }
  return nearest
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(last, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1)
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1] ? at(beforeLast, column - 2) + 1 : Infinity
      current.push(Math.min(at(last, column) + 1, at(current, column - 1) + 1, replaced, swapped))
    }
    beforeLast = last
    last = current
  }
  return at(last, b.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity
}
