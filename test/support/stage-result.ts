import { Later } from '../../src/lib/later.ts'

/** What a stage gave, however it gave it. */
export async function stageResult<T>(result: T | Promise<T> | Later<T>): Promise<T> {
  return result instanceof Later ? result.toPromise() : result
}
