/** One thing that a process did or was about to do when it was killed. */
export interface Step {
  /** It was begun, and so it may have been done. */
  tried: boolean
  /** It was told to be done, or seen to be after a kill: it is, and stays. */
  acknowledged: boolean
}

/** After a kill it is seen what became of a step that was begun and not acknowledged; from then on it can only stay so. */
export function settle(step: Step, done: boolean): 'done' | 'undone' | undefined {
  if (!step.tried || step.acknowledged) return undefined
  step.acknowledged = step.tried = done
  return done ? 'done' : 'undone'
}

export interface GrantEntry {
  readonly session: string
  readonly grant: Step
  readonly end: Step
}

export interface SessionEntry {
  readonly delegation: string
  readonly start: Step
  readonly stop: Step
}

export interface RecordEntry {
  readonly put: Step
  readonly consume: Step
  /** How often somebody was told to be the first. */
  firsts: number
  /** Every successor that anybody tried to store. */
  readonly successors: Map<string, Step>
}

/** All that the processes said over one store, put together. */
export class Ledger {
  readonly grants = new Map<string, GrantEntry>()
  readonly sessions = new Map<string, SessionEntry>()
  readonly records = new Map<string, RecordEntry>()
  /** By generation: the refresh tokens that were tried, and the one that was acknowledged. */
  readonly refreshes = new Map<number, { readonly tried: string[]; acknowledged: string | undefined }>()
  keyChanges = 0
  acknowledged = 0

  /** Takes one line of a process. @throws TypeError for one that no process says */
  note(line: string): void {
    const [word = '', what = '', first = '', second = ''] = line.split(' ')
    const told = saidBy(word)
    if (told === 'done') this.acknowledged += 1
    switch (what) {
      case 'grant': return mark(entry(this.grants, first, () => ({ session: second, grant: step(), end: step() })).grant, told)
      case 'end': return mark(this.grants.get(first)?.end ?? strange(line), told)
      case 'start': return mark(entry(this.sessions, first, () => ({ delegation: second, start: step(), stop: step() })).start, told)
      case 'stop': return mark(this.sessions.get(first)?.stop ?? strange(line), told)
      case 'put': return mark(this.#record(first).put, told)
      case 'consume': return this.#consumed(first, told, second)
      case 'succeed': return mark(entry(this.#record(first).successors, second, step), told)
      case 'refresh': return this.#refreshed(Number(first), told, second)
      case 'keys': return void (this.keyChanges += 1)
      default: return strange(line)
    }
  }

  #record(id: string): RecordEntry {
    return entry(this.records, id, () => ({ put: step(), consume: step(), firsts: 0, successors: new Map() }))
  }

  #consumed(id: string, told: Said, consumption: string): void {
    const record = this.#record(id)
    mark(record.consume, told)
    if (consumption === 'first') record.firsts += 1
  }

  #refreshed(generation: number, told: Said, token: string): void {
    const refresh = entry(this.refreshes, generation, () => ({ tried: [], acknowledged: undefined }))
    if (told === 'done') refresh.acknowledged = token
    else refresh.tried.push(token)
  }
}

function step(): Step {
  return { tried: false, acknowledged: false }
}

/** `try` before, `ack` after it was done, `no` after it was refused. */
type Said = 'begun' | 'done' | 'refused'

function saidBy(word: string): Said {
  if (word === 'ack') return 'done'
  return word === 'no' ? 'refused' : 'begun'
}

function mark(one: Step, told: Said): void {
  one.tried = told !== 'refused'
  if (told === 'done') one.acknowledged = true
}

function entry<T>(map: Map<string, T> | Map<number, T>, key: string | number, make: () => T): T {
  const known = map as Map<string | number, T>
  const found = known.get(key) ?? make()
  known.set(key, found)
  return found
}

function strange(line: string): never {
  throw new TypeError(`no process says ${line}`)
}
