import type { RaceReport } from './race-report.ts'
import type { TimedAnswer, TokenClient } from './token-client.ts'

/** What a session begins with. */
export interface FirstTokens {
  readonly access: string
  readonly refresh: string
}

/** One session whose refresh token is raced for, race after race: each race is for the successor that the one before brought. */
export class RacedSession {
  readonly #clients: readonly TokenClient[]
  readonly #report: RaceReport
  /** Refresh tokens, the oldest first; the last is the one that is good. */
  readonly #tokens: string[]
  #access: string
  #turn = 0

  constructor(first: FirstTokens, clients: readonly TokenClient[], report: RaceReport) {
    this.#clients = clients
    this.#report = report
    this.#tokens = [first.refresh]
    this.#access = first.access
  }

  /** How many successors its first token has had. */
  get rotations(): number {
    return this.#tokens.length - 1
  }

  /** So many requests at once with the one token that is good, spread over all processes. */
  async race(requests: number): Promise<void> {
    const shown = this.#current
    const answers = await Promise.all(Array.from({ length: requests }, () => this.#next().refresh(shown)))
    this.#report.races += 1
    this.#report.requests += requests
    const firstAnswerMs = Math.min(...answers.map(({ answeredAtMs }) => answeredAtMs))
    if (answers.every(({ sentAtMs }) => sentAtMs < firstAnswerMs)) this.#report.overlapping += 1
    for (const answer of answers) this.#require(answer, 'a request of a race')
    const successors = new Set(answers.map(refreshOf).filter((token) => token !== undefined))
    const [successor] = successors
    if (successors.size !== 1 || successor === undefined || this.#tokens.includes(successor)) {
      this.#report.wrong.push(`a race had ${successors.size} successors`)
      return
    }
    const accesses = new Set(answers.map(accessOf))
    if (accesses.size !== requests) this.#report.wrong.push('two requests were given one access token')
    this.#report.successors += 1
    this.#access = accessOf(answers[0]) ?? this.#access
    this.#tokens.push(successor)
  }

  /** The answers of the last race were lost on the way: the token is shown again, its successor having been used by nobody. */
  async repeat(): Promise<void> {
    const [shown = ''] = this.#tokens.slice(-2)
    const answer = await this.#next().refresh(shown)
    this.#report.repeats += 1
    this.#require(answer, 'a repeated request')
    if (refreshOf(answer) !== this.#current) this.#report.wrong.push('a repeated request was told another successor')
  }

  /** A token whose successor was used is shown again, by several at once: none is answered with a token, and the session ends, everywhere. */
  async replay(requests: number): Promise<void> {
    const shown = this.#tokens.at(-3)
    if (shown === undefined) throw new TypeError('a token is replayed once its successor was used')
    const answers = await Promise.all(Array.from({ length: requests }, () => this.#next().refresh(shown)))
    this.#report.replays += 1
    for (const answer of answers) this.#requireRefused(answer, 'a replay')
    for (const client of this.#clients) {
      this.#requireRefused(await client.refresh(this.#current), 'the last token of an ended session')
      if (await client.isActive(this.#access)) this.#report.wrong.push('an access token of an ended session is told to be good')
    }
  }

  /** After the last race: the successor works, at every process one after the other, and the session runs. */
  async settle(): Promise<void> {
    for (const client of this.#clients) {
      const answer = await client.refresh(this.#current)
      this.#require(answer, 'the last successor')
      const next = refreshOf(answer)
      if (next === undefined) return
      this.#tokens.push(next)
      if (!await client.isActive(accessOf(answer) ?? '')) this.#report.wrong.push('a session was ended that nobody replayed')
    }
    this.#report.alive += 1
  }

  get #current(): string {
    return this.#tokens.at(-1) ?? ''
  }

  /** Goes round the processes, race or not. */
  #next(): TokenClient {
    const client = this.#clients[this.#turn++ % this.#clients.length]
    if (client === undefined) throw new TypeError('there is no process to ask')
    return client
  }

  #require({ status, body }: TimedAnswer, what: string): void {
    if (status !== 200) this.#report.wrong.push(`${what} was refused: ${status} ${String(body['error'])}: ${String(body['error_description'])}`)
  }

  #requireRefused({ status, body }: TimedAnswer, what: string): void {
    if (status !== 400 || body['error'] !== 'invalid_grant') this.#report.wrong.push(`${what} was answered with ${status} ${String(body['error'])}`)
  }
}

function refreshOf(answer: TimedAnswer): string | undefined {
  return text(answer, 'refresh_token')
}

function accessOf(answer: TimedAnswer | undefined): string | undefined {
  return text(answer, 'access_token')
}

function text(answer: TimedAnswer | undefined, name: string): string | undefined {
  const value = answer?.body[name]
  return typeof value === 'string' ? value : undefined
}
