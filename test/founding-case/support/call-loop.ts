/** One call that an agent makes again and again. */
export interface RepeatedCall {
  readonly name: string
  readonly token: string
  readonly url: string
  readonly method?: 'GET' | 'POST'
  readonly body?: object
}

/** What became of the calls. */
export interface Calls {
  readonly made: number
  /** Each that did not succeed, in words. */
  readonly failed: readonly string[]
}

/** Makes every call in a loop of its own, one at a time with a pause, until it is stopped. */
export class CallLoop {
  readonly #pauseMs: number
  readonly #failed: string[] = []
  readonly #loops: readonly Promise<void>[]
  #made = 0
  #stopped = false

  constructor(calls: readonly RepeatedCall[], pauseMs: number) {
    this.#pauseMs = pauseMs
    this.#loops = calls.map((call) => this.#repeat(call))
  }

  get made(): number {
    return this.#made
  }

  /** Ends once the calls under way are answered. */
  async stop(): Promise<Calls> {
    this.#stopped = true
    await Promise.all(this.#loops)
    return { made: this.#made, failed: this.#failed }
  }

  async #repeat(call: RepeatedCall): Promise<void> {
    while (!this.#stopped) {
      const problem = await make(call).catch((error: unknown) => `${call.name}: ${String(error)}`)
      this.#made += 1
      if (problem !== undefined) this.#failed.push(problem)
      await new Promise((resolve) => setTimeout(resolve, this.#pauseMs))
    }
  }
}

async function make({ name, token, url, method = 'GET', body }: RepeatedCall): Promise<string | undefined> {
  const answer = await fetch(url, {
    method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: body === undefined ? null : JSON.stringify(body),
  })
  const text = await answer.text()
  // Slack says in its body what others say by the status.
  return answer.ok && !text.includes('"ok":false') ? undefined : `${name}: ${answer.status} ${text.slice(0, 200)}`
}
