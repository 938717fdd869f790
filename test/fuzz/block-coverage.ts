import { Session, type Profiler } from 'node:inspector'

/** How much of the files was reached. */
export interface Reached {
  readonly functions: number
  readonly functionsReached: number
  /** Characters of source text, those of functions within not counted twice. */
  readonly characters: number
  readonly charactersReached: number
}

interface Measured {
  readonly start: number
  readonly end: number
  /** One byte a character: 1 where it ran. */
  readonly ran: Uint8Array
}

/** V8's own block coverage of some files, added up: whether something new ran, and how much ran in all. */
export class BlockCoverage {
  readonly #session = new Session()
  readonly #covers: (url: string) => boolean
  readonly #files = new Map<string, Map<string, Measured>>()

  /** Has to begin before the files are loaded, else what never ran is not known. */
  constructor(covers: (url: string) => boolean) {
    this.#covers = covers
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /**
   * Looks at what ran since the last look.
   * @param keep whether it counts as known from now on
   * @returns whether any of it was not known
   */
  look(keep: boolean): boolean {
    let found = false
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error !== null) throw error
      for (const script of answer.result) if (this.#covers(script.url)) found = this.#add(script, keep) || found
    })
    return found
  }

  /** @param counts which of the files to look at */
  reached(counts: (url: string) => boolean): Reached {
    let [functions, functionsReached, characters, charactersReached] = [0, 0, 0, 0]
    for (const [url, file] of this.#files) {
      if (!counts(url)) continue
      const all = [...file.values()]
      functions += all.length
      for (const one of all) {
        const own = ownCharacters(one, all)
        characters += own.length
        const ran = own.filter((at) => one.ran[at - one.start] === 1).length
        charactersReached += ran
        if (ran > 0) functionsReached += 1
      }
    }
    return { functions, functionsReached, characters, charactersReached }
  }

  end(): void {
    this.#session.post('Profiler.stopPreciseCoverage')
    this.#session.disconnect()
  }

  #add({ url, functions }: Profiler.ScriptCoverage, keep: boolean): boolean {
    const file = this.#files.get(url) ?? new Map<string, Measured>()
    this.#files.set(url, file)
    let found = false
    for (const { ranges } of functions) {
      const [whole] = ranges
      if (whole === undefined) continue
      const key = `${whole.startOffset}-${whole.endOffset}`
      const measured = file.get(key) ?? { start: whole.startOffset, end: whole.endOffset, ran: new Uint8Array(whole.endOffset - whole.startOffset) }
      file.set(key, measured)
      if (whole.count > 0) found = paint(measured, ranges, keep) || found
    }
    return found
  }
}

/** Ranges stand outer before inner. */
function paint({ start, ran }: Measured, ranges: readonly Profiler.CoverageRange[], keep: boolean): boolean {
  const now = new Uint8Array(ran.length)
  for (const { startOffset, endOffset, count } of ranges) now.fill(count > 0 ? 1 : 0, startOffset - start, endOffset - start)
  let found = false
  for (let at = 0; at < now.length; at += 1) {
    if (now[at] === 1 && ran[at] === 0) {
      if (!keep) return true
      ran[at] = 1
      found = true
    }
  }
  return found
}

function ownCharacters(one: Measured, all: readonly Measured[]): readonly number[] {
  const within = all.filter((other) => other !== one && other.start >= one.start && other.end <= one.end)
  const own: number[] = []
  for (let at = one.start; at < one.end; at += 1) if (!within.some(({ start, end }) => at >= start && at < end)) own.push(at)
  return own
}
