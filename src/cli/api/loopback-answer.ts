import { listenForAnswer } from '../../sdk/login/loopback-answer.ts'
import { EXIT_UNAVAILABLE } from '../process-text.ts'
import { CommandFailure } from './command-failure.ts'

/** Where the browser brings the authority's answer. */
export interface BrowserAnswer {
  readonly redirectUri: string
  /** The URL that the browser came with. @throws CommandFailure where it does not in time, or the command is ended */
  wait(signal: AbortSignal): Promise<URL>
  close(): Promise<void>
}

const WAIT_MS = 10 * 60_000
const ARRIVED = 'Postern has your answer. You can close this page and go back to the terminal.'

/** The SDK's own listener (RFC 8252 section 7.3), for a command: one answer that names our `state`, within ten minutes. */
export async function awaitBrowser(state: string): Promise<BrowserAnswer> {
  const answer = await listenForAnswer('/callback', state, ARRIVED)
  return {
    ...answer,
    async wait(signal) {
      const over = AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)])
      const parameters = await answer.wait(over).catch((error: unknown) => {
        throw over.aborted ? new CommandFailure(EXIT_UNAVAILABLE, 'nobody signed in: try again, or use --device') : error
      })
      return new URL(`${answer.redirectUri}?${parameters.toString()}`)
    },
  }
}
