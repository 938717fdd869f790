/** What some races showed. */
export interface RaceReport {
  races: number
  requests: number
  /** Races all of whose requests had left before the first answer came. */
  overlapping: number
  /** Races with exactly one. */
  successors: number
  /** Tokens shown again as by a client whose answer was lost. */
  repeats: number
  /** Tokens shown again after their successor was used. */
  replays: number
  sessions: number
  /** Sessions whose last successor worked at the end. */
  alive: number
  /** What the store holds at the end, of sessions that run: tokens that are good (one a session), and tokens that have a successor. */
  goodTokens: number
  succeededTokens: number
  seconds: number
  /** Must be empty. */
  readonly wrong: string[]
}

export function emptyReport(): RaceReport {
  return {
    races: 0, requests: 0, overlapping: 0, successors: 0, repeats: 0, replays: 0, sessions: 0, alive: 0, goodTokens: 0, succeededTokens: 0, seconds: 0, wrong: [],
  }
}
