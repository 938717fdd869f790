/**
 * Does the work for each item, at most so many at a time.
 * @returns the results in the order of the items
 * @throws what the first work that fails throws; work under way goes on, and none is begun any more
 */
export async function mapBounded<T, R>(items: readonly T[], atOnce: number, work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results = new Map<number, R>()
  const pending = items.entries()
  let failed = false
  const worker = async (): Promise<void> => {
    for (const [index, item] of pending) {
      if (failed) return
      try {
        results.set(index, await work(item))
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker))
  return [...results].toSorted(([one], [other]) => one - other).map(([, result]) => result)
}
